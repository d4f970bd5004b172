"""What is held on a person, from the data map: nothing left out, in their language."""

from typing import Any

import asyncpg

from tests.domains.privacy.conftest import DIARY_ENTRIES
from tests.support.people import People, Person
from vitalapp.core.data_map import load_data_map
from vitalapp.core.settings import Store

FIELDS = {"key", "purpose", "legal_basis", "retention", "recipients", "count", "oldest", "newest"}


async def held(person: Person, *, locale: str = "nl") -> dict[str, dict[str, Any]]:
    answer = await person.get("/v1/me/data", headers={"Accept-Language": locale})
    assert answer.status_code == 200, answer.text
    return {category["key"]: category for category in answer.json()["categories"]}


async def test_every_category_that_is_stored_of_a_person_is_counted(traced: Person) -> None:
    """Rule: GDPR 15(1)."""
    categories = await held(traced)

    personal = {
        table.category for table in load_data_map().tables if table.subject and table.category and table.store != "ledger"
    }
    assert categories.keys() == personal
    assert all(category.keys() == FIELDS for category in categories.values())
    assert categories["diary"]["count"] == DIARY_ENTRIES
    assert categories["account"]["count"] == 1
    assert categories["consent"]["count"] == 2
    assert categories["diary"]["oldest"] == "2026-11-01T10:00:00Z"


async def test_the_texts_are_in_the_readers_language(traced: Person) -> None:
    dutch, english = await held(traced), await held(traced, locale="en")

    assert dutch["diary"]["purpose"] != english["diary"]["purpose"]
    assert "AVG" in dutch["diary"]["legal_basis"]
    assert "GDPR" in english["diary"]["legal_basis"]


async def test_somebody_elses_rows_are_not_counted(traced: Person, people: People) -> None:
    other = await people.signed_in()

    assert (await held(other))["diary"]["count"] == 0


async def test_before_consent_the_account_is_shown(people: People, superusers: dict[Store, asyncpg.Connection]) -> None:
    person = await people.signed_in(consent=False)

    categories = await held(person)

    assert categories["account"]["count"] == 1
    assert categories["diary"]["count"] == 0
    assert await superusers["vault"].fetchval("SELECT count(*) FROM persons") == 0


async def test_looking_is_logged(traced: Person) -> None:
    await held(traced)

    lines = (await traced.get("/v1/me/access-log")).json()["items"]
    assert "held_data" in {line["object"]["kind"] for line in lines}
