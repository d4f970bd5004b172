"""What the diary's operations take and give."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

Mood = Annotated[int, msgspec.Meta(ge=1, le=5, description="From 1 (very bad) to 5 (very good).", examples=[4])]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=50, examples=["sleep"])]
Tags = Annotated[list[Tag], msgspec.Meta(max_length=20)]
EntryText = Annotated[str, msgspec.Meta(max_length=20_000, examples=["Slept well, walked to work."])]
WrittenAt = Annotated[
    datetime,
    msgspec.Meta(tz=True, description="When it was written, by the device.", examples=["2026-11-22T21:30:00+01:00"]),
]
ZoneName = Annotated[
    str, msgspec.Meta(max_length=64, description="IANA name of the zone it was written in.", examples=["Europe/Amsterdam"])
]


class EntryContent(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What of an entry is sealed, as one value."""

    time_zone: str
    mood: int | None
    tags: list[str]
    text: str


class DiaryEntryInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as the app writes it."""

    written_at: WrittenAt
    time_zone: ZoneName
    mood: Mood | None = None
    tags: Tags = msgspec.field(default_factory=list[str])
    text: EntryText


class DiaryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is kept.

    Shape: `local_date` is the date in `time_zone` at `written_at`, whatever zone the person is in later.
    """

    id: UUID
    written_at: datetime
    time_zone: str
    local_date: date
    mood: int | None
    tags: list[str]
    text: str
    version: int
    updated_at: datetime


class DiaryChange(msgspec.Struct, frozen=True, kw_only=True):
    """The latest version of one entry; `entry` is null where it is deleted."""

    id: UUID
    is_deleted: bool
    version: int
    entry: DiaryEntry | None


class DiaryChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Changes in the order in which they were made.

    Shape: `next_cursor` is never null: keep it for the next time; ask again at once while `has_more`.
    """

    items: list[DiaryChange]
    next_cursor: str
    has_more: bool


class EntrySharing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether one coach may read one entry."""

    coach_id: UUID
    is_shared: bool
