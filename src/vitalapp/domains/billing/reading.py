"""What an employer reads of its own administration."""

import asyncio
from datetime import date
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.domains.billing import queries
from vitalapp.domains.billing.pdf import render_pdf
from vitalapp.domains.billing.presentation import show_confirmation, show_invoice_row
from vitalapp.domains.billing.schemas import BillingConfirmation, IntakeConfirmation, Invoice
from vitalapp.domains.billing.ubl import render_ubl

Form = Literal["ubl", "pdf"]
_RENDER = {"ubl": (render_ubl, "xml"), "pdf": (render_pdf, "pdf")}


class RenderedInvoice(msgspec.Struct, frozen=True):
    """An invoice as a file."""

    content: bytes
    file_name: str


async def list_confirmations(
    resources: Resources, employer_id: UUID, *, kind: str | None, before: tuple[date, str, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Up to `limit + 1` confirmations."""
    return await queries.list_confirmations(
        resources.ledger, employer_id=employer_id, kind=kind, before=before, limit=limit + 1
    )


async def get_confirmation(
    resources: Resources, employer_id: UUID, confirmation_id: UUID
) -> IntakeConfirmation | BillingConfirmation:
    """One confirmation.

    Raises: NotFound (404).
    """
    row = await queries.find_confirmation(resources.ledger, employer_id=employer_id, confirmation_id=confirmation_id)
    if row is None:
        raise NotFound
    return show_confirmation(row)


async def list_invoices(
    resources: Resources, employer_id: UUID, *, before: tuple[date, str] | None, limit: int
) -> list[asyncpg.Record]:
    """Up to `limit + 1` invoices and credit notes."""
    return await queries.list_invoices(resources.ledger, employer_id=employer_id, before=before, limit=limit + 1)


async def get_invoice(resources: Resources, employer_id: UUID, invoice_id: UUID) -> Invoice:
    """One invoice or credit note.

    Raises: NotFound (404).
    """
    return show_invoice_row(await _find(resources, employer_id, invoice_id))


async def render_invoice(resources: Resources, employer_id: UUID, invoice_id: UUID, *, form: Form) -> RenderedInvoice:
    """One invoice as a file, made from the document as it was issued.

    Raises: NotFound (404).
    """
    row = await _find(resources, employer_id, invoice_id)
    document = queries.decode_document(row)
    render, ending = _RENDER[form]
    return RenderedInvoice(await asyncio.to_thread(render, document), f"{document.number}.{ending}")


async def _find(resources: Resources, employer_id: UUID, invoice_id: UUID) -> asyncpg.Record:
    row = await queries.find_invoice(resources.ledger, employer_id=employer_id, invoice_id=invoice_id)
    if row is None:
        raise NotFound
    return row
