"""Statements that read and make accounts, each above the function that runs it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.fence import fetchrow_fenced
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.accounts.account import Account

INSERT_ACCOUNT = """
    INSERT INTO accounts (
        account_id, person_id, log_subject_id, consent_subject_id, contract_id, email_index, email_sealed, display_name_sealed,
        time_zone_sealed, locale, password_hash, is_password_long, accepted_terms_version, wrapped_data_key, created_at, last_used_on
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true, $12, $13, $14, $15)
    ON CONFLICT (email_index) DO NOTHING
    RETURNING account_id
"""


async def insert_account(
    connection: Connection,
    *,
    account_id: UUID,
    person_id: UUID,
    log_subject_id: UUID,
    consent_subject_id: UUID,
    contract_id: UUID,
    email_index: bytes,
    email_sealed: bytes,
    display_name_sealed: bytes,
    time_zone_sealed: bytes,
    locale: str,
    password_hash: str,
    accepted_terms_version: str,
    wrapped_data_key: bytes,
    now: datetime,
) -> bool:
    """Make an account; False where its address has one."""
    made = await connection.fetchval(
        INSERT_ACCOUNT,
        account_id,
        person_id,
        log_subject_id,
        consent_subject_id,
        contract_id,
        email_index,
        email_sealed,
        display_name_sealed,
        time_zone_sealed,
        locale,
        password_hash,
        accepted_terms_version,
        wrapped_data_key,
        now,
        now.date(),
    )
    return made is not None


GET_ACCOUNT = """
    SELECT account_id, person_id, contract_id, email_sealed, display_name_sealed, phone_sealed, themes_sealed, time_zone_sealed,
           locale, password_hash, totp_sealed, has_second_factor, is_password_long, has_signed_in, consented_statement_id,
           wrapped_data_key, version, created_at, last_used_on
    FROM accounts
    WHERE account_id = $1 AND epoch = $2 AND NOT is_erasing
"""


async def get_account(connection: Connection | Pool, session: Session) -> Account:
    """The account of a session.

    Raises: StaleFence.
    """
    return to_account(await fetchrow_fenced(connection, GET_ACCOUNT, session.account_id, session.epoch))


FIND_ACCOUNT_BY_ADDRESS = """
    SELECT account_id, person_id, contract_id, email_sealed, display_name_sealed, phone_sealed, themes_sealed, time_zone_sealed,
           locale, password_hash, totp_sealed, has_second_factor, is_password_long, has_signed_in, consented_statement_id,
           wrapped_data_key, version, created_at, last_used_on
    FROM accounts
    WHERE email_index = $1 AND NOT is_erasing
"""


async def find_account_by_address(connection: Connection | Pool, *, email_index: bytes) -> Account | None:
    """The account of an address, None without one."""
    row = await connection.fetchrow(FIND_ACCOUNT_BY_ADDRESS, email_index)
    return None if row is None else to_account(row)


UPDATE_AT_SIGN_IN = """
    UPDATE accounts
    SET last_used_on = greatest(last_used_on, $4), has_signed_in = true, password_hash = $5
    WHERE account_id = $1 AND password_hash = $2 AND has_second_factor = $3 AND NOT is_erasing
    RETURNING account_id
"""


async def update_at_sign_in(connection: Connection, account: Account, *, today: date, password_hash: str) -> bool:
    """Note a sign-in; False where password or second factor have changed since they were read.

    Locks: the account row, so that a password change under way ends the session that follows, or refuses it.
    """
    row = await connection.fetchval(
        UPDATE_AT_SIGN_IN, account.account_id, account.password_hash, account.has_second_factor, today, password_hash
    )
    return row is not None


def to_account(row: asyncpg.Record) -> Account:
    """A row with the columns of an account."""
    return msgspec.convert(row, Account)
