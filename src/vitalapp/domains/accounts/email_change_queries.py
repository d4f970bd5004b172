"""Statements on changes of the mail address, each above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.fence import fetchrow_fenced
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, Pool

LIST_MAIL_DOMAINS = """
    SELECT mail_domains FROM contracts WHERE contract_id = $1
"""


async def list_mail_domains(connection: Connection | Pool, *, contract_id: UUID) -> list[str]:
    """The mail domains that an employer manages."""
    return await connection.fetchval(LIST_MAIL_DOMAINS, contract_id) or []


INSERT_EMAIL_CHANGE = """
    INSERT INTO email_changes (email_change_id, account_id, email_index, email_sealed, created_at, expires_at)
    SELECT $3, account_id, $4, $5, $6, $7 FROM accounts WHERE account_id = $1 AND epoch = $2
    RETURNING email_change_id
"""


async def insert_email_change(
    connection: Connection,
    session: Session,
    *,
    email_change_id: UUID,
    email_index: bytes,
    email_sealed: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Write down a wish for another address, known or not.

    Raises: StaleFence.
    """
    await fetchrow_fenced(
        connection,
        INSERT_EMAIL_CHANGE,
        session.account_id,
        session.epoch,
        email_change_id,
        email_index,
        email_sealed,
        now,
        expires_at,
    )


LOCK_UNDECIDED = """
    -- A job that runs twice finds the row decided the second time.
    SELECT email_changes.email_index, email_changes.email_sealed, person_id, wrapped_data_key, locale
    FROM email_changes JOIN accounts USING (account_id)
    WHERE email_change_id = $1 AND token_hash IS NULL AND NOT is_erasing
    FOR UPDATE OF email_changes
"""


async def lock_undecided(connection: Connection, *, email_change_id: UUID) -> asyncpg.Record | None:
    """A change that nobody has been written to about yet, with whose it is."""
    return await connection.fetchrow(LOCK_UNDECIDED, email_change_id)


UPDATE_TOKEN = """
    UPDATE email_changes SET token_hash = $2 WHERE email_change_id = $1
"""


async def update_token(connection: Connection, *, email_change_id: UUID, token_hash: bytes) -> None:
    """Let a token confirm the change."""
    await connection.execute(UPDATE_TOKEN, email_change_id, token_hash)


DELETE_EMAIL_CHANGE = """
    DELETE FROM email_changes WHERE email_change_id = $1
"""


async def delete_email_change(connection: Connection, *, email_change_id: UUID) -> None:
    """Forget a change."""
    await connection.execute(DELETE_EMAIL_CHANGE, email_change_id)


TAKE_EMAIL_CHANGE = """
    DELETE FROM email_changes
    WHERE account_id = $1 AND token_hash = $2 AND expires_at > $3
    RETURNING email_change_id, email_index, email_sealed
"""


async def take_email_change(
    connection: Connection, *, account_id: UUID, token_hash: bytes, now: datetime
) -> asyncpg.Record | None:
    """Use up a token; None where it is not this account's, or used."""
    return await connection.fetchrow(TAKE_EMAIL_CHANGE, account_id, token_hash, now)


UPDATE_EMAIL = """
    UPDATE accounts SET email_index = $3, email_sealed = $4, version = version + 1
    WHERE account_id = $1 AND epoch = $2
    RETURNING account_id
"""


async def update_email(connection: Connection, session: Session, *, email_index: bytes, email_sealed: bytes) -> None:
    """Use another address.

    Raises: StaleFence; asyncpg.UniqueViolationError where the address has got an account in the meantime.
    """
    await fetchrow_fenced(connection, UPDATE_EMAIL, session.account_id, session.epoch, email_index, email_sealed)
