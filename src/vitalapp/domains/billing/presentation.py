"""How rows and documents are shown to an employer."""

from datetime import date
from uuid import UUID

import asyncpg

from vitalapp.domains.billing.money import amount
from vitalapp.domains.billing.queries import decode_document
from vitalapp.domains.billing.schemas import (
    BillingConfirmation,
    BillingLine,
    IntakeConfirmation,
    Invoice,
    InvoiceDocument,
)


def show_intake(row: asyncpg.Record) -> IntakeConfirmation:
    """An intake confirmation."""
    return IntakeConfirmation(
        id=row["confirmation_id"],
        reference=row["reference"],
        confirmed_on=row["confirmed_on"],
        contract=row["contract_id"],
    )


def show_billing(
    confirmation_id: UUID, contract_id: UUID, invoice_id: UUID, document: InvoiceDocument
) -> BillingConfirmation:
    """A billing confirmation, from the invoice that bills the same."""
    return BillingConfirmation(
        id=confirmation_id,
        period=document.period,
        contract=contract_id,
        lines=[
            BillingLine(
                reference=line.reference,
                sessions=line.sessions,
                unit_price=amount(line.unit_price_cents),
                amount=amount(line.amount_cents),
            )
            for line in document.lines
        ],
        total=amount(document.net_cents),
        invoice_id=invoice_id,
    )


def show_confirmation(row: asyncpg.Record) -> IntakeConfirmation | BillingConfirmation:
    """A confirmation of either kind, from a row with its invoice's document."""
    if row["kind"] == "intake":
        return show_intake(row)
    return show_billing(row["confirmation_id"], row["contract_id"], row["invoice_id"], decode_document(row))


def show_invoice(invoice_id: UUID, corrects: UUID | None, contract_id: UUID, document: InvoiceDocument) -> Invoice:
    """An invoice or credit note."""
    return Invoice(
        id=invoice_id,
        number=document.number,
        kind=document.kind,
        corrects=corrects,
        contract=contract_id,
        period=document.period,
        issued_on=document.issued_on,
        due_on=document.due_on,
        net=amount(document.net_cents),
        vat=amount(document.vat_cents),
        gross=amount(document.gross_cents),
    )


def show_invoice_row(row: asyncpg.Record) -> Invoice:
    """An invoice or credit note, from its row."""
    return show_invoice(row["invoice_id"], row["corrects_invoice_id"], row["contract_id"], decode_document(row))


def confirmation_key(row: asyncpg.Record) -> tuple[date, str, UUID]:
    """Where a confirmation stands in the list."""
    return row["confirmed_on"], row["kind"], row["confirmation_id"]


def invoice_key(row: asyncpg.Record) -> tuple[date, str]:
    """Where an invoice stands in the list."""
    return row["issued_on"], row["number"]
