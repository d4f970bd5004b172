"""Coaches' rules and exceptions in the vault."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.fence import fetch_fenced
from vitalapp.core.stores import Connection, Pool

LIST_TIME_ZONES = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    )
    SELECT coach_id, time_zone FROM fence LEFT JOIN coaches ON coach_id = ANY($3)
"""


async def list_time_zones(vault: Pool, *, person_id: UUID, epoch: int, coach_ids: list[UUID]) -> dict[UUID, str]:
    """The zones of the coaches who have an agenda.

    Raises: StaleFence.
    """
    rows = await fetch_fenced(vault, LIST_TIME_ZONES, person_id, epoch, coach_ids)
    return {row["coach_id"]: row["time_zone"] for row in rows if row["coach_id"] is not None}


FIND_RULES = """
    SELECT time_zone, session_minutes, buffer_before_minutes, buffer_after_minutes, notice_hours, horizon_days, capacity, weekly
    FROM coaches WHERE coach_id = $1
"""


async def find_rules(vault: Connection | Pool, *, coach_id: UUID) -> asyncpg.Record | None:
    """A coach's rules."""
    return await vault.fetchrow(FIND_RULES, coach_id)


UPSERT_RULES = """
    INSERT INTO coaches (
        coach_id, time_zone, session_minutes, buffer_before_minutes, buffer_after_minutes, notice_hours, horizon_days, capacity,
        weekly, updated_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (coach_id) DO UPDATE
    SET time_zone = EXCLUDED.time_zone, session_minutes = EXCLUDED.session_minutes,
        buffer_before_minutes = EXCLUDED.buffer_before_minutes, buffer_after_minutes = EXCLUDED.buffer_after_minutes,
        notice_hours = EXCLUDED.notice_hours, horizon_days = EXCLUDED.horizon_days, capacity = EXCLUDED.capacity,
        weekly = EXCLUDED.weekly, updated_at = EXCLUDED.updated_at
"""


async def upsert_rules(
    vault: Connection | Pool,
    *,
    coach_id: UUID,
    time_zone: str,
    session_minutes: int,
    buffer_before_minutes: int,
    buffer_after_minutes: int,
    notice_hours: int,
    horizon_days: int,
    capacity: int,
    weekly: str,
    updated_at: datetime,
) -> None:
    """Set a coach's rules; what is booked stays."""
    await vault.execute(
        UPSERT_RULES,
        coach_id,
        time_zone,
        session_minutes,
        buffer_before_minutes,
        buffer_after_minutes,
        notice_hours,
        horizon_days,
        capacity,
        weekly,
        updated_at,
    )


LIST_EXCEPTIONS = """
    SELECT exception_id, kind, starts_at, ends_at FROM availability_exceptions
    WHERE coach_id = $1 AND (starts_at, exception_id) > ($2, $3)
    ORDER BY starts_at, exception_id
    LIMIT $4
"""


async def list_exceptions(vault: Pool, *, coach_id: UUID, after: tuple[datetime, UUID], limit: int) -> list[asyncpg.Record]:
    """A coach's exceptions, in order of time, after a sort key."""
    return await vault.fetch(LIST_EXCEPTIONS, coach_id, *after, limit)


INSERT_EXCEPTION = """
    INSERT INTO availability_exceptions (coach_id, exception_id, kind, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5)
"""


async def insert_exception(
    vault: Pool, *, coach_id: UUID, exception_id: UUID, kind: str, starts_at: datetime, ends_at: datetime
) -> None:
    """Open or close hours; what is booked stays."""
    await vault.execute(INSERT_EXCEPTION, coach_id, exception_id, kind, starts_at, ends_at)


DELETE_EXCEPTION = """
    DELETE FROM availability_exceptions WHERE coach_id = $1 AND exception_id = $2 RETURNING exception_id
"""


async def delete_exception(vault: Pool, *, coach_id: UUID, exception_id: UUID) -> bool:
    """Take an exception back; False where there is none."""
    return await vault.fetchval(DELETE_EXCEPTION, coach_id, exception_id) is not None
