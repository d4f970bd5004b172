"""S1-36: one intake confirmation a trajectory, released together, telling nothing but that it was."""

from datetime import UTC, date, datetime
from uuid import uuid4

from tests.support.application import TravellingClock
from tests.support.databases import Stores
from tests.support.employers import Employers
from vitalapp.core.resources import Resources
from vitalapp.domains.billing.service import release_confirmations
from vitalapp.domains.billing.tasks import release_on_monday

WEDNESDAY = datetime(2026, 11, 18, 12, tzinfo=UTC)


async def test_an_intake_confirmation_has_exactly_the_promised_fields(
    employers: Employers, resources: Resources, clock: TravellingClock
) -> None:
    clock.travel_to(WEDNESDAY)
    employer = await employers.make()
    await employer.deliver("intake", on=date(2026, 11, 17))
    assert await release_confirmations(resources) == 1

    answer = await employer.get("/employer/v1/confirmations?kind=intake")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    [item] = answer.json()["items"]
    assert set(item) == {"id", "kind", "reference", "confirmed_on", "contract"}
    assert item["kind"] == "intake"
    assert item["confirmed_on"] == "2026-11-16", "the Monday of the release"
    assert item["contract"] == str(employer.contract_id)
    assert (await employer.get(f"/employer/v1/confirmations/{item['id']}")).json() == item


async def test_an_intake_that_is_carried_and_released_again_is_confirmed_once(
    employers: Employers, resources: Resources
) -> None:
    employer = await employers.make()
    line = uuid4()
    trajectory = await employer.deliver("intake", on=date(2026, 11, 17), line=line)
    await employer.deliver("intake", on=date(2026, 11, 17), line=line, trajectory=trajectory)
    await release_confirmations(resources)
    await employer.deliver("intake", on=date(2026, 11, 17), line=line, trajectory=trajectory)
    await employer.deliver("intake", on=date(2026, 11, 20), trajectory=trajectory)
    assert await release_confirmations(resources) == 0
    assert len((await employer.get("/employer/v1/confirmations")).json()["items"]) == 1


async def test_nothing_is_visible_before_the_release(employers: Employers) -> None:
    employer = await employers.make()
    await employer.deliver("intake", on=date(2026, 11, 17))
    assert (await employer.get("/employer/v1/confirmations")).json() == {"items": [], "next_cursor": None}


async def test_a_contract_for_fewer_than_25_employees_gets_no_separate_intake_confirmation(
    employers: Employers, resources: Resources, stores: Stores
) -> None:
    small, large = await employers.make(headcount=24), await employers.make(headcount=25)
    await small.deliver("intake", on=date(2026, 11, 17))
    await large.deliver("intake", on=date(2026, 11, 17))
    assert await release_confirmations(resources) == 1
    assert (await small.get("/employer/v1/confirmations")).json()["items"] == []
    assert len((await large.get("/employer/v1/confirmations")).json()["items"]) == 1
    assert await resources.ledger.fetchval("SELECT count(*) FROM unbilled_lines") == 0


async def test_the_weekly_slot_is_six_in_amsterdam_in_summer_and_winter(employers: Employers, resources: Resources) -> None:
    employer = await employers.make()
    await employer.deliver("intake", on=date(2026, 7, 1))
    await release_on_monday(resources, datetime(2026, 7, 6, 5, tzinfo=UTC))
    assert (await employer.get("/employer/v1/confirmations")).json()["items"] == []
    await release_on_monday(resources, datetime(2026, 7, 6, 4, tzinfo=UTC))
    assert len((await employer.get("/employer/v1/confirmations")).json()["items"]) == 1
    await employer.deliver("intake", on=date(2026, 12, 1))
    await release_on_monday(resources, datetime(2026, 12, 7, 4, tzinfo=UTC))
    assert len((await employer.get("/employer/v1/confirmations")).json()["items"]) == 1
    await release_on_monday(resources, datetime(2026, 12, 7, 5, tzinfo=UTC))
    assert len((await employer.get("/employer/v1/confirmations")).json()["items"]) == 2


async def test_another_employers_confirmation_is_a_404_like_one_that_does_not_exist(
    employers: Employers, resources: Resources
) -> None:
    one, other = await employers.make(), await employers.make()
    await one.deliver("intake", on=date(2026, 11, 17))
    await release_confirmations(resources)
    [item] = (await one.get("/employer/v1/confirmations")).json()["items"]
    foreign = await other.get(f"/employer/v1/confirmations/{item['id']}")
    assert foreign.status_code == 404
    nothing = await other.get(f"/employer/v1/confirmations/{uuid4()}")
    assert {**foreign.json(), "instance": ""} == {**nothing.json(), "instance": ""}


async def test_pages_of_confirmations_miss_and_repeat_nothing(employers: Employers, resources: Resources) -> None:
    employer = await employers.make()
    for _ in range(7):
        await employer.deliver("intake", on=date(2026, 11, 17))
    await release_confirmations(resources)
    seen: list[str] = []
    path = "/employer/v1/confirmations?limit=3"
    while True:
        page = (await employer.get(path)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"/employer/v1/confirmations?limit=3&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 7
