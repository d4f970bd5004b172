"""Statements on sessions and their tokens, each above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.fence import fetch_fenced, fetchrow_fenced
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, Pool

INSERT_SESSION = """
    WITH session AS (
        INSERT INTO sessions (
            session_id, account_id, device_name_sealed, platform, network_index, refresh_token_hash, created_at, last_used_at,
            idle_expires_at, absolute_expires_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)
        RETURNING session_id
    )
    INSERT INTO access_tokens (token_hash, session_id, generation, expires_at) SELECT $10, session_id, 1, $11 FROM session
"""


async def insert_session(
    connection: Connection,
    *,
    session_id: UUID,
    account_id: UUID,
    device_name_sealed: bytes,
    platform: str,
    network_index: bytes,
    refresh_token_hash: bytes,
    now: datetime,
    idle_expires_at: datetime,
    absolute_expires_at: datetime,
    access_token_hash: bytes,
    access_expires_at: datetime,
) -> None:
    """Open a session with its first pair of tokens."""
    await connection.execute(
        INSERT_SESSION,
        session_id,
        account_id,
        device_name_sealed,
        platform,
        network_index,
        refresh_token_hash,
        now,
        idle_expires_at,
        absolute_expires_at,
        access_token_hash,
        access_expires_at,
    )


LIST_RUNNING = """
    SELECT platform, network_index FROM sessions WHERE account_id = $1 AND idle_expires_at > $2
"""


async def list_running(connection: Connection | Pool, *, account_id: UUID | None, now: datetime) -> list[asyncpg.Record]:
    """Platform and network of an account's running sessions; asked for unknown accounts as well, at the same price."""
    return await connection.fetch(LIST_RUNNING, account_id, now)


LOCK_FAMILY = """
    -- Two refreshes at once take turns, so that the second one sees the first one's successor.
    SELECT session_id, account_id, generation, refresh_token_hash, previous_refresh_token_hash, rotated_at, is_successor_used,
           idle_expires_at, absolute_expires_at
    FROM sessions JOIN accounts USING (account_id)
    WHERE session_id = $1 AND NOT is_erasing
    FOR UPDATE OF sessions
"""


async def lock_family(connection: Connection, *, session_id: UUID) -> asyncpg.Record | None:
    """A session for the length of the transaction, None where it has ended."""
    return await connection.fetchrow(LOCK_FAMILY, session_id)


ROTATE = """
    WITH expired AS (
        DELETE FROM access_tokens WHERE session_id = $1 AND expires_at <= $5
    ), rotated AS (
        UPDATE sessions
        SET generation = $2, previous_refresh_token_hash = refresh_token_hash, refresh_token_hash = $3, rotated_at = $5,
            last_used_at = greatest(last_used_at, $5), is_successor_used = false, network_index = $4, idle_expires_at = $6
        WHERE session_id = $1
        RETURNING session_id
    )
    INSERT INTO access_tokens (token_hash, session_id, generation, expires_at) SELECT $7, session_id, $2, $8 FROM rotated
"""


async def rotate(
    connection: Connection,
    *,
    session_id: UUID,
    generation: int,
    refresh_token_hash: bytes,
    network_index: bytes,
    now: datetime,
    idle_expires_at: datetime,
    access_token_hash: bytes,
    access_expires_at: datetime,
) -> None:
    """Give a session its next pair of tokens."""
    await connection.execute(
        ROTATE,
        session_id,
        generation,
        refresh_token_hash,
        network_index,
        now,
        idle_expires_at,
        access_token_hash,
        access_expires_at,
    )


LIST_SESSIONS = """
    SELECT session_id, device_name_sealed, platform, sessions.created_at, last_used_at
    FROM accounts
    LEFT JOIN sessions
        ON sessions.account_id = accounts.account_id AND idle_expires_at > $3
        AND ($4::timestamptz IS NULL OR (sessions.created_at, session_id) < ($4, $5::uuid))
    WHERE accounts.account_id = $1 AND epoch = $2
    ORDER BY sessions.created_at DESC, session_id DESC
    LIMIT $6
"""


async def list_sessions(
    connection: Connection | Pool, session: Session, *, now: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Running sessions of the account, newest first, after the one with the given instant and id.

    Raises: StaleFence.
    """
    instant, session_id = after or (None, None)
    rows = await fetch_fenced(connection, LIST_SESSIONS, session.account_id, session.epoch, now, instant, session_id, limit)
    return [row for row in rows if row["session_id"] is not None]


DELETE_SESSION = """
    DELETE FROM sessions WHERE account_id = $1 AND session_id = $2 RETURNING session_id
"""


async def delete_session(connection: Connection, *, account_id: UUID, session_id: UUID) -> bool:
    """End one session; False where the account has none of that id."""
    return await connection.fetchval(DELETE_SESSION, account_id, session_id) is not None


DELETE_SESSIONS = """
    DELETE FROM sessions WHERE account_id = $1 AND session_id IS DISTINCT FROM $2
"""


async def delete_sessions(connection: Connection, *, account_id: UUID, except_id: UUID | None = None) -> None:
    """End every session of an account, but for one."""
    await connection.execute(DELETE_SESSIONS, account_id, except_id)


UPDATE_STEPPED_UP = """
    UPDATE sessions SET stepped_up_at = $4
    FROM accounts
    WHERE session_id = $1 AND accounts.account_id = $2 AND epoch = $3 AND sessions.account_id = accounts.account_id
    RETURNING session_id
"""


async def update_stepped_up(connection: Connection | Pool, session: Session, *, now: datetime) -> None:
    """Note that the person has just proven to be there.

    Raises: StaleFence.
    """
    await fetchrow_fenced(connection, UPDATE_STEPPED_UP, session.session_id, session.account_id, session.epoch, now)


GET_STEPPED_UP = """
    SELECT stepped_up_at FROM sessions JOIN accounts USING (account_id)
    WHERE session_id = $1 AND account_id = $2 AND epoch = $3
"""


async def get_stepped_up(connection: Connection | Pool, session: Session) -> datetime | None:
    """When the person last stepped up in this session.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(connection, GET_STEPPED_UP, session.session_id, session.account_id, session.epoch)
    return row["stepped_up_at"]
