"""People who have left traces everywhere, to be erased."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.domains.consent.test_give_consent import consent_body
from tests.support.people import People, Person

DIARY_ENTRIES = 3


@pytest.fixture
async def traced(people: People) -> Person:
    """An employee with consent, two devices and a diary."""
    return await leave_traces(people)


async def leave_traces(people: People, *, entries: int = DIARY_ENTRIES, email: str | None = None) -> Person:
    """Make an employee who has used the app."""
    person = await people.signed_in(consent=False, email=email)
    answer = await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service", "newsletter"))
    assert answer.status_code == 201, answer.text
    await people.device_of(person.account_id, person.email, name="Second phone")
    for number in range(entries):
        assert (await person.put(f"/v1/diary/entries/{uuid4()}", json=diary_entry(number))).status_code == 201
    return person


def diary_entry(number: int) -> dict[str, Any]:
    """What a person writes."""
    return {"written_at": "2026-11-01T10:00:00Z", "time_zone": "Europe/Amsterdam", "mood": 3, "text": f"canary {number}"}


def ids_of(person: Person) -> list[UUID]:
    """Every id that leads to the person while they are here; the two that outlive them are left out."""
    return [person.session.account_id, person.session.person_id]
