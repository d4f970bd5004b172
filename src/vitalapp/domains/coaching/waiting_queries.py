"""The waiting list in the vault."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.fence import fetch_fenced, fetchrow_fenced
from vitalapp.core.stores import Connection, Pool

INSERT_WAITING = """
    WITH fence AS (
        UPDATE persons SET change_seq = change_seq + 1 WHERE person_id = $1 AND epoch = $2 RETURNING person_id
    )
    INSERT INTO waiting_list (person_id, waiting_id, coach_id, wanted_from, wanted_to, created_at)
    SELECT person_id, $3, $4, $5, $6, $7 FROM fence
    RETURNING waiting_id
"""


async def insert_waiting(
    vault: Pool,
    *,
    person_id: UUID,
    epoch: int,
    waiting_id: UUID,
    coach_id: UUID,
    wanted_from: datetime | None,
    wanted_to: datetime | None,
    created_at: datetime,
) -> None:
    """Put a person on a coach's waiting list.

    Raises: StaleFence.
    """
    await fetchrow_fenced(vault, INSERT_WAITING, person_id, epoch, waiting_id, coach_id, wanted_from, wanted_to, created_at)


LIST_WAITING = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    )
    SELECT waiting_id, coach_id, wanted_from, wanted_to, created_at, told_at
    FROM fence LEFT JOIN waiting_list USING (person_id)
    ORDER BY created_at, waiting_id
"""


async def list_waiting(vault: Pool, *, person_id: UUID, epoch: int) -> list[asyncpg.Record]:
    """What a person waits for.

    Raises: StaleFence.
    """
    rows = await fetch_fenced(vault, LIST_WAITING, person_id, epoch)
    return [row for row in rows if row["waiting_id"] is not None]


DELETE_WAITING = """
    WITH fence AS (
        UPDATE persons SET change_seq = change_seq + 1 WHERE person_id = $1 AND epoch = $2 RETURNING person_id
    ), deleted AS (
        DELETE FROM waiting_list USING fence WHERE waiting_list.person_id = $1 AND waiting_id = $3 RETURNING waiting_id
    )
    SELECT deleted.waiting_id FROM fence LEFT JOIN deleted ON true
"""


async def delete_waiting(vault: Pool, *, person_id: UUID, epoch: int, waiting_id: UUID) -> bool:
    """Take a person off a waiting list; False where they are not on it.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, DELETE_WAITING, person_id, epoch, waiting_id)
    return row["waiting_id"] is not None


DELETE_WAITING_FOR = """
    DELETE FROM waiting_list WHERE person_id = $1 AND coach_id = $2
"""


async def delete_waiting_for(vault: Connection, *, person_id: UUID, coach_id: UUID) -> None:
    """Who has booked waits no longer."""
    await vault.execute(DELETE_WAITING_FOR, person_id, coach_id)


TAKE_FREED_SLOT = """
    DELETE FROM freed_slots WHERE coach_id = $1 AND freed_id = $2 RETURNING starts_at, is_coach_told
"""


async def take_freed_slot(vault: Connection, *, coach_id: UUID, freed_id: UUID) -> asyncpg.Record | None:
    """A time that came free, once."""
    return await vault.fetchrow(TAKE_FREED_SLOT, coach_id, freed_id)


MARK_TOLD = """
    UPDATE waiting_list SET told_at = $3
    FROM persons
    WHERE persons.person_id = waiting_list.person_id AND NOT is_restricted
      AND coach_id = $1 AND coalesce(wanted_from <= $2, true) AND coalesce(wanted_to > $2, true)
      AND coalesce(told_at < $4, true)
    RETURNING waiting_list.person_id
"""


async def mark_told(
    vault: Connection, *, coach_id: UUID, starts_at: datetime, now: datetime, told_before: datetime
) -> list[UUID]:
    """Those who wait for that time and were not told of another one since `told_before`."""
    return [row["person_id"] for row in await vault.fetch(MARK_TOLD, coach_id, starts_at, now, told_before)]


MARK_COACH_TOLD = """
    UPDATE freed_slots SET is_coach_told = true WHERE coach_id = $1 AND starts_at = $2
"""


async def mark_coach_told(vault: Connection, *, coach_id: UUID, starts_at: datetime) -> None:
    """The coach freed that time, and need not be told."""
    await vault.execute(MARK_COACH_TOLD, coach_id, starts_at)
