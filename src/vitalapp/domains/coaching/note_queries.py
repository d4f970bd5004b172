"""Notes of coaches, and what people put beside them."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import AccessLine
from vitalapp.core.fence import fetch_fenced, fetchrow_fenced
from vitalapp.core.stores import Connection, Pool

INSERT_NOTE = """
    WITH care AS (
        SELECT trajectory_id FROM persons JOIN trajectories USING (person_id)
        WHERE person_id = $1 AND epoch = $2 AND NOT is_restricted AND coach_id = $4 AND closed_at IS NULL
        FOR NO KEY UPDATE OF persons
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM care
    )
    INSERT INTO coaching_notes (person_id, note_id, trajectory_id, coach_id, content_sealed, created_at)
    SELECT $1, $5, trajectory_id, $4, $6, $7 FROM care
    RETURNING trajectory_id
"""


async def insert_note(
    vault: Connection,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    coach_id: UUID,
    note_id: UUID,
    content_sealed: bytes,
    created_at: datetime,
) -> None:
    """Add a note.

    Raises: StaleFence, also where the relationship has ended or the person restricted it meanwhile.
    """
    await fetchrow_fenced(vault, INSERT_NOTE, person_id, epoch, line, coach_id, note_id, content_sealed, created_at)


LIST_NOTES = """
    WITH care AS (
        SELECT trajectory_id FROM persons JOIN trajectories USING (person_id)
        WHERE person_id = $1 AND epoch = $2 AND NOT is_restricted AND coach_id = $4 AND closed_at IS NULL
    ), found AS (
        SELECT coaching_notes.note_id, coaching_notes.trajectory_id, content_sealed, created_at
        FROM care CROSS JOIN coaching_notes
        WHERE person_id = $1 AND coach_id = $4
        ORDER BY created_at DESC, note_id DESC
        LIMIT $5
    ), line AS (
        INSERT INTO access_log (
            log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, object_id, outcome, purpose, authorisation,
            access_point, is_emergency
        )
        SELECT log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, found.note_id, outcome, purpose,
               authorisation, access_point, is_emergency
        FROM care CROSS JOIN (SELECT ($3::access_line).*) AS template LEFT JOIN found ON true
    )
    SELECT found.note_id, found.trajectory_id, found.content_sealed, found.created_at, statement_id,
           note_statements.content_sealed AS statement_sealed, note_statements.created_at AS stated_at
    FROM care
    LEFT JOIN found ON true
    LEFT JOIN note_statements ON note_statements.person_id = $1 AND note_statements.note_id = found.note_id
    ORDER BY found.created_at DESC, found.note_id DESC, note_statements.created_at, statement_id
"""


async def list_notes(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, coach_id: UUID, limit: int
) -> list[asyncpg.Record]:
    """A coach's notes on a client, newest first, a row for each statement beside one.

    Raises: StaleFence, also where the relationship has ended or the person restricted it meanwhile.
    """
    rows = await fetch_fenced(vault, LIST_NOTES, person_id, epoch, line, coach_id, limit)
    return [row for row in rows if row["note_id"] is not None]


FIND_NOTE_FILE = """
    SELECT note_id, treatment_file_id, coaching_notes.coach_id
    FROM coaching_notes JOIN trajectories USING (person_id, trajectory_id)
    WHERE person_id = $1 AND note_id = $2
"""


async def find_note_file(vault: Pool, *, person_id: UUID, note_id: UUID) -> asyncpg.Record | None:
    """Whether there is a note on the person, and in which file under a treatment agreement it stands."""
    return await vault.fetchrow(FIND_NOTE_FILE, person_id, note_id)


INSERT_STATEMENT = """
    WITH fence AS (
        UPDATE persons SET change_seq = change_seq + 1 WHERE person_id = $1 AND epoch = $2 RETURNING person_id
    ), note AS (
        SELECT note_id FROM fence JOIN coaching_notes USING (person_id) WHERE person_id = $1 AND note_id = $4
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM note
    ), statement AS (
        INSERT INTO note_statements (person_id, statement_id, note_id, content_sealed, created_at)
        SELECT $1, $5, note_id, $6, $7 FROM note
    )
    SELECT note.note_id FROM fence LEFT JOIN note ON true
"""


async def insert_statement(
    vault: Connection,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    note_id: UUID,
    statement_id: UUID,
    content_sealed: bytes,
    created_at: datetime,
) -> bool:
    """Put a statement beside a note on the person; False where there is no such note.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(
        vault, INSERT_STATEMENT, person_id, epoch, line, note_id, statement_id, content_sealed, created_at
    )
    return row["note_id"] is not None
