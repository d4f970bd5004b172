"""What the purge works with and reports."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Ground = Literal["inactivity", "contract_end"]
Stage = Literal[30, 7, 1]


class PurgeReport(msgspec.Struct, kw_only=True):
    """What a run did, or would do.

    Shape: `held` and `restricted` accounts are due and stay; `skipped` ones were due and came back, or are another run's, just now;
    `failed` ones are dead and unreadable, and the worker finishes them.
    """

    notices_sent: int = 0
    purged: int = 0
    held: int = 0
    restricted: int = 0
    skipped: int = 0
    failed: int = 0


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is told something now, and what its mail needs."""

    account_id: UUID
    person_id: UUID
    email_sealed: bytes
    wrapped_data_key: bytes
    locale: str
    ground: Ground
    stage: Stage
    clock_started_on: date
    delete_on: date


class Bounced(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose notice came back: the operator's list. It is purged on its day all the same."""

    account_id: UUID
    delete_on: date
    bounced_at: datetime


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why an account is purged, or not, on a day."""

    last_used_on: date
    contract_ends_on: date | None
    clock_started_on: date
    ground: Ground
    anniversary_on: date
    first_noticed_on: date | None
    delete_on: date | None
    has_bounced: bool
    is_restricted: bool
    is_erasing: bool
    is_due: bool
