"""Statements on employers, contracts and keys, each above the function that runs it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from vitalapp.core.stores import Connection, Pool

INSERT_EMPLOYER = """
    INSERT INTO employers (
        employer_id, name, registration_scheme, registration_number, billing_email, street, postcode, city, country, created_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (registration_scheme, registration_number) DO NOTHING
    RETURNING employer_id
"""


async def insert_employer(
    ledger: Pool,
    *,
    employer_id: UUID,
    name: str,
    registration: tuple[str, str],
    billing_email: str,
    address: tuple[str, str, str, str],
    now: datetime,
) -> bool:
    """Whether the employer was new.

    Shape: `registration` is (scheme, number), `address` (street, postcode, city, country).
    """
    row = await ledger.fetchrow(INSERT_EMPLOYER, employer_id, name, *registration, billing_email, *address, now)
    return row is not None


LIST_EMPLOYERS = """
    SELECT employer_id, name, registration_scheme, registration_number, billing_email, street, postcode, city, country
    FROM employers
    WHERE $1::uuid IS NULL OR employer_id > $1
    ORDER BY employer_id
    LIMIT $2
"""


async def list_employers(ledger: Pool, *, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Employers by id."""
    return await ledger.fetch(LIST_EMPLOYERS, after, limit)


INSERT_CONTRACT = """
    INSERT INTO contracts (
        contract_id, employer_id, reference, headcount, mail_domains, session_price_cents, cancellation_notice_hours,
        starts_on, ends_on, created_at
    )
    SELECT $1, employer_id, $3, $4, $5, $6, $7, $8, $9, $10 FROM employers WHERE employer_id = $2
    RETURNING contract_id
"""


async def insert_contract(ledger: Connection, *values: Any) -> bool:
    """Whether the employer exists; `values` in the order of the columns.

    Raises: asyncpg.UniqueViolationError where the employer has a contract with this reference.
    """
    return await ledger.fetchrow(INSERT_CONTRACT, *values) is not None


LIST_CONTRACTS = """
    SELECT contract_id, employer_id, reference, headcount, mail_domains, session_price_cents, cancellation_notice_hours,
           starts_on, ends_on
    FROM contracts
    WHERE employer_id = $1 AND ($2::uuid IS NULL OR contract_id > $2)
    ORDER BY contract_id
    LIMIT $3
"""


async def list_contracts(ledger: Pool, *, employer_id: UUID, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """An employer's contracts by id."""
    return await ledger.fetch(LIST_CONTRACTS, employer_id, after, limit)


LOCK_CONTRACT = """
    SELECT contract_id, employer_id, reference, headcount, mail_domains, session_price_cents, cancellation_notice_hours,
           starts_on, ends_on
    FROM contracts WHERE contract_id = $1 AND employer_id = $2
    FOR NO KEY UPDATE
"""


async def lock_contract(ledger: Connection, *, contract_id: UUID, employer_id: UUID) -> asyncpg.Record | None:
    """A contract of this employer, held until the transaction ends."""
    return await ledger.fetchrow(LOCK_CONTRACT, contract_id, employer_id)


LOCK_TERMS = """
    SELECT contract_id, mail_domains, cancellation_notice_hours, starts_on, ends_on FROM contracts WHERE contract_id = $1
    FOR NO KEY UPDATE
"""


async def lock_terms(ledger: Connection, *, contract_id: UUID) -> asyncpg.Record | None:
    """The terms of a contract.

    Locks: the contract, so that of two carriers the later one writes what the later change says.
    """
    return await ledger.fetchrow(LOCK_TERMS, contract_id)


HAS_EMPLOYER = """
    SELECT EXISTS (SELECT FROM employers WHERE employer_id = $1)
"""


async def has_employer(ledger: Pool, *, employer_id: UUID) -> bool:
    """Whether there is such an employer."""
    return await ledger.fetchval(HAS_EMPLOYER, employer_id)


HAS_CONTRACT = """
    SELECT EXISTS (SELECT FROM contracts WHERE contract_id = $1 AND employer_id = $2)
"""


async def has_contract(ledger: Pool, *, contract_id: UUID, employer_id: UUID) -> bool:
    """Whether the contract is this employer's."""
    return await ledger.fetchval(HAS_CONTRACT, contract_id, employer_id)


UPDATE_CONTRACT_END = """
    UPDATE contracts SET ends_on = $2 WHERE contract_id = $1
"""


async def update_contract_end(ledger: Connection, *, contract_id: UUID, ends_on: date) -> None:
    """Set a contract's last day."""
    await ledger.execute(UPDATE_CONTRACT_END, contract_id, ends_on)


UPSERT_IDENTITY_CONTRACT = """
    INSERT INTO contracts (contract_id, mail_domains, cancellation_notice_hours, starts_on, ends_on)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (contract_id) DO UPDATE
    SET mail_domains = EXCLUDED.mail_domains, cancellation_notice_hours = EXCLUDED.cancellation_notice_hours,
        starts_on = EXCLUDED.starts_on, ends_on = EXCLUDED.ends_on
"""


async def upsert_identity_contract(
    identity: Pool,
    *,
    contract_id: UUID,
    mail_domains: list[str],
    cancellation_notice_hours: int,
    starts_on: date,
    ends_on: date | None,
) -> None:
    """Bring identity's read copy of a contract up to date."""
    await identity.execute(
        UPSERT_IDENTITY_CONTRACT, contract_id, mail_domains, cancellation_notice_hours, starts_on, ends_on
    )


INSERT_API_KEY = """
    INSERT INTO api_keys (key_id, employer_id, key_hash, scopes, created_at, expires_at)
    SELECT $1, employer_id, $3, $4, $5, $6 FROM employers WHERE employer_id = $2
    RETURNING key_id
"""


async def insert_api_key(
    ledger: Pool,
    *,
    key_id: UUID,
    employer_id: UUID,
    key_hash: bytes,
    scopes: list[str],
    now: datetime,
    expires_at: datetime | None,
) -> bool:
    """Whether the employer exists."""
    return await ledger.fetchrow(INSERT_API_KEY, key_id, employer_id, key_hash, scopes, now, expires_at) is not None


LIST_API_KEYS = """
    SELECT key_id AS id, scopes, created_at, expires_at, revoked_at FROM api_keys
    WHERE employer_id = $1 AND ($2::uuid IS NULL OR key_id > $2)
    ORDER BY key_id
    LIMIT $3
"""


async def list_api_keys(ledger: Pool, *, employer_id: UUID, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """An employer's keys by id, ended ones too."""
    return await ledger.fetch(LIST_API_KEYS, employer_id, after, limit)


REVOKE_API_KEY = """
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE key_id = $1 AND employer_id = $2
    RETURNING key_id
"""


async def revoke_api_key(ledger: Pool, *, key_id: UUID, employer_id: UUID, now: datetime) -> bool:
    """Whether the employer has this key; it answers to nothing from the next request."""
    return await ledger.fetchrow(REVOKE_API_KEY, key_id, employer_id, now) is not None
