"""Statements on passwords and their resets, each above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.accounts.account import Account
from vitalapp.domains.accounts.account_queries import to_account

INSERT_RESET = """
    INSERT INTO password_resets (password_reset_id, email_index, created_at, expires_at) VALUES ($1, $2, $3, $4)
"""


async def insert_reset(
    connection: Connection, *, password_reset_id: UUID, email_index: bytes, now: datetime, expires_at: datetime
) -> None:
    """Write down a wish for a reset, known address or not."""
    await connection.execute(INSERT_RESET, password_reset_id, email_index, now, expires_at)


LOCK_UNDECIDED = """
    -- A job that runs twice finds the row decided the second time.
    SELECT email_index FROM password_resets WHERE password_reset_id = $1 AND token_hash IS NULL FOR UPDATE
"""


async def lock_undecided(connection: Connection, *, password_reset_id: UUID) -> asyncpg.Record | None:
    """A reset that nobody has been written to about yet."""
    return await connection.fetchrow(LOCK_UNDECIDED, password_reset_id)


UPDATE_TOKEN = """
    UPDATE password_resets SET account_id = $2, token_hash = $3 WHERE password_reset_id = $1
"""


async def update_token(connection: Connection, *, password_reset_id: UUID, account_id: UUID, token_hash: bytes) -> None:
    """Let a token reset the password of an account."""
    await connection.execute(UPDATE_TOKEN, password_reset_id, account_id, token_hash)


DELETE_RESET = """
    DELETE FROM password_resets WHERE password_reset_id = $1
"""


async def delete_reset(connection: Connection, *, password_reset_id: UUID) -> None:
    """Forget a reset."""
    await connection.execute(DELETE_RESET, password_reset_id)


FIND_ACCOUNT_BY_TOKEN = """
    SELECT account_id, person_id, contract_id, email_sealed, display_name_sealed, phone_sealed, themes_sealed, time_zone_sealed,
           locale, password_hash, totp_sealed, has_second_factor, is_password_long, has_signed_in, consented_statement_id,
           wrapped_data_key, version, accounts.created_at, last_used_on
    FROM password_resets JOIN accounts USING (account_id)
    WHERE token_hash = $1 AND expires_at > $2 AND NOT is_erasing
"""


async def find_account_by_token(connection: Connection | Pool, *, token_hash: bytes, now: datetime) -> Account | None:
    """The account whose password a token resets."""
    row = await connection.fetchrow(FIND_ACCOUNT_BY_TOKEN, token_hash, now)
    return None if row is None else to_account(row)


TAKE_RESET = """
    DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > $2 RETURNING password_reset_id
"""


async def take_reset(connection: Connection, *, token_hash: bytes, now: datetime) -> bool:
    """Use up a token; False where somebody else has."""
    return await connection.fetchval(TAKE_RESET, token_hash, now) is not None


UPDATE_PASSWORD = """
    UPDATE accounts SET password_hash = $4, is_password_long = $5
    WHERE account_id = $1 AND password_hash = $2 AND has_second_factor = $3
    RETURNING account_id
"""


async def update_password(connection: Connection, account: Account, *, password_hash: str, is_long: bool) -> bool:
    """Replace a password; False where it or the second factor has changed since the account was read."""
    row = await connection.fetchval(
        UPDATE_PASSWORD, account.account_id, account.password_hash, account.has_second_factor, password_hash, is_long
    )
    return row is not None


DELETE_PENDING = """
    WITH resets AS (DELETE FROM password_resets WHERE account_id = $1)
    DELETE FROM email_changes WHERE account_id = $1
"""


async def delete_pending(connection: Connection, *, account_id: UUID) -> None:
    """Make every mailed token of an account worthless: somebody else may have asked for it."""
    await connection.execute(DELETE_PENDING, account_id)
