"""Statements of the runs that confirm, bill and credit, each above the function that runs it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.billing.documents import IssuedInvoice

RELEASE_INTAKES = """
    WITH waiting AS (
        DELETE FROM unbilled_lines WHERE kind = 'intake' RETURNING contract_id, trajectory_reference
    ), fresh AS (
        INSERT INTO confirmed_intakes (trajectory_reference, confirmed_on)
        SELECT DISTINCT trajectory_reference, $1::date FROM waiting
        ON CONFLICT (trajectory_reference) DO NOTHING
        RETURNING trajectory_reference
    )
    INSERT INTO confirmations (confirmation_id, kind, employer_id, contract_id, confirmed_on, reference, retained_until)
    SELECT gen_random_uuid(), 'intake', employer_id, contract_id, $1,
           'VI-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 16)), $2
    FROM (SELECT DISTINCT contract_id, trajectory_reference FROM waiting) AS once
    JOIN fresh USING (trajectory_reference)
    JOIN contracts USING (contract_id)
    WHERE headcount >= $3
    ORDER BY random()
    RETURNING confirmation_id, employer_id, contract_id, confirmed_on, reference
"""


async def release_intakes(
    ledger: Connection, *, confirmed_on: date, retained_until: date, least_headcount: int
) -> list[asyncpg.Record]:
    """Turn every waiting intake into a confirmation with a reference of its own; small contracts' are only used up.

    Locks: the waiting lines; a second release finds none.
    """
    return await ledger.fetch(RELEASE_INTAKES, confirmed_on, retained_until, least_headcount)


LIST_BILLABLE_CONTRACTS = """
    SELECT contract_id, created_at FROM contracts
    WHERE EXISTS (
        SELECT FROM unbilled_lines AS line
        WHERE line.kind = 'session' AND line.contract_id = contracts.contract_id AND line.period <= $1
    )
      AND ($2::timestamptz IS NULL OR (created_at, contract_id) > ($2, $3))
    ORDER BY created_at, contract_id
    LIMIT $4
"""


async def list_billable_contracts(
    ledger: Pool, *, period: str, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Contracts with sessions up to a period that stand on no invoice, oldest contract first."""
    return await ledger.fetch(LIST_BILLABLE_CONTRACTS, period, *(after or (None, None)), limit)


COUNT_BILLABLE_CONTRACTS = """
    SELECT count(DISTINCT contract_id) FROM unbilled_lines WHERE kind = 'session' AND period <= $1
"""


async def count_billable_contracts(ledger: Pool, *, period: str) -> int:
    """How many contracts `list_billable_contracts` will yield."""
    return await ledger.fetchval(COUNT_BILLABLE_CONTRACTS, period)


LOCK_CONTRACTS = """
    -- In one order, so that two runs wait for each other instead of deadlocking; lines may come in meanwhile.
    SELECT contract_id, employer_id, reference, headcount, session_price_cents, name, registration_scheme,
           registration_number, billing_email, street, postcode, city, country
    FROM contracts JOIN employers USING (employer_id)
    WHERE contract_id = ANY($1::uuid[])
    ORDER BY contracts.created_at, contract_id
    FOR NO KEY UPDATE OF contracts
"""


