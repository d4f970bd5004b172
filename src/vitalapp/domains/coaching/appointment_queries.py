"""Appointments and trajectories of one person in the vault."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import AccessLine
from vitalapp.core.fence import StaleFence, fetch_fenced, fetchrow_fenced
from vitalapp.core.stores import Connection, Pool

LOCK_PERSON = """
    SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2 FOR NO KEY UPDATE
"""


async def lock_person(vault: Connection, *, person_id: UUID, epoch: int) -> None:
    """Take the person's fence row, before any coach's row.

    Raises: StaleFence.
    """
    if await vault.fetchval(LOCK_PERSON, person_id, epoch) is None:
        raise StaleFence


GET_NOTICE_HOURS = """
    SELECT cancellation_notice_hours FROM contracts WHERE contract_id = $1
"""


async def get_notice_hours(identity: Connection | Pool, *, contract_id: UUID) -> int:
    """The contract's term for cancelling in time, from identity's read copy."""
    return await identity.fetchval(GET_NOTICE_HOURS, contract_id)


HAS_OVERLAP = """
    SELECT EXISTS (
        SELECT FROM appointments
        WHERE person_id = $1 AND status = 'booked' AND appointment_id IS DISTINCT FROM $4
          AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)
    )
"""


async def has_overlap(
    vault: Connection, *, person_id: UUID, starts_at: datetime, ends_at: datetime, but_for: UUID | None
) -> bool:
    """Whether the person has another appointment at that time."""
    return await vault.fetchval(HAS_OVERLAP, person_id, starts_at, ends_at, but_for)


FIND_RUNNING_TRAJECTORY = """
    SELECT trajectory_id FROM trajectories WHERE person_id = $1 AND coach_id = $2 AND closed_at IS NULL
