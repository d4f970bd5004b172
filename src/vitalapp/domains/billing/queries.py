"""Statements on lines, confirmations and invoices, each above the function that runs it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.billing.schemas import InvoiceDocument

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
    SELECT DISTINCT contract_id FROM unbilled_lines
    WHERE kind = 'session' AND period <= $1 AND ($2::uuid IS NULL OR contract_id > $2)
    ORDER BY contract_id
    LIMIT $3
"""


async def list_billable_contracts(ledger: Pool, *, period: str, after: UUID | None, limit: int) -> list[UUID]:
    """Contracts with sessions up to a period that stand on no invoice."""
    return [row["contract_id"] for row in await ledger.fetch(LIST_BILLABLE_CONTRACTS, period, after, limit)]


COUNT_BILLABLE_CONTRACTS = """
    SELECT count(DISTINCT contract_id) FROM unbilled_lines WHERE kind = 'session' AND period <= $1
"""


async def count_billable_contracts(ledger: Pool, *, period: str) -> int:
    """How many contracts `list_billable_contracts` will yield."""
    return await ledger.fetchval(COUNT_BILLABLE_CONTRACTS, period)


LOCK_BILLED_CONTRACT = """
    SELECT contract_id, employer_id, reference, headcount, session_price_cents, name, registration_scheme,
           registration_number, billing_email, street, postcode, city, country
    FROM contracts JOIN employers USING (employer_id)
    WHERE contract_id = $1
      AND NOT EXISTS (SELECT FROM invoices WHERE contract_id = $1 AND period = $2 AND kind = 'invoice')
    FOR UPDATE OF contracts
"""


async def lock_billed_contract(ledger: Connection, *, contract_id: UUID, period: str) -> asyncpg.Record | None:
    """A contract that has no invoice for the period yet.

    Locks: the contract, so that two runs bill it one after the other.
    """
    return await ledger.fetchrow(LOCK_BILLED_CONTRACT, contract_id, period)


TAKE_SESSIONS = """
    WITH taken AS (
        DELETE FROM unbilled_lines WHERE kind = 'session' AND contract_id = $1 AND period <= $2
        RETURNING trajectory_reference
    )
    SELECT count(*)::integer AS sessions FROM taken GROUP BY trajectory_reference ORDER BY random()
"""


async def take_sessions(ledger: Connection, *, contract_id: UUID, period: str) -> list[int]:
    """The sessions of each trajectory up to a period, in random order; they stand nowhere else from now on."""
    return [row["sessions"] for row in await ledger.fetch(TAKE_SESSIONS, contract_id, period)]


NEXT_INVOICE_NUMBER = """
    INSERT INTO invoice_numbers (book_year, last_number) VALUES ($1, 1)
    ON CONFLICT (book_year) DO UPDATE SET last_number = invoice_numbers.last_number + 1
    RETURNING last_number
"""


async def next_invoice_number(ledger: Connection, *, book_year: int) -> int:
    """The next number of a year, without gaps: a rolled-back invoice gives its number back.

    Locks: the year's row until the transaction ends.
    """
    return await ledger.fetchval(NEXT_INVOICE_NUMBER, book_year)


INSERT_INVOICE = """
    INSERT INTO invoices (
        invoice_id, number, kind, corrects_invoice_id, employer_id, contract_id, period, issued_on, due_on, document,
        retained_until
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def insert_invoice(ledger: Connection, *values: Any) -> None:
    """Enter an issued invoice for good; `values` in the order of the columns."""
    await ledger.execute(INSERT_INVOICE, *values)


INSERT_BILLING_CONFIRMATION = """
    INSERT INTO confirmations (confirmation_id, kind, employer_id, contract_id, confirmed_on, invoice_id, retained_until)
    VALUES ($1, 'billing', $2, $3, $4, $5, $6)
"""


async def insert_billing_confirmation(ledger: Connection, *values: Any) -> None:
    """Confirm what an invoice bills; `values` in the order of the columns, without `kind`."""
    await ledger.execute(INSERT_BILLING_CONFIRMATION, *values)


CONFIRMATION_COLUMNS = """
    SELECT confirmation_id, c.kind, c.contract_id, confirmed_on, c.reference, c.invoice_id, document
    FROM confirmations c LEFT JOIN invoices USING (invoice_id)
"""
LIST_CONFIRMATIONS = (
    CONFIRMATION_COLUMNS
    + """
    WHERE c.employer_id = $1 AND ($2::text IS NULL OR c.kind = $2)
      AND ($3::date IS NULL OR (confirmed_on, confirmation_id) < ($3, $4))
    ORDER BY confirmed_on DESC, confirmation_id DESC
    LIMIT $5
