"""Sharing one entry with one coach: private unless the person says otherwise."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.support.diarist import Diarist
from tests.support.people import People
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store
from vitalapp.domains.diary.service import share_diary_entry

COUNT_WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
LIST_SHARES = "SELECT person_id, entry_id, coach_id FROM diary_entry_shares"


async def test_sharing_and_its_end_can_be_said_twice(people: People, resources: Resources) -> None:
    person, coach_id = await people.signed_in(), uuid4()
    entry_id = UUID((await Diarist(person).write())["id"])
    assert await resources.vault.fetch(LIST_SHARES) == []
    for is_shared in (True, True, False, False):
        await share_diary_entry(resources, person.session, entry_id=entry_id, coach_id=coach_id, is_shared=is_shared)
        shares = [tuple(row) for row in await resources.vault.fetch(LIST_SHARES)]
        assert shares == ([(person.person_id, entry_id, coach_id)] if is_shared else [])


async def test_only_ones_own_living_entries_can_be_shared(people: People, resources: Resources) -> None:
    person, other = await people.signed_in(), await people.signed_in()
    anothers, deleted = await Diarist(other).write(), await Diarist(person).write()
    await Diarist(person).delete(deleted["id"], if_match=1)
    for entry_id in (anothers["id"], deleted["id"], str(uuid4())):
        for is_shared in (True, False):
            with pytest.raises(NotFound):
                await share_diary_entry(
                    resources, person.session, entry_id=UUID(entry_id), coach_id=uuid4(), is_shared=is_shared
                )
    assert await resources.vault.fetch(LIST_SHARES) == []


@pytest.mark.parametrize("is_deleted_first", [True, False])
async def test_a_deleted_entry_is_shared_with_nobody_even_if_both_happen_at_once(
    people: People, resources: Resources, superusers: dict[Store, asyncpg.Connection], *, is_deleted_first: bool
) -> None:
    person = await people.signed_in()
    diarist = Diarist(person)
    entry = await diarist.write()
    sharing = share_diary_entry(resources, person.session, entry_id=UUID(entry["id"]), coach_id=uuid4(), is_shared=True)
    deletion = diarist.delete(entry["id"], if_match=1)
    async with superusers["vault"].transaction():
        await superusers["vault"].execute("SELECT FROM persons FOR NO KEY UPDATE")
        tasks: list[asyncio.Future[Any]] = []
        for work in (deletion, sharing) if is_deleted_first else (sharing, deletion):
            tasks.append(asyncio.ensure_future(work))
            while await superusers["vault"].fetchval(COUNT_WAITING) < len(tasks):
                await asyncio.sleep(0.01)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (await diarist.list())["items"] == []
    assert await resources.vault.fetch(LIST_SHARES) == []
