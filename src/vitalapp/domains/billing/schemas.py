"""What an employer is shown of confirmations and invoices: these fields and no others."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from vitalapp.domains.billing.money import VatRule

ConfirmationKind = Literal["intake", "billing"]


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A seller or buyer as an invoice names it.

    Shape: `registration_scheme` KVK or OIN; `vat_id` and `iban` for the seller.
    """

    name: str
    registration_scheme: Literal["KVK", "OIN"]
    registration_number: str
    email: str
    street: str
    postcode: str
    city: str
    country: str
    vat_id: str | None = None
    iban: str | None = None


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of one trajectory, or of all together where `reference` is None.

    Units: cents.
    """

    reference: str | None
    sessions: int
    unit_price_cents: int
    amount_cents: int


class InvoiceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice or credit note as it was issued, from which PDF and UBL are made.

    Units: cents; a credit note's amounts are positive, its kind says that they are given back.
    """

    number: str
    kind: Literal["invoice", "credit_note"]
    corrects_number: str | None
    period: str
    issued_on: date
    due_on: date
    contract_reference: str
    seller: Party
    buyer: Party
    product: str
    vat: VatRule
    lines: list[DocumentLine]
    net_cents: int
    vat_cents: int
    gross_cents: int


class IntakeConfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody under the contract has completed an intake.

    Shape: `confirmed_on` is the Monday of the release; `reference` stands nowhere else.
    Rule: S1-36.
    """

    id: UUID
    kind: Literal["intake"] = "intake"
    reference: str
    confirmed_on: date
    contract: UUID


class BillingLine(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions billed.

    Shape: one line a trajectory with a fresh `reference`, or one line of totals with none.
    Units: euros without VAT.
    """

    reference: str | None
    sessions: int
    unit_price: str
    amount: str


class BillingConfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """What a period's sessions come to.

    Units: euros without VAT.
    Rule: S1-29, S1-36.
    """

    id: UUID
    kind: Literal["billing"] = "billing"
    period: str
    contract: UUID
    lines: list[BillingLine]
    total: str
    currency: Literal["EUR"] = "EUR"
    invoice_id: UUID


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice or credit note.

    Units: euros; `net` without and `gross` with VAT.
    """

    id: UUID
    number: str
    kind: Literal["invoice", "credit_note"]
    corrects: UUID | None
    contract: UUID
    period: str
    issued_on: date
    due_on: date
    currency: Literal["EUR"] = "EUR"
    net: str
    vat: str
    gross: str
