"""Statements on registration links and pending registrations, each above the function that runs it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from vitalapp.core.stores import Connection, Pool

INSERT_LINK = """
    INSERT INTO registration_links (link_hash, contract_id, created_at, expires_at)
    SELECT $1, contract_id, $3, $4 FROM contracts WHERE contract_id = $2
    RETURNING contract_id
"""


async def insert_link(
    connection: Connection | Pool, *, link_hash: bytes, contract_id: UUID, now: datetime, expires_at: datetime | None
) -> bool:
    """Let a link register people under a contract; False for an unknown contract."""
    return await connection.fetchval(INSERT_LINK, link_hash, contract_id, now, expires_at) is not None


REVOKE_LINKS = """
    UPDATE registration_links SET revoked_at = $2 WHERE contract_id = $1 AND revoked_at IS NULL
"""


async def revoke_links(pool: Pool, *, contract_id: UUID, now: datetime) -> None:
    """End every running link of a contract."""
    await pool.execute(REVOKE_LINKS, contract_id, now)


FIND_RUNNING_LINK = """
    SELECT contract_id, mail_domains
    FROM registration_links JOIN contracts USING (contract_id)
    WHERE link_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
        AND starts_on <= $3 AND (ends_on IS NULL OR ends_on >= $3)
"""


async def find_running_link(
    connection: Connection | Pool, *, link_hash: bytes, now: datetime, today: date
) -> asyncpg.Record | None:
    """The contract of a link that works, None for any other."""
    return await connection.fetchrow(FIND_RUNNING_LINK, link_hash, now, today)


INSERT_REGISTRATION = """
    INSERT INTO registrations (registration_id, email_index, payload_sealed, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
"""


async def insert_registration(
    connection: Connection,
    *,
    registration_id: UUID,
    email_index: bytes,
    payload_sealed: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Write down a wish for an account, known address or not."""
    await connection.execute(INSERT_REGISTRATION, registration_id, email_index, payload_sealed, now, expires_at)


LOCK_UNDECIDED = """
    -- A job that runs twice finds the row decided the second time.
    SELECT registration_id, email_index, payload_sealed FROM registrations
    WHERE registration_id = $1 AND token_hash IS NULL
    FOR UPDATE
"""


async def lock_undecided(connection: Connection, *, registration_id: UUID) -> asyncpg.Record | None:
    """A registration that nobody has been written to about yet."""
    return await connection.fetchrow(LOCK_UNDECIDED, registration_id)


UPDATE_TOKEN = """
    UPDATE registrations SET token_hash = $2 WHERE registration_id = $1
"""


async def update_token(connection: Connection, *, registration_id: UUID, token_hash: bytes) -> None:
    """Let a token activate the registration."""
    await connection.execute(UPDATE_TOKEN, registration_id, token_hash)


DELETE_REGISTRATION = """
    DELETE FROM registrations WHERE registration_id = $1
"""


async def delete_registration(connection: Connection, *, registration_id: UUID) -> None:
    """Forget a registration."""
    await connection.execute(DELETE_REGISTRATION, registration_id)


FIND_BY_TOKEN = """
    SELECT registration_id, payload_sealed FROM registrations WHERE token_hash = $1 AND expires_at > $2
"""


async def find_by_token(connection: Connection | Pool, *, token_hash: bytes, now: datetime) -> asyncpg.Record | None:
    """The registration that a token activates."""
    return await connection.fetchrow(FIND_BY_TOKEN, token_hash, now)


TAKE_REGISTRATIONS = """
    -- Only one of many parallel uses of a token deletes its row; the address's other rows go along.
    WITH taken AS (
        DELETE FROM registrations WHERE token_hash = $1 AND expires_at > $2 RETURNING registration_id, email_index
    ), others AS (
        DELETE FROM registrations
        USING taken
        WHERE registrations.email_index = taken.email_index AND registrations.registration_id <> taken.registration_id
    )
    SELECT registration_id FROM taken
"""


async def take_registrations(connection: Connection, *, token_hash: bytes, now: datetime) -> bool:
    """Use up a token; False where somebody else has."""
    return await connection.fetchval(TAKE_REGISTRATIONS, token_hash, now) is not None
