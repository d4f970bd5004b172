"""The changes feed while 20 devices write over connections of their own: nothing missed, nothing repeated."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from tests.support.application import open_client
from tests.support.diarist import Diarist
from tests.support.feed_reader import FeedReader
from tests.support.people import People
from vitalapp.core.access_log import own_line
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store
from vitalapp.core.stores import open_pool
from vitalapp.domains.diary.queries import INSERT_ENTRY
from vitalapp.domains.diary.schemas import EntryContent

WRITERS = 20
ENTRIES_EACH = 10
COUNT_WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
async def connected_people(resources: Resources, session_resources: dict[str, Resources]) -> AsyncIterator[People]:
    """People at an API that has a connection to the vault for each writer and reader."""
    app = session_resources["app"]
    settings = msgspec.structs.replace(app.settings, pool_size=WRITERS + 2)
    vault = await open_pool(settings, "vault")
    with_many = dataclasses.replace(app, pools={**app.pools, "vault": vault})
    async with open_client(with_many, audience="app") as client:
        yield People(client, resources)
    await vault.close()


async def write_change_delete(diarist: Diarist, *, writer: int) -> dict[str, dict[str, Any]]:
    """Entries of one device, some changed, some deleted; what is left of them."""
    left: dict[str, dict[str, Any]] = {}
    for number in range(ENTRIES_EACH):
        entry = (await diarist.put(uuid4(), text=f"{writer}/{number}")).json()
        if number % 3 == 1:
            entry = (await diarist.put(entry["id"], if_match=1, text=f"{writer}/{number} changed")).json()
        if number % 3 == 2:
            assert (await diarist.delete(entry["id"], if_match=1)).status_code == 204
        else:
            left[entry["id"]] = entry
    return left


async def test_readers_miss_and_repeat_nothing_while_20_writers_commit(connected_people: People) -> None:
    """Rule: issue 2 item 6, pitfall 18."""
    diarist = Diarist(await connected_people.signed_in())
    readers = [FeedReader(diarist, limit=limit) for limit in (1, 7)]
    is_writing = True

    async def follow(reader: FeedReader) -> None:
        while is_writing:
            await reader.read_page()
        await reader.catch_up()

    following = [asyncio.ensure_future(follow(reader)) for reader in readers]
    written = await asyncio.gather(*(write_change_delete(diarist, writer=writer) for writer in range(WRITERS)))
    is_writing = False
    await asyncio.gather(*following)
    expected = {entry_id: entry for left in written for entry_id, entry in left.items()}
    for reader in readers:
        assert reader.copy == expected
        assert len(reader.seen) == len(set(reader.seen))


async def test_a_reader_waits_for_a_write_that_is_slow_to_commit_rather_than_passing_it(
    people: People, resources: Resources, superusers: dict[Store, asyncpg.Connection]
) -> None:
    person, slow_id, now = await people.signed_in(), uuid4(), datetime.now(UTC)
    diarist = Diarist(person)
    reader = FeedReader(diarist)
    content = EntryContent(time_zone="UTC", mood=None, tags=[], text="slow")
    sealed = person.session.person_key(resources).seal(
        "diary_entries", slow_id, "content_sealed", msgspec.msgpack.encode(content)
    )
    line = own_line(person.session, action="create", object_kind="diary_entry", object_id=slow_id)
    async with resources.vault.acquire() as slow, slow.transaction():
        await slow.execute(
            INSERT_ENTRY, person.person_id, person.session.epoch, line, slow_id, date(2026, 1, 1), now, sealed, now
        )
        quick = asyncio.ensure_future(diarist.write())
        while not quick.done() and not await superusers["vault"].fetchval(COUNT_WAITING):
            await asyncio.sleep(0.01)
        await reader.catch_up()
    quick_entry = await quick
    await reader.catch_up()
    assert reader.copy.keys() == {str(slow_id), quick_entry["id"]}
