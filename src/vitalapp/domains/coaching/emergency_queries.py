"""Emergency accesses, and forwarded privacy questions."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import AccessLine
from vitalapp.core.fence import fetch_fenced, fetchrow_fenced
from vitalapp.core.stores import Connection, Pool

INSERT_ACCESS = """
    WITH care AS (
        SELECT trajectory_id FROM persons JOIN trajectories USING (person_id)
        WHERE person_id = $1 AND epoch = $2 AND coach_id = $4 AND closed_at IS NULL
        FOR NO KEY UPDATE OF persons
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM care
    )
    INSERT INTO emergency_accesses (person_id, access_id, coach_id, reason_sealed, opened_at, expires_at)
    SELECT $1, $5, $4, $6, $7, $8 FROM care
    RETURNING access_id
"""


async def insert_access(
    vault: Connection,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    coach_id: UUID,
    access_id: UUID,
    reason_sealed: bytes,
    opened_at: datetime,
    expires_at: datetime,
) -> None:
    """Note an emergency access before its contact details are shown.

    Raises: StaleFence, also where the relationship has ended meanwhile.
    """
    await fetchrow_fenced(
        vault, INSERT_ACCESS, person_id, epoch, line, coach_id, access_id, reason_sealed, opened_at, expires_at
    )


FIND_OPEN_ACCESS = """
    WITH care AS (
        SELECT trajectory_id FROM persons JOIN trajectories USING (person_id)
        WHERE person_id = $1 AND epoch = $2 AND coach_id = $4 AND closed_at IS NULL
    ), found AS (
        SELECT access_id, opened_at, expires_at FROM care CROSS JOIN emergency_accesses
        WHERE person_id = $1 AND coach_id = $4 AND expires_at > $5
        ORDER BY opened_at DESC
        LIMIT 1
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM found
    )
    SELECT access_id, opened_at, expires_at FROM care LEFT JOIN found ON true
"""


async def find_open_access(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, coach_id: UUID, now: datetime
) -> asyncpg.Record | None:
    """The coach's emergency access to a client that has not expired.

    Raises: StaleFence, also where the relationship has ended meanwhile.
    """
    row = await fetchrow_fenced(vault, FIND_OPEN_ACCESS, person_id, epoch, line, coach_id, now)
    return None if row["access_id"] is None else row


LIST_OWN_ACCESSES = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM fence
    )
    SELECT access_id, coach_id, reason_sealed, opened_at, expires_at, reviewed_at, is_justified
    FROM fence LEFT JOIN emergency_accesses USING (person_id)
    ORDER BY opened_at DESC, access_id
"""


async def list_own_accesses(vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine) -> list[asyncpg.Record]:
    """Every emergency access to a person.

    Raises: StaleFence.
    """
    rows = await fetch_fenced(vault, LIST_OWN_ACCESSES, person_id, epoch, line)
    return [row for row in rows if row["access_id"] is not None]


LIST_UNREVIEWED_PERSONS = """
    -- Not shown to anybody: it says whose fences the next statement starts from.
    SELECT person_id FROM emergency_accesses WHERE reviewed_at IS NULL ORDER BY opened_at, access_id LIMIT $1
"""


async def list_unreviewed_persons(vault: Pool, *, limit: int) -> list[UUID]:
    """Whose emergency accesses wait for review."""
    return [row["person_id"] for row in await vault.fetch(LIST_UNREVIEWED_PERSONS, limit)]


LIST_UNREVIEWED = """
    WITH person AS (
        SELECT person_id, epoch, log_subject_id FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS given (
            person_id, epoch, log_subject_id
        )
    ), found AS (
        SELECT person_id, access_id, coach_id, reason_sealed, opened_at, log_subject_id
        FROM emergency_accesses JOIN person USING (person_id) JOIN persons USING (person_id, epoch)
        WHERE reviewed_at IS NULL
    ), line AS (
        INSERT INTO access_log (
            log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, object_id, outcome, purpose, authorisation,
            access_point, is_emergency
        )
        SELECT found.log_subject_id, actor_role, actor_id, on_behalf_of, action, object_kind, access_id, outcome, purpose,
               authorisation, access_point, is_emergency
        FROM found CROSS JOIN (SELECT ($4::access_line).*) AS template
    )
    SELECT person_id, access_id, coach_id, reason_sealed, opened_at FROM found ORDER BY opened_at, access_id
"""


