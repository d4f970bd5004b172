"""What staff reach of clients: who they are in identity, what they share in the vault.

Every read of the vault here writes its lines in the access log in the same statement, one for each object that it shows, and
starts from the fence and the running care relationship: no line or no relationship, no row.
"""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import AccessLine
from vitalapp.core.fence import fetch_fenced, fetchrow_fenced
from vitalapp.core.stores import Connection, Pool

LIST_CLIENTS = """
    SELECT account_id, person_id, log_subject_id, epoch, wrapped_data_key, consented_statement_id, is_restricted,
           display_name_sealed, email_sealed, phone_sealed
    FROM accounts WHERE person_id = ANY($1) AND NOT is_erasing
"""


async def list_clients(identity: Pool, *, person_ids: list[UUID]) -> list[asyncpg.Record]:
    """Who is behind these pseudonyms, sealed."""
    return await identity.fetch(LIST_CLIENTS, person_ids)


FIND_CARE = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    )
    SELECT trajectory_id, treatment_file_id
    FROM fence LEFT JOIN trajectories ON trajectories.person_id = $1 AND coach_id = $3 AND closed_at IS NULL
"""


async def find_care(vault: Pool, *, person_id: UUID, epoch: int, coach_id: UUID) -> asyncpg.Record:
    """The trajectory that runs between a person and a coach; a row of NULLs without one.

    Raises: StaleFence.
    """
    return await fetchrow_fenced(vault, FIND_CARE, person_id, epoch, coach_id)


LIST_SHARED_ENTRIES = """
    WITH care AS (
        SELECT trajectory_id FROM persons JOIN trajectories USING (person_id)
        WHERE person_id = $1 AND epoch = $2 AND NOT is_restricted AND coach_id = $4 AND closed_at IS NULL
    ), found AS (
        SELECT entry_id, version, local_date, written_at, content_sealed, updated_at
        FROM care CROSS JOIN diary_entry_shares JOIN diary_entries USING (person_id, entry_id)
        WHERE person_id = $1 AND coach_id = $4 AND deleted_at IS NULL
        ORDER BY local_date DESC, written_at DESC, entry_id DESC
        LIMIT $5
    ), line AS (
        INSERT INTO access_log (
            log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, object_id, outcome, purpose, authorisation,
            access_point, is_emergency
        )
        SELECT log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, found.entry_id, outcome, purpose,
               authorisation, access_point, is_emergency
        FROM care CROSS JOIN (SELECT ($3::access_line).*) AS template LEFT JOIN found ON true
    )
    SELECT entry_id, version, local_date, written_at, content_sealed, updated_at
    FROM care LEFT JOIN found ON true
    ORDER BY local_date DESC, written_at DESC, entry_id DESC
"""


async def list_shared_entries(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, coach_id: UUID, limit: int
) -> list[asyncpg.Record]:
    """Diary entries that a person shares with a coach, newest first.

    Raises: StaleFence, also where the relationship has ended or the person restricted it meanwhile.
    """
    rows = await fetch_fenced(vault, LIST_SHARED_ENTRIES, person_id, epoch, line, coach_id, limit)
    return [row for row in rows if row["entry_id"] is not None]


LIST_SHARED_MEASUREMENTS = """
    WITH care AS (
        SELECT trajectory_id FROM persons JOIN trajectories USING (person_id)
        WHERE person_id = $1 AND epoch = $2 AND NOT is_restricted AND coach_id = $4 AND closed_at IS NULL
    ), found AS (
        SELECT measurement_id, measured_at, content_sealed
        FROM care CROSS JOIN measurement_shares JOIN measurements USING (person_id, measurement_id)
        WHERE person_id = $1 AND coach_id = $4
        ORDER BY measured_at DESC, measurement_id DESC
        LIMIT $5
    ), line AS (
        INSERT INTO access_log (
            log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, object_id, outcome, purpose, authorisation,
            access_point, is_emergency
        )
        SELECT log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, found.measurement_id, outcome, purpose,
               authorisation, access_point, is_emergency
        FROM care CROSS JOIN (SELECT ($3::access_line).*) AS template LEFT JOIN found ON true
    )
    SELECT measurement_id, measured_at, content_sealed
    FROM care LEFT JOIN found ON true
    ORDER BY measured_at DESC, measurement_id DESC
"""


async def list_shared_measurements(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, coach_id: UUID, limit: int
) -> list[asyncpg.Record]:
    """Measurements that a person shares with a coach, newest first.

    Raises: StaleFence, also where the relationship has ended or the person restricted it meanwhile.
    """
    rows = await fetch_fenced(vault, LIST_SHARED_MEASUREMENTS, person_id, epoch, line, coach_id, limit)
    return [row for row in rows if row["measurement_id"] is not None]


LIST_AGENDA_PERSONS = """
    -- Not shown to anybody: it says whose fences the next statement starts from.
    SELECT DISTINCT person_id FROM appointments WHERE coach_id = $1 AND starts_at >= $2 AND starts_at < $3
