"""Sessions, passkeys and challenges of staff in the identity store."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.stores import Connection, Pool

INSERT_SESSION = """
    WITH session AS (
        INSERT INTO staff_sessions (
            session_id, staff_id, refresh_token_hash, created_at, last_used_at, absolute_expires_at
        )
        VALUES ($1, $2, $3, $4, $4, $5)
    )
    INSERT INTO staff_access_tokens (token_hash, session_id, generation, expires_at) VALUES ($6, $1, 1, $7)
"""


async def insert_session(
    identity: Connection | Pool,
    *,
    session_id: UUID,
    staff_id: UUID,
    refresh_token_hash: bytes,
    now: datetime,
    absolute_expires_at: datetime,
    access_token_hash: bytes,
    expires_at: datetime,
) -> None:
    """Begin a session with its first access token."""
    await identity.execute(
        INSERT_SESSION, session_id, staff_id, refresh_token_hash, now, absolute_expires_at, access_token_hash, expires_at
    )


LOCK_SESSION = """
    SELECT session_id, generation, refresh_token_hash, rotated_at, is_successor_used, absolute_expires_at
    FROM staff_sessions JOIN staff USING (staff_id)
    WHERE (refresh_token_hash = $1 OR previous_refresh_token_hash = $1)
      AND absolute_expires_at > $2 AND last_used_at > $3 AND is_active
    FOR UPDATE OF staff_sessions
"""


async def lock_session(
    identity: Connection, *, refresh_token_hash: bytes, now: datetime, used_after: datetime
) -> asyncpg.Record | None:
    """The running session that a refresh token belongs or belonged to."""
    return await identity.fetchrow(LOCK_SESSION, refresh_token_hash, now, used_after)


ROTATE_SESSION = """
    WITH session AS (
        UPDATE staff_sessions
        SET previous_refresh_token_hash = refresh_token_hash, refresh_token_hash = $2, generation = generation + 1,
            rotated_at = $3, is_successor_used = false
        WHERE session_id = $1
        RETURNING session_id, generation
    )
    INSERT INTO staff_access_tokens (token_hash, session_id, generation, expires_at)
    SELECT $4, session_id, generation, $5 FROM session
"""


async def rotate_session(
    identity: Connection,
    *,
    session_id: UUID,
    refresh_token_hash: bytes,
    now: datetime,
    access_token_hash: bytes,
    expires_at: datetime,
) -> None:
    """Put the successor in the place of a refresh token."""
    await identity.execute(ROTATE_SESSION, session_id, refresh_token_hash, now, access_token_hash, expires_at)


DELETE_SESSION = """
    DELETE FROM staff_sessions WHERE session_id = $1
"""


async def delete_session(identity: Connection | Pool, *, session_id: UUID) -> None:
    """End one session."""
    await identity.execute(DELETE_SESSION, session_id)


DELETE_SESSIONS = """
    DELETE FROM staff_sessions WHERE staff_id = $1 AND session_id IS DISTINCT FROM $2
"""


async def delete_sessions(identity: Connection | Pool, *, staff_id: UUID, kept_session_id: UUID | None) -> None:
    """End all sessions of one member of staff, but for the one that is kept."""
    await identity.execute(DELETE_SESSIONS, staff_id, kept_session_id)


INSERT_CHALLENGE = """
    INSERT INTO passkey_challenges (challenge_id, staff_id, challenge, expires_at) VALUES ($1, $2, $3, $4)
"""


async def insert_challenge(
    identity: Connection | Pool, *, challenge_id: UUID, staff_id: UUID | None, challenge: bytes, expires_at: datetime
) -> None:
    """Keep a challenge until it is answered."""
    await identity.execute(INSERT_CHALLENGE, challenge_id, staff_id, challenge, expires_at)


TAKE_CHALLENGE = """
    DELETE FROM passkey_challenges
    WHERE challenge_id = $1 AND staff_id IS NOT DISTINCT FROM $2 AND expires_at > $3
    RETURNING challenge
"""


async def take_challenge(
    identity: Connection | Pool, *, challenge_id: UUID, staff_id: UUID | None, now: datetime
) -> bytes | None:
    """Take a challenge, once."""
    return await identity.fetchval(TAKE_CHALLENGE, challenge_id, staff_id, now)


INSERT_PASSKEY = """
    INSERT INTO staff_passkeys (credential_id, passkey_id, staff_id, public_key, sign_count, created_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (credential_id) DO NOTHING
    RETURNING passkey_id
"""


async def insert_passkey(
    identity: Connection | Pool,
    *,
    credential_id: bytes,
    passkey_id: UUID,
    staff_id: UUID,
    public_key: bytes,
    sign_count: int,
    created_at: datetime,
) -> bool:
    """Add a passkey; False where it is known already."""
    inserted = await identity.fetchval(
        INSERT_PASSKEY, credential_id, passkey_id, staff_id, public_key, sign_count, created_at
    )
    return inserted is not None


LIST_PASSKEYS = """
    SELECT passkey_id AS id, credential_id, created_at, last_used_at FROM staff_passkeys WHERE staff_id = $1 ORDER BY created_at
"""


async def list_passkey_rows(identity: Connection | Pool, *, staff_id: UUID) -> list[asyncpg.Record]:
    """The passkeys of one member of staff."""
    return await identity.fetch(LIST_PASSKEYS, staff_id)


FIND_PASSKEY = """
    SELECT public_key, sign_count FROM staff_passkeys WHERE staff_id = $1 AND credential_id = $2
"""


async def find_passkey(identity: Connection | Pool, *, staff_id: UUID, credential_id: bytes) -> asyncpg.Record | None:
    """One passkey of one member of staff."""
    return await identity.fetchrow(FIND_PASSKEY, staff_id, credential_id)


USE_PASSKEY = """
    UPDATE staff_passkeys SET sign_count = $3, last_used_at = $4 WHERE staff_id = $1 AND credential_id = $2
"""


async def use_passkey(
    identity: Connection | Pool, *, staff_id: UUID, credential_id: bytes, sign_count: int, now: datetime
) -> None:
    """Note a use of a passkey."""
    await identity.execute(USE_PASSKEY, staff_id, credential_id, sign_count, now)


DELETE_PASSKEY = """
    DELETE FROM staff_passkeys WHERE staff_id = $1 AND passkey_id = $2 RETURNING passkey_id
"""


async def delete_passkey(identity: Connection | Pool, *, staff_id: UUID, passkey_id: UUID) -> bool:
    """Remove a passkey; False where there is none."""
    return await identity.fetchval(DELETE_PASSKEY, staff_id, passkey_id) is not None
