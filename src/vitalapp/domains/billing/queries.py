"""Statements on confirmations, invoices and their mails, each above the function that runs it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.billing.schemas import InvoiceDocument

CONFIRMATION_COLUMNS = """
    SELECT confirmation_id, c.kind, c.contract_id, confirmed_on, c.reference, c.invoice_id, document
    FROM confirmations c LEFT JOIN invoices USING (invoice_id)
"""
LIST_CONFIRMATIONS = (
    CONFIRMATION_COLUMNS
    + """
    WHERE c.employer_id = $1 AND ($2::text IS NULL OR c.kind = $2)
      AND ($3::date IS NULL OR (confirmed_on, c.kind, confirmation_id) < ($3, $4, $5))
    ORDER BY confirmed_on DESC, c.kind DESC, confirmation_id DESC
    LIMIT $6
"""
)


async def list_confirmations(
    ledger: Pool, *, employer_id: UUID, kind: str | None, before: tuple[date, str, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """An employer's confirmations, newest release first; within one by kind, and then in random order."""
    return await ledger.fetch(LIST_CONFIRMATIONS, employer_id, kind, *(before or (None, None, None)), limit)


FIND_CONFIRMATION = CONFIRMATION_COLUMNS + "    WHERE c.employer_id = $1 AND confirmation_id = $2\n"


async def find_confirmation(ledger: Pool, *, employer_id: UUID, confirmation_id: UUID) -> asyncpg.Record | None:
    """One confirmation of this employer."""
    return await ledger.fetchrow(FIND_CONFIRMATION, employer_id, confirmation_id)


LIST_INVOICES = """
    SELECT invoice_id, number, corrects_invoice_id, contract_id, issued_on, document FROM invoices
    WHERE employer_id = $1 AND ($2::date IS NULL OR (issued_on, number) < ($2, $3))
    ORDER BY issued_on DESC, number DESC
    LIMIT $4
"""


async def list_invoices(
    ledger: Pool, *, employer_id: UUID, before: tuple[date, str] | None, limit: int
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