"""
)


async def list_confirmations(
    ledger: Pool, *, employer_id: UUID, kind: str | None, before: tuple[date, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """An employer's confirmations, newest release first, in random order within one."""
    return await ledger.fetch(LIST_CONFIRMATIONS, employer_id, kind, *(before or (None, None)), limit)


FIND_CONFIRMATION = CONFIRMATION_COLUMNS + "    WHERE c.employer_id = $1 AND confirmation_id = $2\n"


async def find_confirmation(ledger: Pool, *, employer_id: UUID, confirmation_id: UUID) -> asyncpg.Record | None:
    """One confirmation of this employer."""
    return await ledger.fetchrow(FIND_CONFIRMATION, employer_id, confirmation_id)


LIST_INVOICES = """
    SELECT invoice_id, corrects_invoice_id, contract_id, issued_on, document FROM invoices
    WHERE employer_id = $1 AND ($2::date IS NULL OR (issued_on, invoice_id) < ($2, $3))
    ORDER BY issued_on DESC, invoice_id DESC
    LIMIT $4
"""


async def list_invoices(
    ledger: Pool, *, employer_id: UUID, before: tuple[date, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """An employer's invoices and credit notes, newest first."""
    return await ledger.fetch(LIST_INVOICES, employer_id, *(before or (None, None)), limit)


FIND_INVOICE = """
    SELECT invoice_id, corrects_invoice_id, contract_id, issued_on, document FROM invoices
    WHERE employer_id = $1 AND invoice_id = $2
"""


async def find_invoice(ledger: Pool, *, employer_id: UUID, invoice_id: UUID) -> asyncpg.Record | None:
    """One invoice of this employer."""
    return await ledger.fetchrow(FIND_INVOICE, employer_id, invoice_id)


LOCK_INVOICE_BY_NUMBER = """
    SELECT invoice_id, employer_id, contract_id, period, document,
           EXISTS (SELECT FROM invoices AS credit WHERE credit.corrects_invoice_id = invoices.invoice_id) AS is_credited
    FROM invoices JOIN contracts USING (contract_id, employer_id)
    WHERE number = $1 AND kind = 'invoice'
    FOR UPDATE OF contracts
"""


async def lock_invoice_by_number(ledger: Connection, *, number: str) -> asyncpg.Record | None:
    """An invoice to be credited.

    Locks: its contract, so that two credits come one after the other.
    """
    return await ledger.fetchrow(LOCK_INVOICE_BY_NUMBER, number)


INSERT_INVOICE_MAIL = """
    INSERT INTO invoice_mails (invoice_id, created_at) VALUES ($1, $2)
"""


async def insert_invoice_mail(ledger: Connection, *, invoice_id: UUID, now: datetime) -> None:
    """Note that an invoice has still to be mailed."""
    await ledger.execute(INSERT_INVOICE_MAIL, invoice_id, now)


LOCK_INVOICE_MAIL = """
    SELECT document, created_at FROM invoice_mails JOIN invoices USING (invoice_id)
    WHERE invoice_id = $1
    FOR UPDATE OF invoice_mails
"""


async def lock_invoice_mail(ledger: Connection, *, invoice_id: UUID) -> asyncpg.Record | None:
    """An invoice that has still to be mailed, held while it is sent."""
    return await ledger.fetchrow(LOCK_INVOICE_MAIL, invoice_id)


LIST_WAITING_INVOICE_MAILS = """
    SELECT invoice_id FROM invoice_mails
    WHERE created_at < $1
      AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE args ->> 'invoice_id' = invoice_mails.invoice_id::text)
"""


async def list_waiting_invoice_mails(ledger: Pool, *, before: datetime) -> list[UUID]:
    """Invoices that were never mailed and have no job."""
    return [row["invoice_id"] for row in await ledger.fetch(LIST_WAITING_INVOICE_MAILS, before)]


DELETE_INVOICE_MAIL = """
    DELETE FROM invoice_mails WHERE invoice_id = $1
"""


async def delete_invoice_mail(ledger: Connection, *, invoice_id: UUID) -> None:
    """Note that an invoice was mailed."""
    await ledger.execute(DELETE_INVOICE_MAIL, invoice_id)


def decode_document(row: asyncpg.Record) -> InvoiceDocument:
    """The document of a row, as it was issued."""
    return msgspec.json.decode(row["document"], type=InvoiceDocument)