async def list_unreviewed(
    vault: Pool, *, person_ids: list[UUID], epochs: list[int], log_subject_ids: list[UUID], line: AccessLine
) -> list[asyncpg.Record]:
    """Emergency accesses that wait for review, a line for each."""
    return await vault.fetch(LIST_UNREVIEWED, person_ids, epochs, log_subject_ids, line)


FIND_PERSON_OF_ACCESS = """
    SELECT person_id FROM emergency_accesses WHERE access_id = $1
"""


async def find_person_of_access(vault: Pool, *, access_id: UUID) -> UUID | None:
    """Whose contact details were looked up."""
    return await vault.fetchval(FIND_PERSON_OF_ACCESS, access_id)


REVIEW_ACCESS = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2 FOR NO KEY UPDATE
    ), reviewed AS (
        UPDATE emergency_accesses SET reviewed_at = $5, reviewed_by = $6, is_justified = $7
        FROM fence
        WHERE emergency_accesses.person_id = $1 AND access_id = $4 AND reviewed_at IS NULL
        RETURNING access_id
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM reviewed
    )
    SELECT access_id FROM fence LEFT JOIN reviewed ON true
"""


async def review_access(
    vault: Pool,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    access_id: UUID,
    reviewed_at: datetime,
    reviewed_by: UUID,
    is_justified: bool,
) -> bool:
    """Note the officer's judgement; False where there is one.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(
        vault, REVIEW_ACCESS, person_id, epoch, line, access_id, reviewed_at, reviewed_by, is_justified
    )
    return row["access_id"] is not None


LOG_UNDER_CARE = """
    WITH care AS (
        SELECT trajectory_id FROM persons JOIN trajectories USING (person_id)
        WHERE person_id = $1 AND epoch = $2 AND coach_id = $4 AND closed_at IS NULL
    )
    INSERT INTO access_log SELECT ($3::access_line).* FROM care
    RETURNING line_id
"""


async def log_under_care(vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, coach_id: UUID) -> None:
    """A line while the relationship runs, before something is written elsewhere.

    Raises: StaleFence, also where the relationship has ended meanwhile.
    """
    await fetchrow_fenced(vault, LOG_UNDER_CARE, person_id, epoch, line, coach_id)


INSERT_QUESTION = """
    INSERT INTO privacy_questions (account_id, question_id, forwarded_by, content_sealed, created_at)
    SELECT account_id, $2, $3, $4, $5 FROM accounts WHERE account_id = $1 AND NOT is_erasing
"""


async def insert_question(
    identity: Pool,
    *,
    account_id: UUID,
    question_id: UUID,
    forwarded_by: UUID,
    content_sealed: bytes,
    created_at: datetime,
) -> None:
    """Put a question before the privacy officer."""
    await identity.execute(INSERT_QUESTION, account_id, question_id, forwarded_by, content_sealed, created_at)


LIST_QUESTIONS = """
    SELECT question_id, account_id, person_id, forwarded_by, content_sealed, privacy_questions.created_at, wrapped_data_key,
           email_sealed
    FROM privacy_questions JOIN accounts USING (account_id)
    WHERE closed_at IS NULL AND NOT is_erasing AND (privacy_questions.created_at, question_id) > ($1, $2)
    ORDER BY privacy_questions.created_at, question_id
    LIMIT $3
"""


async def list_questions(identity: Pool, *, after: tuple[datetime, UUID], limit: int) -> list[asyncpg.Record]:
    """Questions that wait for the privacy officer, oldest first."""
    return await identity.fetch(LIST_QUESTIONS, *after, limit)


CLOSE_QUESTION = """
    UPDATE privacy_questions SET closed_at = $2 WHERE question_id = $1 AND closed_at IS NULL RETURNING question_id
"""


async def close_question(identity: Pool, *, question_id: UUID, now: datetime) -> bool:
    """Note that a question was answered; False where none waits."""
    return await identity.fetchval(CLOSE_QUESTION, question_id, now) is not None
