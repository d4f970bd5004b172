"""What the rights of a person look like in requests, answers and rows."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Ground = Literal["withdrawal", "inactivity", "contract_end"]


class AccountDeletion(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The proof that the person is there; no reason is asked."""

    password: Annotated[str, msgspec.Meta(max_length=1024, examples=["four unrelated words, kettle"])]
    second_factor: Annotated[str, msgspec.Meta(max_length=64, description="Where one is set.")] | None = None


class ErasedCategory(msgspec.Struct, kw_only=True, frozen=True):
    """How many records of one category are gone."""

    category: str
    count: int


class RetainedCategory(msgspec.Struct, kw_only=True, frozen=True):
    """What is still held, why, and the day on which it goes."""

    category: str
    ground: str
    until: date


class VaultOutcome(msgspec.Struct, kw_only=True, frozen=True):
    """What an erasure did in the vault, noted there until the certificate has it."""

    erased: dict[str, int] = {}
    retained: list[RetainedCategory] = []


class ErasureSummary(msgspec.Struct, kw_only=True, frozen=True):
    """What an erasure did; this is what the certificate's signature covers."""

    erasure_id: UUID
    withdrawn_at: datetime
    erased: list[ErasedCategory]
    retained: list[RetainedCategory]
    backups_unreadable_on: date


class ErasureCertificate(ErasureSummary, kw_only=True, frozen=True):
    """A finished erasure; `certificate` is the summary as a signed document (JWS)."""

    certificate: str


class ErasurePending(msgspec.Struct, kw_only=True, frozen=True):
    """An erasure that goes on by itself: the account is dead, and `secret` fetches the certificate when it is done."""

    erasure_id: UUID
    secret: str


class HeldCategory(msgspec.Struct, kw_only=True, frozen=True):
    """What is held of one kind: what for, on which ground, for how long, who gets it, and how much there is."""

    key: str
    purpose: str
    legal_basis: str
    retention: str
    recipients: list[str]
    count: int
    oldest: datetime | None
    newest: datetime | None


class HeldData(msgspec.Struct, kw_only=True, frozen=True):
    """Everything that is held on a person, by category."""

    categories: list[HeldCategory]


class Actor(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Who looked: `self`, `system`, or the role of a member of staff, who is named."""

    role: str
    name: str | None = None


class AccessedObject(msgspec.Struct, kw_only=True, frozen=True):
    """What was looked at; `id` is null where it was a whole list."""

    kind: str
    id: UUID | None


class AccessLogItem(msgspec.Struct, kw_only=True, frozen=True):
    """One access to a person's data; never what was in it.

    Rule: NEN 7513:2018, S4-02, S4-14.
    """

    at: datetime
    actor: Actor
    action: str
    object: AccessedObject
    purpose: str
    authorisation: str
    is_emergency: bool
    outcome: Literal["granted", "refused"]


class Restriction(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whether the person's data is stored only."""

    is_restricted: bool


class ErasureClaim(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The secret that the answer to the deletion gave."""

    secret: Annotated[str, msgspec.Meta(max_length=256)]


class ErasureRunning(msgspec.Struct, kw_only=True, frozen=True):
    """An erasure that is not finished; ask again later."""

    erasure_id: UUID
    status: Literal["running"] = "running"
