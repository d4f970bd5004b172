"""The gate: closed until consent, closed again by a material new statement, open on every device at once."""

from datetime import timedelta

import pytest

from tests.domains.consent.conftest import Publish
from tests.domains.consent.test_give_consent import consent_body
from tests.support.application import TravellingClock
from tests.support.people import People

GATED = "/v1/diary/entries"
ALWAYS_OPEN = ("/v1/consent", "/v1/consent/statements/current")


async def test_before_consent_health_routes_name_the_statement_to_show(people: People) -> None:
    """Rule: S2-05, S2-07."""
    person = await people.signed_in(consent=False)

    answer = await person.get(GATED)

    assert (answer.status_code, answer.json()["code"]) == (403, "consent-required")
    assert answer.json()["statement_id"] == (await consent_body(person))["statement_id"]


async def test_consent_opens_every_device_from_the_next_request(people: People) -> None:
    """The copy of a session in Redis still says no, and is not believed."""
    person = await people.signed_in(consent=False)
    other = await people.device_of(person.account_id, person.email)
    assert (await other.get(GATED)).status_code == 403

    assert (await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))).status_code == 201

    assert [(await device.get(GATED)).status_code for device in (person, other)] == [200, 200]


async def test_a_material_new_statement_closes_the_gate_on_its_day_and_an_answer_opens_it(
    people: People, clock: TravellingClock, publish_statement: Publish
) -> None:
    person = await people.signed_in(consent=False)
    await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service", "newsletter"))
    fresh_id = publish_statement((clock() + timedelta(days=3)).date(), True)
    assert (await person.get(GATED)).status_code == 200

    clock.travel(timedelta(days=4))
    person = await people.device_of(person.account_id, person.email)
    closed = await person.get(GATED)
    assert (closed.status_code, closed.json()["code"]) == (403, "consent-required")
    assert closed.json()["statement_id"] == str(fresh_id)
    assert {p["is_granted"] for p in (await person.get("/v1/consent")).json()["purposes"]} == {False}

    await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))
    assert (await person.get(GATED)).status_code == 200
    view = (await person.get("/v1/consent")).json()
    assert view["statement_id"] == str(fresh_id)
    assert [(line["purpose"], line["event"]) for line in view["history"]][-2:] == [
        ("newsletter", "withdrawn"),
        ("wellbeing_service", "granted"),
    ]


async def test_a_new_statement_that_is_not_material_leaves_the_gate_open(
    people: People, clock: TravellingClock, publish_statement: Publish
) -> None:
    person = await people.signed_in(consent=False)
    await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))
    publish_statement((clock() + timedelta(days=3)).date(), False)

    clock.travel(timedelta(days=4))
    person = await people.device_of(person.account_id, person.email)

    assert (await person.get(GATED)).status_code == 200


@pytest.mark.parametrize("path", ALWAYS_OPEN)
async def test_consent_itself_is_reached_without_consent(path: str, people: People) -> None:
    person = await people.signed_in(consent=False)
    assert (await person.get(path)).status_code == 200


@pytest.mark.parametrize("path", ALWAYS_OPEN)
async def test_consent_is_reached_with_a_session_only(path: str, people: People) -> None:
    assert (await people.client.get(path)).status_code == 401
