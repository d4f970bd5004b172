"""A coach's agenda in the vault: rules, exceptions, what is taken."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.fence import fetchrow_fenced
from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.coaching.slots import Agenda, Busy, Rules, Span, Window

# Instants come as whole seconds in arrays: one row however full the agenda is.
GET_AGENDA = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), busy AS (
        SELECT extract(epoch FROM lower(during))::bigint AS starts, extract(epoch FROM upper(during))::bigint AS ends,
               extract(epoch FROM starts_at)::bigint AS session_starts, capacity - count(*)::integer AS seats_left
        FROM coach_occupancy JOIN coach_seats USING (coach_id, occupancy_id)
        WHERE coach_id = $3 AND during && tstzrange($4, $5) AND (hold_expires_at IS NULL OR hold_expires_at > $6)
        GROUP BY coach_id, occupancy_id, coach_occupancy.during, coach_occupancy.starts_at, coach_occupancy.capacity
        ORDER BY coach_occupancy.starts_at
    ), taken AS (
        SELECT array_agg(starts) AS starts, array_agg(ends) AS ends, array_agg(session_starts) AS session_starts,
               array_agg(seats_left) AS seats_left
        FROM busy
    ), exceptions AS (
        SELECT array_agg(kind) AS kinds, array_agg(extract(epoch FROM starts_at)::bigint) AS starts,
               array_agg(extract(epoch FROM ends_at)::bigint) AS ends
        FROM availability_exceptions
        WHERE coach_id = $3 AND starts_at < $5 AND ends_at > $4
    )
    SELECT coach_id, time_zone, session_minutes, buffer_before_minutes, buffer_after_minutes, notice_hours, horizon_days,
           capacity, weekly, taken.starts, taken.ends, taken.session_starts, taken.seats_left, exceptions.kinds,
           exceptions.starts AS exception_starts, exceptions.ends AS exception_ends
    FROM fence LEFT JOIN coaches ON coach_id = $3 CROSS JOIN taken CROSS JOIN exceptions
"""


async def find_agenda(
    vault: Connection | Pool,
    *,
    person_id: UUID,
    epoch: int,
    coach_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> Agenda | None:
    """What the slots of a coach between two instants depend on; None where the coach has no rules yet.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, GET_AGENDA, person_id, epoch, coach_id, starts_at, ends_at, now)
    if row["coach_id"] is None:
        return None
    exceptions = list(
        zip(row["kinds"] or (), map(Span, row["exception_starts"] or (), row["exception_ends"] or ()), strict=True)
    )
    return Agenda(
        rules=to_rules(row),
        opened=[span for kind, span in exceptions if kind == "open"],
        closed=[span for kind, span in exceptions if kind == "closed"],
        busy=list(
            map(
                Busy,
                row["starts"] or (),
                row["ends"] or (),
                row["session_starts"] or (),
                row["seats_left"] or (),
            )
        ),
    )


def to_rules(row: asyncpg.Record) -> Rules:
    """A coach's rules from their row."""
    return Rules(
        time_zone=row["time_zone"],
        session_minutes=row["session_minutes"],
        buffer_before_minutes=row["buffer_before_minutes"],
        buffer_after_minutes=row["buffer_after_minutes"],
        notice_hours=row["notice_hours"],
        horizon_days=row["horizon_days"],
        capacity=row["capacity"],
        weekly=msgspec.json.decode(row["weekly"], type=tuple[Window, ...]),
    )


LOCK_COACH = """
    -- Bookings of one coach take turns: without this, overlapping inserts deadlock on the exclusion constraint.
    SELECT coach_id FROM coaches WHERE coach_id = $1 FOR NO KEY UPDATE
"""
DELETE_EXPIRED_HOLDS = """
    DELETE FROM coach_seats WHERE coach_id = $1 AND hold_expires_at <= $2
"""


async def lock_coach(vault: Connection, *, coach_id: UUID, now: datetime) -> bool:
    """Take one's turn with a coach and drop the holds that have expired; False where the coach has no rules yet.

    Locks: the coach's row, always after the person's fence row.
    """
    if await vault.fetchval(LOCK_COACH, coach_id) is None:
        return False
    await vault.execute(DELETE_EXPIRED_HOLDS, coach_id, now)
    return True


DELETE_OWN_SEATS = """
    DELETE FROM coach_seats WHERE person_id = $1 AND (booking_id = $2 OR hold_expires_at IS NOT NULL)
"""


async def delete_own_seats(vault: Connection, *, person_id: UUID, booking_id: UUID) -> None:
    """Give back the seat of one booking, and what the person holds besides."""
    await vault.execute(DELETE_OWN_SEATS, person_id, booking_id)


DELETE_HOLD = """
    DELETE FROM coach_seats WHERE person_id = $1 AND booking_id = $2 AND hold_expires_at IS NOT NULL RETURNING booking_id
"""


async def delete_hold(vault: Connection, *, person_id: UUID, hold_id: UUID) -> bool:
    """Give a held seat back; False where there is none."""
    return await vault.fetchval(DELETE_HOLD, person_id, hold_id) is not None


INSERT_OCCUPANCY = """
    INSERT INTO coach_occupancy (coach_id, occupancy_id, capacity, starts_at, ends_at, during)
    VALUES ($1, $2, $3, $4, $5, tstzrange($6, $7))
"""


async def insert_occupancy(
    vault: Connection,
    *,
    coach_id: UUID,
    occupancy_id: UUID,
    capacity: int,
    starts_at: datetime,
    ends_at: datetime,
    busy_from: datetime,
    busy_to: datetime,
) -> None:
    """Take a time, its buffers included; the exclusion constraint refuses what overlaps."""
    await vault.execute(INSERT_OCCUPANCY, coach_id, occupancy_id, capacity, starts_at, ends_at, busy_from, busy_to)


INSERT_SEAT = """
    INSERT INTO coach_seats (coach_id, occupancy_id, seat, person_id, booking_id, hold_expires_at)
    SELECT $1, occupancy_id, seat, $3, $4, $5
    FROM coach_occupancy CROSS JOIN generate_series(1, capacity) AS seat
    WHERE coach_id = $1 AND starts_at = $2
      AND NOT EXISTS (
          SELECT FROM coach_seats AS taken
          WHERE taken.coach_id = $1 AND taken.occupancy_id = coach_occupancy.occupancy_id AND taken.seat = seat.seat
      )
    ORDER BY seat
    LIMIT 1
    RETURNING seat
"""


async def insert_seat(
    vault: Connection,
    *,
    coach_id: UUID,
    starts_at: datetime,
    person_id: UUID,
    booking_id: UUID,
    hold_expires_at: datetime | None,
) -> bool:
    """Take the first free seat of the occupancy that begins then; False where there is none."""
    seat = await vault.fetchval(INSERT_SEAT, coach_id, starts_at, person_id, booking_id, hold_expires_at)
    return seat is not None
