"""What the operator sends and gets about employers, contracts, links and keys."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from vitalapp.core.employer_auth import SCOPES, Scope

# `$` alone would let a line break through at the end.
_END = r"$(?!\n)"
_LINE = r"^[^\x00-\x1f\x7f]+" + _END

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_LINE)]
Reference = Annotated[str, Meta(min_length=1, max_length=100, pattern=_LINE, examples=["C-2026-017"])]
Email = Annotated[
    str, Meta(min_length=3, max_length=254, pattern=r"^[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+" + _END, examples=["ap@acme.example"])
]
MailDomain = Annotated[
    str,
    Meta(max_length=253, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}" + _END, examples=["acme.example"]),
]
Price = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,5})\.[0-9]{2}" + _END, examples=["95.00"])]
Instant = Annotated[datetime, Meta(tz=True)]
Headcount = Annotated[int, Meta(ge=1, le=1_000_000)]
NoticeHours = Annotated[int, Meta(ge=0, le=336)]


class Address(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where invoices are addressed to."""

    street: Annotated[str, Meta(min_length=1, max_length=200, pattern=_LINE, examples=["Dam 1"])]
    postcode: Annotated[str, Meta(min_length=1, max_length=20, pattern=_LINE, examples=["1012 JS"])]
    city: Annotated[str, Meta(min_length=1, max_length=200, pattern=_LINE, examples=["Amsterdam"])]
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}" + _END)] = "NL"


class EmployerInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new employer.

    Shape: `registration_scheme` is KVK for companies (8 digits) or OIN for government bodies (20 digits).
    """

    name: Name
    registration_scheme: Literal["KVK", "OIN"]
    registration_number: Annotated[str, Meta(pattern=r"^([0-9]{8}|[0-9]{20})" + _END, examples=["12345678"])]
    billing_email: Email
    address: Address


class EmployerRecord(msgspec.Struct, kw_only=True, frozen=True):
    """An employer as it stands in the ledger."""

    id: UUID
    name: str
    registration_scheme: str
    registration_number: str
    billing_email: str
    address: Address


class ContractInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new contract.

    Units: `session_price` in euros without VAT, one price for coach and psychologist; `headcount` employees;
    `cancellation_notice_hours` before the start of an appointment. `mail_domains` are the employer's own, which nobody
    may register with.
    """

    reference: Reference
    headcount: Headcount
    session_price: Price
    cancellation_notice_hours: NoticeHours = 24
    mail_domains: Annotated[tuple[MailDomain, ...], Meta(max_length=100)] = ()
    starts_on: date
    ends_on: date | None = None


class ContractEnd(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When a contract ends; its accounts are forgotten one year later (S0-09)."""

    ends_on: date


class ContractRecord(msgspec.Struct, kw_only=True, frozen=True):
    """A contract as it stands in the ledger."""

    id: UUID
    employer_id: UUID
    reference: str
    headcount: int
    session_price: str
    cancellation_notice_hours: int
    mail_domains: list[str]
    starts_on: date
    ends_on: date | None


class LinkInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new registration link; without `expires_at` it works for as long as the contract runs."""

    expires_at: Instant | None = None


class LinkSecret(msgspec.Struct, kw_only=True, frozen=True):
    """A registration link, shown once: we keep its hash only."""

    link_token: str
    url: str
    expires_at: datetime | None


class KeyInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new API key."""

    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=len(SCOPES))] = SCOPES
    expires_at: Instant | None = None


class KeyRecord(msgspec.Struct, kw_only=True, frozen=True):
    """An API key as it stands in the ledger; the key itself is not kept."""

    id: UUID
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class KeySecret(msgspec.Struct, kw_only=True, frozen=True):
    """An API key, shown once: we keep its hash only."""

    id: UUID
    key: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None


class TermsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The outbox payload that sends for a contract's terms."""

    contract_id: UUID
