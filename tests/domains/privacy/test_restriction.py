"""Restriction: stored only, everywhere at once, and one's own reading and deletion stay."""

import asyncpg
import pytest

from tests.domains.privacy.test_delete_me import delete
from tests.support.people import People, Person
from vitalapp.core.settings import Store

PATH = "/v1/me/restriction"
SELECT_BOTH: dict[Store, str] = {
    "identity": "SELECT is_restricted FROM accounts",
    "vault": "SELECT is_restricted FROM persons",
}


@pytest.mark.parametrize("is_restricted", [True, False])
async def test_both_stores_know_it_before_the_answer_and_it_is_logged(
    is_restricted: bool, traced: Person, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: GDPR 18; S1-19, S2-27."""
    await traced.put(PATH, json={"is_restricted": not is_restricted})

    answer = await traced.put(PATH, json={"is_restricted": is_restricted})

    assert (answer.status_code, answer.json()) == (200, {"is_restricted": is_restricted})
    assert [await superusers[store].fetchval(sql) for store, sql in SELECT_BOTH.items()] == [is_restricted] * 2
    lines = (await traced.get("/v1/me/access-log")).json()["items"]
    assert [line["action"] for line in lines if line["object"]["kind"] == "restriction"] == ["update", "update"]


async def test_the_person_reads_writes_and_deletes_as_before_on_every_device(traced: Person, people: People) -> None:
    other = await people.device_of(traced.account_id, traced.email)

    await traced.put(PATH, json={"is_restricted": True})

    for device in (traced, other):
        assert (await device.get("/v1/diary/entries")).status_code == 200
    assert (await delete(traced)).status_code == 200


async def test_before_consent_it_is_kept_for_later(people: People, superusers: dict[Store, asyncpg.Connection]) -> None:
    from tests.domains.consent.test_give_consent import consent_body

    person = await people.signed_in(consent=False)
    assert (await person.put(PATH, json={"is_restricted": True})).status_code == 200
    assert (await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))).status_code == 201

    assert await superusers["vault"].fetchval("SELECT is_restricted FROM persons") is True
