"""What becomes of appointments and trajectories; the caller holds the client's fence row."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import AccessLine
from vitalapp.core.stores import Connection

COMPLETE_INTAKE = """
    WITH line AS (
        INSERT INTO access_log SELECT ($1::access_line).*
    )
    UPDATE trajectories SET intake_completed_at = $4
    WHERE person_id = $2 AND trajectory_id = $3 AND intake_completed_at IS NULL
    RETURNING contract_id, ledger_reference
"""


async def complete_intake(
    vault: Connection, *, line: AccessLine, person_id: UUID, trajectory_id: UUID, now: datetime
) -> asyncpg.Record | None:
    """Note that the intake is complete; None where it was."""
    return await vault.fetchrow(COMPLETE_INTAKE, line, person_id, trajectory_id, now)


CLOSE_TRAJECTORY = """
    WITH line AS (
        INSERT INTO access_log SELECT ($1::access_line).*
    )
    UPDATE trajectories SET closed_at = $4 WHERE person_id = $2 AND trajectory_id = $3 AND closed_at IS NULL
"""


async def close_trajectory(
    vault: Connection, *, line: AccessLine, person_id: UUID, trajectory_id: UUID, now: datetime
) -> None:
    """End a care relationship."""
    await vault.execute(CLOSE_TRAJECTORY, line, person_id, trajectory_id, now)


DELETE_ENTRY_SHARES = """
    DELETE FROM diary_entry_shares WHERE person_id = $1 AND coach_id = $2
"""
DELETE_MEASUREMENT_SHARES = """
    DELETE FROM measurement_shares WHERE person_id = $1 AND coach_id = $2
"""


async def delete_shares(vault: Connection, *, person_id: UUID, coach_id: UUID) -> None:
    """Share nothing with a coach any more: a later trajectory begins with nothing shared."""
    await vault.execute(DELETE_ENTRY_SHARES, person_id, coach_id)
    await vault.execute(DELETE_MEASUREMENT_SHARES, person_id, coach_id)


LIST_COMING = """
    SELECT appointment_id, starts_at FROM appointments
    WHERE person_id = $1 AND trajectory_id = $2 AND status = 'booked' AND starts_at > $3
    FOR NO KEY UPDATE
"""


async def list_coming(vault: Connection, *, person_id: UUID, trajectory_id: UUID, now: datetime) -> list[asyncpg.Record]:
    """The appointments of a trajectory that are still to come."""
    return await vault.fetch(LIST_COMING, person_id, trajectory_id, now)


GET_TRAJECTORY = """
    SELECT person_id, trajectory_id, opened_at, intake_completed_at, closed_at, treatment_file_id, (
        SELECT count(*) FROM appointments
        WHERE appointments.person_id = $1 AND appointments.trajectory_id = $2 AND status = 'attended'
    ) AS sessions
    FROM trajectories WHERE person_id = $1 AND trajectory_id = $2
"""


async def get_trajectory(vault: Connection, *, person_id: UUID, trajectory_id: UUID) -> asyncpg.Record:
    """One trajectory, for the answer to a change of it, whose line says so."""
    row = await vault.fetchrow(GET_TRAJECTORY, person_id, trajectory_id)
    assert row is not None
    return row


INSERT_LINE = """
    INSERT INTO access_log SELECT ($1::access_line).*
"""


async def insert_line(vault: Connection, line: AccessLine) -> None:
    """A line of its own, in the transaction of the access."""
    await vault.execute(INSERT_LINE, line)
