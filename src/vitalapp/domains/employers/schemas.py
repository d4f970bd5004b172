"""What the operator sends and gets about employers, contracts, links and keys."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from vitalapp.core.employer_auth import SCOPES, Scope

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Reference = Annotated[str, Meta(min_length=1, max_length=100)]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
MailDomain = Annotated[str, Meta(max_length=253, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}$")]
Price = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,5})\.[0-9]{2}$", examples=["95.00"])]
Headcount = Annotated[int, Meta(ge=1, le=1_000_000)]
NoticeHours = Annotated[int, Meta(ge=0, le=336)]


class Address(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where invoices are addressed to."""

    street: Name
    postcode: Annotated[str, Meta(min_length=1, max_length=20)]
    city: Name
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] = "NL"


class EmployerInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new employer.

    Shape: `registration_scheme` is KVK for companies (8 digits) or OIN for government bodies (20 digits).
    """

    name: Name
    registration_scheme: Literal["KVK", "OIN"]
    registration_number: Annotated[str, Meta(pattern=r"^([0-9]{8}|[0-9]{20})$")]
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

    expires_at: datetime | None = None


class LinkSecret(msgspec.Struct, kw_only=True, frozen=True):
    """A registration link, shown once: we keep its hash only."""

    link_token: str
    url: str
    expires_at: datetime | None


class KeyInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new API key."""

    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1)] = SCOPES
    expires_at: datetime | None = None


class KeySecret(msgspec.Struct, kw_only=True, frozen=True):
    """An API key, shown once: we keep its hash only."""

    id: UUID
    key: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None


class ContractTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The read copy of a contract that the other stores get."""

    contract_id: UUID
    mail_domains: list[str]
    cancellation_notice_hours: int
    starts_on: date
    ends_on: date | None


class TermsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The outbox payload that sends for a contract's terms."""

    contract_id: UUID
