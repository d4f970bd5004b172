"""The person sees who reached their data, and nobody else's lines."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.domains.privacy.conftest import DIARY_ENTRIES
from tests.support.people import People, Person
from vitalapp.core.access_log import AccessLine, insert_access_line
from vitalapp.core.resources import Resources

PATH = "/v1/me/access-log"
FIELDS = {"at", "actor", "action", "object", "purpose", "authorisation", "is_emergency", "outcome"}


def coach_line(person: Person, **changes: Any) -> AccessLine:
    line = AccessLine(
        log_subject_id=person.session.log_subject_id,
        actor_role="coach",
        actor_id=uuid4(),
        on_behalf_of=None,
        action="read",
        object_kind="diary_entry",
        object_id=uuid4(),
        outcome="granted",
        purpose="coaching",
        authorisation="care:1",
        access_point="admin",
        is_emergency=True,
    )
    return line._replace(**changes)


async def test_each_access_is_told_newest_first_with_every_field(traced: Person, resources: Resources) -> None:
    """Rule: NEN 7513:2018, S4-02."""
    line = coach_line(traced)
    await insert_access_line(resources.vault, line)

    items = (await traced.get(PATH)).json()["items"]

    assert all(item.keys() == FIELDS for item in items)
    assert items[0] == {
        "at": items[0]["at"],
        "actor": {"role": "coach"},
        "action": "read",
        "object": {"kind": "diary_entry", "id": str(line.object_id)},
        "purpose": "coaching",
        "authorisation": "care:1",
        "is_emergency": True,
        "outcome": "granted",
    }
    assert [item["action"] for item in items[1:]] == ["create"] * DIARY_ENTRIES
    assert [item["at"] for item in items] == sorted((item["at"] for item in items), reverse=True)


async def test_reading_the_log_is_in_the_log_the_next_time(traced: Person) -> None:
    await traced.get(PATH)

    first = (await traced.get(PATH)).json()["items"][0]

    assert first["object"] == {"kind": "access_log", "id": None}


async def test_pages_miss_and_repeat_nothing_while_reading_adds_lines(traced: Person, resources: Resources) -> None:
    for number in range(7):
        await insert_access_line(resources.vault, coach_line(traced, purpose=f"line_{number}"))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (await traced.get(PATH, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [item["purpose"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen[:7] == [f"line_{number}" for number in reversed(range(7))]
    assert len(seen) == 7 + DIARY_ENTRIES


async def test_a_period_begins_inclusive_and_ends_exclusive(traced: Person) -> None:
    items = (await traced.get(PATH)).json()["items"]
    oldest = datetime.fromisoformat(items[-1]["at"])

    before = await traced.get(PATH, params={"to": oldest.isoformat()})
    inside = await traced.get(
        PATH, params={"from": oldest.isoformat(), "to": (oldest + timedelta(microseconds=1)).isoformat()}
    )

    assert before.json()["items"] == []
    assert [item["at"] for item in inside.json()["items"]] == [items[-1]["at"]]


@pytest.mark.parametrize(
    "params",
    [
        {"from": "yesterday"},
        {"from": "2026-01-01"},
        {"limit": 0},
        {"limit": 101},
        {"cursor": "x"},
        {"cursor": "WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIC0xXQ"},
    ],
)
async def test_what_is_no_period_limit_or_cursor_is_refused(params: dict[str, Any], traced: Person) -> None:
    assert (await traced.get(PATH, params=params)).status_code == 400


async def test_nobody_sees_somebody_elses_lines(traced: Person, people: People) -> None:
    other = await people.signed_in()

    assert (await other.get(PATH)).json()["items"] == []


async def test_before_consent_the_log_can_be_read(people: People) -> None:
    person = await people.signed_in(consent=False)

    await person.get(PATH)

    assert [item["object"]["kind"] for item in (await person.get(PATH)).json()["items"]] == ["access_log"]


async def test_the_furthest_instants_are_taken(traced: Person) -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC).isoformat()
    assert (await traced.get(PATH, params={"from": "0001-01-01T00:00:00Z", "to": far})).status_code == 200