"""


async def find_running_trajectory(vault: Connection, *, person_id: UUID, coach_id: UUID) -> UUID | None:
    """The trajectory that runs with a coach."""
    return await vault.fetchval(FIND_RUNNING_TRAJECTORY, person_id, coach_id)


INSERT_TRAJECTORY = """
    INSERT INTO trajectories (
        person_id, trajectory_id, coach_id, contract_id, ledger_reference, treatment_file_id, opened_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def insert_trajectory(
    vault: Connection,
    *,
    person_id: UUID,
    trajectory_id: UUID,
    coach_id: UUID,
    contract_id: UUID,
    ledger_reference: UUID,
    treatment_file_id: UUID | None,
    opened_at: datetime,
) -> None:
    """Open a trajectory: the care relationship begins."""
    await vault.execute(
        INSERT_TRAJECTORY,
        person_id,
        trajectory_id,
        coach_id,
        contract_id,
        ledger_reference,
        treatment_file_id,
        opened_at,
    )


INSERT_APPOINTMENT = """
    WITH line AS (
        INSERT INTO access_log SELECT ($1::access_line).*
    )
    INSERT INTO appointments (
        person_id, appointment_id, trajectory_id, coach_id, kind, mode, status, starts_at, ends_at, late_cancellation_from,
        reminded_version, booked_at, changed_at
    )
    VALUES ($2, $3, $4, $5, $6, $7, 'booked', $8, $9, $10, $11, $12, $12)
"""


async def insert_appointment(
    vault: Connection,
    *,
    line: AccessLine,
    person_id: UUID,
    appointment_id: UUID,
    trajectory_id: UUID,
    coach_id: UUID,
    kind: str,
    mode: str,
    starts_at: datetime,
    ends_at: datetime,
    late_cancellation_from: datetime,
    reminded_version: int,
    now: datetime,
) -> None:
    """Add an appointment, with its line in the access log; the caller holds the fence."""
    await vault.execute(
        INSERT_APPOINTMENT,
        line,
        person_id,
        appointment_id,
        trajectory_id,
        coach_id,
        kind,
        mode,
        starts_at,
        ends_at,
        late_cancellation_from,
        reminded_version,
        now,
    )


LOCK_APPOINTMENT = """
    SELECT appointment_id, trajectory_id, coach_id, kind, mode, status, starts_at, ends_at, late_cancellation_from, is_late,
           version, contract_id, ledger_reference, treatment_file_id
    FROM appointments JOIN trajectories USING (person_id, trajectory_id, coach_id)
    WHERE person_id = $1 AND appointment_id = $2
    FOR NO KEY UPDATE OF appointments
"""


async def lock_appointment(vault: Connection, *, person_id: UUID, appointment_id: UUID) -> asyncpg.Record | None:
    """One appointment with its trajectory, to be changed; the caller holds the fence."""
    return await vault.fetchrow(LOCK_APPOINTMENT, person_id, appointment_id)


FIND_COACH_ID = """
    SELECT coach_id FROM appointments WHERE person_id = $1 AND appointment_id = $2
"""


async def find_coach_id(vault: Pool, *, person_id: UUID, appointment_id: UUID) -> UUID | None:
    """Whom an appointment is with; what is done with that goes through the fence."""
    return await vault.fetchval(FIND_COACH_ID, person_id, appointment_id)


UPDATE_TIME = """
    WITH line AS (
        INSERT INTO access_log SELECT ($1::access_line).*
    )
    UPDATE appointments
    SET starts_at = $4, ends_at = $5, late_cancellation_from = $6, reminded_version = $7 * (version + 1),
        version = version + 1, changed_at = $8
    WHERE person_id = $2 AND appointment_id = $3
"""


async def update_time(
    vault: Connection,
    *,
    line: AccessLine,
    person_id: UUID,
    appointment_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    late_cancellation_from: datetime,
    is_reminded: bool,
    now: datetime,
) -> None:
    """Move an appointment; the caller holds the fence."""
    await vault.execute(
        UPDATE_TIME,
        line,
        person_id,
        appointment_id,
        starts_at,
        ends_at,
        late_cancellation_from,
        int(is_reminded),
        now,
    )


UPDATE_STATUS = """
    WITH line AS (
        INSERT INTO access_log SELECT ($1::access_line).*
    )
    UPDATE appointments SET status = $4, is_late = $5, version = version + 1, changed_at = $6
    WHERE person_id = $2 AND appointment_id = $3
"""


async def update_status(
    vault: Connection,
    *,
    line: AccessLine,
    person_id: UUID,
    appointment_id: UUID,
    status: str,
    is_late: bool,
    now: datetime,
) -> None:
    """Say what became of an appointment; the caller holds the fence."""
    await vault.execute(UPDATE_STATUS, line, person_id, appointment_id, status, is_late, now)


LIST_APPOINTMENTS = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM fence
    ), page AS (
        SELECT appointment_id, trajectory_id, coach_id, kind, mode, status, starts_at, ends_at, late_cancellation_from, is_late,
               version
        FROM appointments
        WHERE person_id = $1 AND starts_at >= $4 AND starts_at < $5 AND (starts_at, appointment_id) > ($6, $7)
        ORDER BY starts_at, appointment_id
        LIMIT $8
    )
    SELECT appointment_id, trajectory_id, coach_id, kind, mode, status, starts_at, ends_at, late_cancellation_from, is_late,
           version
    FROM fence LEFT JOIN page ON true
    ORDER BY starts_at, appointment_id
"""


async def list_appointments(
    vault: Pool,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    starts_from: datetime,
    starts_before: datetime,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[asyncpg.Record]:
    """Appointments that begin in a span of time, in order, after a sort key.

    Raises: StaleFence.
    """
    rows = await fetch_fenced(vault, LIST_APPOINTMENTS, person_id, epoch, line, starts_from, starts_before, *after, limit)
    return [row for row in rows if row["appointment_id"] is not None]


FIND_APPOINTMENT = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), appointment AS (
        SELECT appointment_id, trajectory_id, coach_id, kind, mode, status, starts_at, ends_at, late_cancellation_from, is_late,
               version, changed_at
        FROM appointments
        WHERE person_id = $1 AND appointment_id = $4
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM fence CROSS JOIN appointment
    )
    SELECT appointment_id, trajectory_id, coach_id, kind, mode, status, starts_at, ends_at, late_cancellation_from, is_late,
           version, changed_at
    FROM fence LEFT JOIN appointment ON true
"""


async def find_appointment(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, appointment_id: UUID
) -> asyncpg.Record | None:
    """One appointment.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, FIND_APPOINTMENT, person_id, epoch, line, appointment_id)
    return None if row["appointment_id"] is None else row