async def lock_contracts(ledger: Connection, *, contract_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Contracts and their employers.

    Locks: the contracts, so that two runs bill them one after the other.
    """
    return await ledger.fetch(LOCK_CONTRACTS, contract_ids)


TAKE_SESSIONS = """
    WITH taken AS (
        DELETE FROM unbilled_lines AS line
        WHERE kind = 'session' AND contract_id = ANY($1::uuid[]) AND period <= $2
          AND NOT EXISTS (
              SELECT FROM invoices
              WHERE invoices.contract_id = line.contract_id AND invoices.period = $2 AND invoices.kind = 'invoice'
          )
        RETURNING contract_id, trajectory_reference
    ), counted AS (
        SELECT contract_id, count(*)::integer AS sessions FROM taken GROUP BY contract_id, trajectory_reference
    )
    SELECT contract_id, array_agg(sessions ORDER BY sessions DESC) AS sessions FROM counted GROUP BY contract_id
"""


async def take_sessions(ledger: Connection, *, contract_ids: Sequence[UUID], period: str) -> dict[UUID, list[int]]:
    """The sessions of each trajectory up to a period, most first, by contract; they stand nowhere else from now on.

    A contract that has its invoice for the period is left out. The contracts must be locked: this statement then sees what a run
    before it has committed.
    """
    rows = await ledger.fetch(TAKE_SESSIONS, contract_ids, period)
    return {row["contract_id"]: row["sessions"] for row in rows}


TAKE_INVOICE_NUMBERS = """
    INSERT INTO invoice_numbers (book_year, last_number) VALUES ($1, $2)
    ON CONFLICT (book_year) DO UPDATE SET last_number = invoice_numbers.last_number + $2
    RETURNING last_number
"""


async def take_invoice_numbers(ledger: Connection, *, book_year: int, count: int) -> range:
    """The next numbers of a year, without gaps: a rolled-back run gives its numbers back.

    Locks: the year's row until the transaction ends.
    """
    last = await ledger.fetchval(TAKE_INVOICE_NUMBERS, book_year, count)
    return range(last - count + 1, last + 1)


INSERT_INVOICES = """
    INSERT INTO invoices (
        invoice_id, number, kind, corrects_invoice_id, employer_id, contract_id, period, issued_on, due_on, document,
        retained_until
    )
    SELECT invoice_id, document ->> 'number', document ->> 'kind', corrects, employer_id, contract_id,
           document ->> 'period', (document ->> 'issued_on')::date, (document ->> 'due_on')::date, document, retained_until
    FROM jsonb_to_recordset($1::jsonb) AS issued (
        invoice_id uuid, corrects uuid, employer_id uuid, contract_id uuid, document jsonb, retained_until date
    )
"""
INSERT_INVOICE_MAILS = """
    INSERT INTO invoice_mails (invoice_id, created_at) SELECT invoice_id, $2 FROM unnest($1::uuid[]) AS invoice_id
"""


async def insert_invoices(ledger: Connection, *, invoices: Sequence[IssuedInvoice], now: datetime) -> None:
    """Enter issued invoices for good, each with a note that it has still to be mailed."""
    await ledger.execute(INSERT_INVOICES, msgspec.json.encode(invoices).decode())
    await ledger.execute(INSERT_INVOICE_MAILS, [invoice.invoice_id for invoice in invoices], now)


INSERT_BILLING_CONFIRMATIONS = """
    INSERT INTO confirmations (confirmation_id, kind, employer_id, contract_id, confirmed_on, invoice_id, retained_until)
    SELECT confirmation_id, 'billing', employer_id, contract_id, $3, invoice_id, retained_until
    FROM unnest($1::uuid[], $2::uuid[]) AS billed (confirmation_id, invoice_id) JOIN invoices USING (invoice_id)
"""


async def insert_billing_confirmations(
    ledger: Connection, *, confirmation_ids: Sequence[UUID], invoice_ids: Sequence[UUID], confirmed_on: date
) -> None:
    """Confirm what invoices bill, one confirmation each."""
    await ledger.execute(INSERT_BILLING_CONFIRMATIONS, confirmation_ids, invoice_ids, confirmed_on)


LOCK_INVOICE_BY_NUMBER = """
    SELECT invoice_id, employer_id, contract_id, document FROM invoices JOIN contracts USING (contract_id, employer_id)
    WHERE number = $1 AND kind = 'invoice'
    FOR NO KEY UPDATE OF contracts
"""
IS_CREDITED = """
    -- After the lock, so that it sees the credit note of whoever held it before.
    SELECT EXISTS (SELECT FROM invoices WHERE corrects_invoice_id = $1)
"""


async def lock_invoice_by_number(ledger: Connection, *, number: str) -> asyncpg.Record | None:
    """An invoice to be credited.

    Locks: its contract, so that two credits come one after the other.
    """
    return await ledger.fetchrow(LOCK_INVOICE_BY_NUMBER, number)


async def is_credited(ledger: Connection, *, invoice_id: UUID) -> bool:
    """Whether a locked invoice has its credit note."""
    return await ledger.fetchval(IS_CREDITED, invoice_id)
