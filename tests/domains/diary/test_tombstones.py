"""Tombstones: a deletion is remembered for 90 days; a device that comes later begins anew."""

from datetime import timedelta

import asyncpg

from tests.support.application import TravellingClock
from tests.support.databases import Stores
from tests.support.diarist import Diarist
from tests.support.feed_reader import FeedReader
from vitalapp.core.resources import Resources
from vitalapp.domains.diary.data_map import TABLES, TOMBSTONE_DAYS

ENTRIES = next(table for table in TABLES if table.name == "diary_entries")


async def after(wait: timedelta, diarist: Diarist, resources: Resources, clock: TravellingClock) -> None:
    """Let time go by and the retention sweep run; the session is kept alive."""
    clock.travel(wait)
    await resources.identity.execute("UPDATE access_tokens SET expires_at = $1", clock() + timedelta(minutes=15))
    await resources.identity.execute(
        "UPDATE sessions SET absolute_expires_at = $1, idle_expires_at = $1", clock() + timedelta(days=1)
    )
    await resources.vault.execute(ENTRIES.expire_sql, clock(), 1000)


async def test_a_device_learns_of_a_deletion_for_90_days(
    diarist: Diarist, resources: Resources, clock: TravellingClock
) -> None:
    reader = FeedReader(diarist)
    entry = await diarist.write()
    await reader.catch_up()
    await diarist.delete(entry["id"], if_match=1)
    await after(timedelta(days=TOMBSTONE_DAYS - 1), diarist, resources, clock)
    await reader.catch_up()
    assert reader.copy == {}


async def test_a_cursor_from_before_forgotten_deletions_is_expired(
    diarist: Diarist, resources: Resources, clock: TravellingClock
) -> None:
    entry, kept = await diarist.write(), await diarist.write()
    late = (await diarist.changes())["next_cursor"]
    await diarist.delete(entry["id"], if_match=1)
    in_time = (await diarist.changes())["next_cursor"]
    await after(timedelta(days=TOMBSTONE_DAYS + 1), diarist, resources, clock)
    answer = await diarist.request("GET", "/changes", params={"cursor": late})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor-expired")
    assert (await diarist.changes(cursor=in_time))["items"] == []
    assert [change["id"] for change in (await diarist.changes())["items"]] == [kept["id"]]


async def test_a_device_that_begins_anew_gets_through_however_small_its_pages(
    diarist: Diarist, resources: Resources, clock: TravellingClock
) -> None:
    entries = [await diarist.write() for _ in range(4)]
    await diarist.delete(entries.pop()["id"], if_match=1)
    await after(timedelta(days=TOMBSTONE_DAYS + 1), diarist, resources, clock)
    reader = FeedReader(diarist, limit=1)
    await reader.catch_up()
    assert reader.copy == {entry["id"]: entry for entry in entries}


async def test_deletions_forgotten_while_a_device_begins_anew_expire_its_cursor(
    diarist: Diarist, resources: Resources, clock: TravellingClock
) -> None:
    first, _ = await diarist.write(), await diarist.write()
    begun = await diarist.changes(limit=1)
    assert [change["id"] for change in begun["items"]] == [first["id"]]
    await diarist.delete(first["id"], if_match=1)
    await after(timedelta(days=TOMBSTONE_DAYS + 1), diarist, resources, clock)
    answer = await diarist.request("GET", "/changes", params={"cursor": begun["next_cursor"]})
    assert answer.status_code == 410


async def test_a_cursor_ahead_of_a_restored_store_is_expired(diarist: Diarist, resources: Resources) -> None:
    await diarist.write()
    cursor = (await diarist.changes())["next_cursor"]
    await resources.vault.execute("DELETE FROM diary_entries")
    await resources.vault.execute("UPDATE persons SET change_seq = 0")
    answer = await diarist.request("GET", "/changes", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor-expired")


async def test_the_retention_role_may_prune(
    diarist: Diarist, resources: Resources, clock: TravellingClock, stores: Stores
) -> None:
    entry = await diarist.write()
    await diarist.delete(entry["id"], if_match=1)
    retention = await asyncpg.connect(stores.vault.retention)
    try:
        await retention.execute(ENTRIES.expire_sql, clock() + timedelta(days=TOMBSTONE_DAYS + 1), 1000)
    finally:
        await retention.close()
    assert await resources.vault.fetchval("SELECT pruned_through FROM diary_prunings") == 2


async def test_an_erasure_leaves_no_note_of_tombstones(diarist: Diarist, resources: Resources) -> None:
    entry = await diarist.write()
    await diarist.delete(entry["id"], if_match=1)
    await resources.vault.execute("DELETE FROM persons WHERE person_id = $1", diarist.person_id)
    await resources.vault.execute(ENTRIES.erase_sql, diarist.person_id)
    assert await resources.vault.fetchval("SELECT count(*) FROM diary_prunings") == 0
