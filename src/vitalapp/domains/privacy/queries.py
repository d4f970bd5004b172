"""Statements on what a person may see and decide, each above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import AccessLine
from vitalapp.core.fence import fetch_fenced
from vitalapp.core.stores import Connection, Pool

IS_CURRENT = """
    SELECT consented_statement_id IS NOT NULL FROM accounts WHERE account_id = $1 AND epoch = $2 AND NOT is_erasing
"""


async def find_is_in_vault(pool: Pool, *, account_id: UUID, epoch: int) -> bool | None:
    """Whether the person has a fence in the vault, which consent opens; None where the session is out of date."""
    return await pool.fetchval(IS_CURRENT, account_id, epoch)


LIST_ACCESS_LINES = """
    WITH fence AS (
        SELECT FROM persons WHERE person_id = $1 AND epoch = $2 UNION ALL SELECT WHERE $2::bigint IS NULL
    ), line AS (
        INSERT INTO access_log SELECT ($4::access_line).* FROM fence
    )
    SELECT seen.*
    FROM fence
    LEFT JOIN LATERAL (
        SELECT at, line_id, actor_role, actor_id, action, object_kind, object_id, purpose, authorisation, is_emergency, outcome
        FROM access_log
        WHERE log_subject_id = $3
          AND at >= $5
          AND at < $6
          AND ($7::timestamptz IS NULL OR (at, line_id) < ($7, $8::bigint))
        ORDER BY at DESC, line_id DESC
        LIMIT $9
    ) AS seen ON true
"""


async def list_access_lines(
    pool: Pool,
    *,
    person_id: UUID,
    epoch: int | None,
    line: AccessLine,
    since: datetime,
    until: datetime,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """The lines about a person, newest first; reading them writes one as well, which the next reading shows.

    Shape: `epoch` is None for a person who has no fence yet.
    Raises: StaleFence.
    """
    before_at, before_id = before or (None, None)
    rows = await fetch_fenced(
        pool,
        LIST_ACCESS_LINES,
        person_id,
        epoch,
        line.log_subject_id,
        line,
        since,
        until,
        before_at,
        before_id,
        limit,
    )
    return [row for row in rows if row["line_id"] is not None]


SET_RESTRICTION = """
    UPDATE accounts SET is_restricted = $2 WHERE account_id = $1
"""


async def set_restriction(connection: Connection, *, account_id: UUID, is_restricted: bool) -> None:
    """Note the restriction; only the step that has raised the account's epoch may call it."""
    await connection.execute(SET_RESTRICTION, account_id, is_restricted)
