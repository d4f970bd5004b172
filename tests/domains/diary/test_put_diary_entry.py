"""PUT /v1/diary/entries/{id}: what is kept, and when a write is new, repeated, stale or too late."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.support.diarist import ENTRY, Diarist
from vitalapp.core.resources import Resources

COUNT_ENTRIES = "SELECT count(*) FROM diary_entries"
LIST_LINES = (
    "SELECT action, object_id, outcome, actor_role, purpose FROM access_log WHERE log_subject_id = $1 ORDER BY line_id"
)


async def test_a_new_entry_is_kept_as_it_was_written(diarist: Diarist, resources: Resources) -> None:
    entry_id = uuid4()
    answer = await diarist.put(entry_id)
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    entry = answer.json()
    assert abs(datetime.fromisoformat(entry.pop("updated_at")) - resources.clock()).total_seconds() < 10
    assert entry == ENTRY | {
        "id": str(entry_id),
        "written_at": "2026-11-22T20:30:00Z",
        "local_date": "2026-11-22",
        "version": 1,
    }


async def test_mood_and_tags_may_be_left_out(diarist: Diarist) -> None:
    body = {name: ENTRY[name] for name in ("written_at", "time_zone", "text")}
    answer = await diarist.request("PUT", f"/entries/{uuid4()}", json=body)
    assert (answer.status_code, answer.json()["mood"], answer.json()["tags"]) == (201, None, [])


async def test_what_a_person_wrote_is_nowhere_in_clear(diarist: Diarist, resources: Resources) -> None:
    await diarist.write(text="canary-text", tags=["canary-tag"], time_zone="Asia/Kolkata")
    (row,) = await resources.vault.fetch("SELECT * FROM diary_entries WHERE person_id = $1", diarist.person_id)
    assert row["local_date"] == date(2026, 11, 23)
    assert row["written_at"] == datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
    stored = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    assert not any(word in stored for word in (b"canary", b"Kolkata"))


async def test_a_create_sent_again_is_the_same_entry(diarist: Diarist, resources: Resources) -> None:
    entry_id = uuid4()
    first, again = await diarist.put(entry_id), await diarist.put(entry_id, written_at="2026-11-22T20:30:00Z")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["etag"] == '"1"'
    assert await resources.vault.fetchval(COUNT_ENTRIES) == 1


@pytest.mark.parametrize("change", [{"text": "Other"}, {"mood": None}, {"tags": []}, {"time_zone": "Europe/Paris"}])
async def test_another_entry_under_a_used_id_needs_its_version(diarist: Diarist, change: dict[str, Any]) -> None:
    entry_id = uuid4()
    await diarist.put(entry_id)
    answer = await diarist.put(entry_id, **change)
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")
    assert (await diarist.list())["items"][0]["version"] == 1


async def test_a_change_with_the_current_version_makes_the_next(diarist: Diarist) -> None:
    entry_id = uuid4()
    await diarist.put(entry_id)
    answer = await diarist.put(entry_id, if_match=1, text="Changed", mood=None, tags=[])
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    kept = await diarist.request("GET", f"/entries/{entry_id}")
    assert kept.json() == answer.json()
    assert (kept.json()["text"], kept.json()["version"], kept.json()["mood"]) == ("Changed", 2, None)


@pytest.mark.parametrize("version", [0, 2, "other", "1-gzip"])
async def test_a_change_with_another_version_is_refused(diarist: Diarist, version: int | str) -> None:
    entry_id = uuid4()
    await diarist.put(entry_id)
    answer = await diarist.put(entry_id, if_match=version, text="Changed")
    assert (answer.status_code, answer.json()["code"]) == (412, "version-mismatch")
    assert (await diarist.list())["items"][0]["text"] == ENTRY["text"]


async def test_a_version_of_an_entry_that_never_was_is_refused(diarist: Diarist, resources: Resources) -> None:
    assert (await diarist.put(uuid4(), if_match=1)).status_code == 412
    assert await resources.vault.fetchval(COUNT_ENTRIES) == 0


async def test_if_none_match_makes_new_entries_only(diarist: Diarist) -> None:
    entry_id = uuid4()
    assert (await diarist.put(entry_id, create_only=True)).status_code == 201
    assert (await diarist.put(entry_id, create_only=True)).status_code == 412
    assert (await diarist.put(entry_id, create_only=True, if_match=1)).status_code == 412


async def test_an_if_match_that_is_no_etag_is_refused(diarist: Diarist) -> None:
    answer = await diarist.request("PUT", f"/entries/{uuid4()}", json=ENTRY, headers={"If-Match": "1"})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/If-Match"]


@pytest.mark.parametrize("headers", [{}, {"if_match": 1}, {"if_match": 2}, {"create_only": True}])
async def test_a_deleted_id_is_gone_for_good(diarist: Diarist, headers: dict[str, Any]) -> None:
    entry = await diarist.write()
    await diarist.delete(entry["id"], if_match=1)
    answer = await diarist.put(entry["id"], **headers)
    assert (answer.status_code, answer.json()["code"]) == (410, "entry-deleted")


async def test_an_id_that_another_person_uses_is_free(
    diarist: Diarist, other_diarist: Diarist, resources: Resources
) -> None:
    entry_id = uuid4()
    assert (await diarist.put(entry_id, text="Mine")).status_code == 201
    assert (await other_diarist.put(entry_id, text="Theirs")).status_code == 201
    assert (await other_diarist.put(entry_id, text="Theirs again", if_match=1)).status_code == 200
    assert (await diarist.request("GET", f"/entries/{entry_id}")).json()["text"] == "Mine"
    assert await resources.vault.fetchval(COUNT_ENTRIES) == 2


@pytest.mark.parametrize(
    ("written_at", "zone", "local_date"),
    [
        ("2026-11-22T23:30:00+01:00", "Europe/Amsterdam", "2026-11-22"),
        ("2026-11-22T22:30:00Z", "Asia/Kolkata", "2026-11-23"),
        ("2026-11-22T22:30:00Z", "America/New_York", "2026-11-22"),
        ("2026-10-25T00:30:00Z", "Europe/Amsterdam", "2026-10-25"),
        ("2026-12-31T13:59:59-00:00", "Pacific/Kiritimati", "2027-01-01"),
    ],
)
async def test_the_local_date_is_that_of_the_zone_it_was_written_in(
    diarist: Diarist, written_at: str, zone: str, local_date: str
) -> None:
    assert (await diarist.write(written_at=written_at, time_zone=zone))["local_date"] == local_date


async def test_travel_never_changes_the_date_of_an_entry(diarist: Diarist) -> None:
    """Rule: pitfall 18."""
    entry = await diarist.write(written_at="2026-11-22T23:30:00+01:00")
    edited = await diarist.put(
        entry["id"], if_match=1, written_at=entry["written_at"], time_zone="Asia/Tokyo", text="Edited in Tokyo"
    )
    assert edited.json()["text"] == "Edited in Tokyo"
    assert (edited.json()["local_date"], edited.json()["time_zone"]) == ("2026-11-22", "Europe/Amsterdam")


async def test_a_corrected_moment_has_the_date_of_its_own_zone(diarist: Diarist) -> None:
    entry = await diarist.write(written_at="2026-11-22T23:30:00+01:00")
    moved = await diarist.put(entry["id"], if_match=1, written_at="2026-11-20T22:30:00Z", time_zone="Asia/Tokyo")
    assert (moved.json()["local_date"], moved.json()["time_zone"]) == ("2026-11-21", "Asia/Tokyo")


async def test_two_offline_edits_with_skewed_clocks_are_both_kept(diarist: Diarist) -> None:
    """Rule: pitfall 18: the later write does not win by its clock, its writer reads the other one first."""
    entry = await diarist.write(text="Before")
    phone = await diarist.put(entry["id"], if_match=1, text="Phone, a year ahead", written_at="2027-11-22T21:30:00Z")
    tablet = await diarist.put(entry["id"], if_match=1, text="Tablet, a year behind", written_at="2025-11-22T21:30:00Z")
    assert (phone.status_code, tablet.status_code) == (200, 412)
    kept_apart = await diarist.put(uuid4(), text="Tablet, a year behind", written_at="2025-11-22T21:30:00Z")
    assert kept_apart.status_code == 201
    texts = {change["entry"]["text"] for change in (await diarist.changes())["items"]}
    assert texts == {"Phone, a year ahead", "Tablet, a year behind"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"mood": 0}, "/mood"),
        ({"mood": 6}, "/mood"),
        ({"mood": 2.5}, "/mood"),
        ({"mood": "3"}, "/mood"),
        ({"tags": ["t"] * 21}, "/tags"),
        ({"tags": ["t" * 51]}, "/tags/0"),
        ({"tags": [""]}, "/tags/0"),
        ({"tags": "sleep"}, "/tags"),
        ({"text": "é" * 20_001}, "/text"),
        ({"text": None}, "/text"),
        ({"text": "NUL \0"}, "/text"),
        ({"time_zone": "Europe/Utrecht"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"time_zone": "localtime"}, "/time_zone"),
        ({"written_at": "2026-11-22T21:30:00"}, "/written_at"),
        ({"written_at": "yesterday"}, "/written_at"),
        ({"written_at": 1_800_000_000}, "/written_at"),
        ({"written_at": "0001-01-01T00:00:00+14:00"}, "/written_at"),
        ({"written_at": "9999-12-31T23:59:59-12:00"}, "/written_at"),
        ({"local_date": "2026-11-22"}, "/local_date"),
    ],
)
async def test_a_wrong_value_is_told_with_its_place_and_nothing_is_written(
    diarist: Diarist, resources: Resources, change: dict[str, Any], pointer: str
) -> None:
    answer = await diarist.put(uuid4(), **change)
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await resources.vault.fetchval(COUNT_ENTRIES) == 0


async def test_values_at_their_limits_are_kept_whole(diarist: Diarist) -> None:
    limits: dict[str, Any] = {"text": "🙂" * 20_000, "tags": ["é" * 50] * 20, "mood": 5}
    entry = await diarist.write(**limits)
    assert {name: entry[name] for name in limits} == limits
    assert (await diarist.write(text="", mood=1))["text"] == ""


async def test_each_write_and_each_refusal_stands_in_the_access_log(diarist: Diarist, resources: Resources) -> None:
    """Rule: NEN 7513, S0-21."""
    entry = await diarist.write()
    await diarist.put(entry["id"])
    await diarist.put(entry["id"], text="Other")
    await diarist.put(entry["id"], text="Other", if_match=1)
    await diarist.put(entry["id"], text="Late", if_match=1)
    lines = await resources.vault.fetch(LIST_LINES, diarist.log_subject_id)
    assert [(line["action"], line["outcome"]) for line in lines] == [
        ("create", "granted"),
        ("read", "granted"),
        ("create", "refused"),
        ("update", "granted"),
        ("update", "refused"),
    ]
    assert {(str(line["object_id"]), line["actor_role"], line["purpose"]) for line in lines} == {
        (entry["id"], "self", "self_care")
    }


async def test_200_creates_of_one_id_at_once_make_one_entry(diarist: Diarist, resources: Resources) -> None:
    entry_id = uuid4()
    answers = await asyncio.gather(*(diarist.put(entry_id, text=f"Device {number % 2}") for number in range(200)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 99, 428: 100}
    assert await resources.vault.fetchval(COUNT_ENTRIES) == 1


async def test_of_20_changes_of_one_version_at_once_one_is_made(diarist: Diarist) -> None:
    entry = await diarist.write()
    answers = await asyncio.gather(*(diarist.put(entry["id"], if_match=1, text=f"{n}") for n in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
    made = next(answer for answer in answers if answer.status_code == 200)
    assert (await diarist.list())["items"] == [made.json()]
