"""Invoices and credit notes as they are issued: pure functions from a contract and its lines."""

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from vitalapp.domains.billing.money import VAT_RULES, vat_cents
from vitalapp.domains.billing.schemas import DocumentLine, InvoiceDocument, Party

PRODUCT = "vitality_session"
PAYMENT_DAYS = 30


class IssuedInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice or credit note with what the ledger keeps beside it."""

    invoice_id: UUID
    corrects: UUID | None
    employer_id: UUID
    contract_id: UUID
    document: InvoiceDocument
    retained_until: date


def new_reference() -> str:
    """A reference that stands on one line of one document and nowhere else."""
    return f"VR-{secrets.token_hex(8).upper()}"


def build_invoice(
    *,
    number: str,
    contract: Mapping[str, Any],
    seller: Party,
    period: str,
    issued_on: date,
    lines: list[DocumentLine],
) -> InvoiceDocument:
    """The invoice of one contract for one period.

    Shape: `contract` is a row of contract and employer together.
    """
    rule = VAT_RULES[PRODUCT]
    net = sum(line.amount_cents for line in lines)
    vat = vat_cents(net, rule)
    return InvoiceDocument(
        number=number,
        kind="invoice",
        corrects_number=None,
        period=period,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=PAYMENT_DAYS),
        contract_reference=contract["reference"],
        seller=seller,
        buyer=Party(
            name=contract["name"],
            registration_scheme=contract["registration_scheme"],
            registration_number=contract["registration_number"],
            email=contract["billing_email"],
            street=contract["street"],
            postcode=contract["postcode"],
            city=contract["city"],
            country=contract["country"],
        ),
        product=PRODUCT,
        vat=rule,
        lines=lines,
        net_cents=net,
        vat_cents=vat,
        gross_cents=net + vat,
    )


def build_credit(corrected: InvoiceDocument, *, number: str, issued_on: date, sessions: int | None) -> InvoiceDocument:
    """The credit note that gives back a whole invoice, or some of its sessions at its price."""
    price = corrected.lines[0].unit_price_cents
    count = sum(line.sessions for line in corrected.lines) if sessions is None else sessions
    net = count * price
    vat = vat_cents(net, corrected.vat)
    return msgspec.structs.replace(
        corrected,
        number=number,
        kind="credit_note",
        corrects_number=corrected.number,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=PAYMENT_DAYS),
        lines=[DocumentLine(reference=None, sessions=count, unit_price_cents=price, amount_cents=net)],
        net_cents=net,
        vat_cents=vat,
        gross_cents=net + vat,
    )