"""


async def list_agenda_persons(vault: Pool, *, coach_id: UUID, starts_from: datetime, starts_before: datetime) -> list[UUID]:
    """Who has appointments with a coach in a span of time."""
    rows = await vault.fetch(LIST_AGENDA_PERSONS, coach_id, starts_from, starts_before)
    return [row["person_id"] for row in rows]


LIST_AGENDA = """
    WITH client AS (
        SELECT person_id, epoch, log_subject_id, is_open FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::boolean[]) AS given (
            person_id, epoch, log_subject_id, is_open
        )
    ), found AS (
        SELECT appointment_id, person_id, trajectory_id, kind, mode, status, starts_at, ends_at, is_late, version, log_subject_id,
               is_open AND NOT is_restricted AS is_open
        FROM appointments
        JOIN trajectories USING (person_id, trajectory_id, coach_id)
        JOIN client USING (person_id)
        JOIN persons USING (person_id, epoch)
        WHERE coach_id = $1 AND closed_at IS NULL AND starts_at >= $6 AND starts_at < $7
          AND (starts_at, appointment_id) > ($8, $9)
        ORDER BY starts_at, appointment_id
        LIMIT $10
    ), line AS (
        INSERT INTO access_log (
            log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, object_id, outcome, purpose, authorisation,
            access_point, is_emergency
        )
        SELECT found.log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, appointment_id, outcome, purpose,
               'care:' || trajectory_id, access_point, is_emergency
        FROM found CROSS JOIN (SELECT ($11::access_line).*) AS template
        WHERE is_open
    )
    SELECT appointment_id, person_id, trajectory_id, kind, mode, status, starts_at, ends_at, is_late, version, is_open
    FROM found
    ORDER BY starts_at, appointment_id
"""


async def list_agenda(
    vault: Pool,
    *,
    coach_id: UUID,
    person_ids: list[UUID],
    epochs: list[int],
    log_subject_ids: list[UUID],
    are_open: list[bool],
    starts_from: datetime,
    starts_before: datetime,
    after: tuple[datetime, UUID],
    limit: int,
    line: AccessLine,
) -> list[asyncpg.Record]:
    """A coach's appointments with running clients, in order, after a sort key; a line for each whose client is shown."""
    return await vault.fetch(
        LIST_AGENDA,
        coach_id,
        person_ids,
        epochs,
        log_subject_ids,
        are_open,
        starts_from,
        starts_before,
        *after,
        limit,
        line,
    )


LIST_RUNNING_CLIENTS = """
    -- Not shown to anybody: it says whose fences the next statement starts from.
    SELECT person_id, trajectory_id FROM trajectories
    WHERE coach_id = $1 AND closed_at IS NULL AND trajectory_id > $2
    ORDER BY trajectory_id
    LIMIT $3
"""


async def list_running_clients(vault: Pool, *, coach_id: UUID, after: UUID, limit: int) -> list[asyncpg.Record]:
    """With whom a care relationship runs, after a trajectory."""
    return await vault.fetch(LIST_RUNNING_CLIENTS, coach_id, after, limit)


SHOW_TRAJECTORIES = """
    WITH client AS (
        SELECT person_id, epoch, log_subject_id FROM unnest($2::uuid[], $3::bigint[], $4::uuid[]) AS given (
            person_id, epoch, log_subject_id
        )
    ), found AS (
        SELECT person_id, trajectory_id, opened_at, intake_completed_at, closed_at, treatment_file_id, log_subject_id, (
            SELECT count(*) FROM appointments
            WHERE appointments.person_id = trajectories.person_id AND appointments.trajectory_id = trajectories.trajectory_id
              AND status = 'attended'
        ) AS sessions
        FROM trajectories JOIN client USING (person_id) JOIN persons USING (person_id, epoch)
        WHERE coach_id = $1 AND closed_at IS NULL AND NOT is_restricted
    ), line AS (
        INSERT INTO access_log (
            log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, object_id, outcome, purpose, authorisation,
            access_point, is_emergency
        )
        SELECT found.log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, trajectory_id, outcome, purpose,
               'care:' || trajectory_id, access_point, is_emergency
        FROM found CROSS JOIN (SELECT ($5::access_line).*) AS template
    )
    SELECT person_id, trajectory_id, opened_at, intake_completed_at, closed_at, treatment_file_id, sessions
    FROM found
    ORDER BY trajectory_id
"""


async def show_trajectories(
    vault: Pool,
    *,
    coach_id: UUID,
    person_ids: list[UUID],
    epochs: list[int],
    log_subject_ids: list[UUID],
    line: AccessLine,
) -> list[asyncpg.Record]:
    """The running trajectories of these clients with a coach, a line for each."""
    return await vault.fetch(SHOW_TRAJECTORIES, coach_id, person_ids, epochs, log_subject_ids, line)


FIND_PERSON_OF_APPOINTMENT = """
    SELECT person_id FROM appointments WHERE coach_id = $1 AND appointment_id = $2
"""


async def find_person_of_appointment(vault: Pool, *, coach_id: UUID, appointment_id: UUID) -> UUID | None:
    """Whose appointment with a coach this is."""
    return await vault.fetchval(FIND_PERSON_OF_APPOINTMENT, coach_id, appointment_id)


FIND_PERSON_OF_TRAJECTORY = """
    SELECT person_id FROM trajectories WHERE coach_id = $1 AND trajectory_id = $2
"""


async def find_person_of_trajectory(vault: Pool, *, coach_id: UUID, trajectory_id: UUID) -> UUID | None:
    """Whose trajectory with a coach this is."""
    return await vault.fetchval(FIND_PERSON_OF_TRAJECTORY, coach_id, trajectory_id)


LOCK_CARE = """
    SELECT trajectory_id FROM persons JOIN trajectories USING (person_id)
    WHERE person_id = $1 AND epoch = $2 AND coach_id = $3 AND closed_at IS NULL AND NOT (is_restricted AND $4)
    FOR NO KEY UPDATE OF persons
"""


async def lock_care(vault: Connection, *, person_id: UUID, epoch: int, coach_id: UUID, is_gated: bool) -> bool:
    """Take the fence row of a client with whom the relationship runs; False where it has ended or was restricted meanwhile."""
    return await vault.fetchval(LOCK_CARE, person_id, epoch, coach_id, is_gated) is not None
