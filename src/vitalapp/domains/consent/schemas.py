"""What consent looks like in requests, answers and rows."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from vitalapp.core.texts import Locale

Event = Literal["granted", "withdrawn"]
Method = Literal["app", "deletion", "inactivity", "contract_end"]
PurposeKey = Annotated[str, msgspec.Meta(max_length=64, description="The key of a purpose.", examples=["wellbeing_service"])]
Sha256 = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9a-f]{64}$",
        description="The `sha256` of the statement in the language in which it was shown.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]


class PurposeView(msgspec.Struct, kw_only=True, frozen=True):
    """One purpose as the statement puts it; optional ones start as not granted."""

    key: str
    is_required: bool
    title: str
    description: str
    legal_basis: str


class StatementView(msgspec.Struct, kw_only=True, frozen=True):
    """A consent statement in one language; `id` is the version's, `sha256` the text's in this language."""

    id: UUID
    version: str
    locale: Locale
    title: str
    body: str
    sha256: str
    effective_on: date
    purposes: list[PurposeView]


class ConsentGiven(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A person's answer to a statement: every purpose that they chose, and no other."""

    statement_id: UUID
    sha256: Sha256
    granted: Annotated[list[PurposeKey], msgspec.Meta(max_length=32)]


class PurposeChoice(msgspec.Struct, kw_only=True, frozen=True):
    """One purpose as it stands; `since` is when it last changed, null where it was never granted."""

    key: str
    is_granted: bool
    since: datetime | None


class ReceiptView(msgspec.Struct, kw_only=True, frozen=True):
    """What a person keeps: `receipt` is a signed document (JWS) with the fields of ISO/IEC TS 27560."""

    receipt_id: UUID
    granted_at: datetime
    statement_id: UUID
    purposes: list[PurposeChoice]
    receipt: str


class PurposeSwitch(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One purpose on or off."""

    is_granted: bool


class HistoryLine(msgspec.Struct, kw_only=True, frozen=True):
    """One thing that was granted or withdrawn."""

    at: datetime
    purpose: str
    event: Event
    statement_id: UUID


class ConsentView(msgspec.Struct, kw_only=True, frozen=True):
    """Where a person's consent stands; `statement_id` is the statement that they last agreed to, null before the first time."""

    statement_id: UUID | None
    purposes: list[PurposeChoice]
    history: list[HistoryLine]


class ConsentEvent(msgspec.Struct, kw_only=True, frozen=True):
    """One row of the register."""

    consent_event_id: UUID
    receipt_id: UUID
    consent_subject_id: UUID
    schema_version: str
    statement_id: UUID
    statement_sha256: bytes
    locale: Locale
    purpose: str
    event: Event
    method: Method
    at: datetime
