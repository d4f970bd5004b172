"""What employees send and get about coaches and appointments."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from vitalapp.domains.coaching.slots import Kind
from vitalapp.domains.staff.schemas import Profession

Mode = Literal["video", "phone", "in_person"]
Status = Literal["booked", "cancelled", "attended", "no_show"]
Instant = Annotated[datetime, Meta(tz=True, examples=["2026-11-24T09:00:00Z"])]
NoteText = Annotated[str, Meta(min_length=1, max_length=20_000)]


class Coach(msgspec.Struct, kw_only=True, frozen=True):
    """A coach or psychologist who can be booked."""

    id: UUID
    display_name: str
    profession: Profession
    languages: list[str]
    themes: list[str]
    time_zone: str


class CoachList(msgspec.Struct, kw_only=True, frozen=True):
    """Every coach and psychologist who can be booked."""

    items: list[Coach]


class OfferedSlot(msgspec.Struct, kw_only=True, frozen=True):
    """One time that can be booked; `seats_left` counts the seats of a group."""

    starts_at: datetime
    ends_at: datetime
    seats_left: int


class SlotList(msgspec.Struct, kw_only=True, frozen=True):
    """The times that can be booked, in order.

    Units: instants in UTC; `time_zone` is the coach's, for showing them.
    """

    items: list[OfferedSlot]
    time_zone: str


class AppointmentInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A booking.

    Shape: `accepts_treatment_agreement` counts when the appointment opens a trajectory with a psychologist.
    """

    coach_id: UUID
    starts_at: Instant
    kind: Kind
    mode: Mode
    accepts_treatment_agreement: bool = False


class CoachReference(msgspec.Struct, kw_only=True, frozen=True):
    """Whom an appointment is with."""

    id: UUID
    display_name: str


class Appointment(msgspec.Struct, kw_only=True, frozen=True):
    """One appointment.

    Shape: cancelling from `late_cancellation_from` on is late, and charged to the employer as a session; `is_late` says that it was.
    """

    id: UUID
    trajectory_id: UUID
    coach: CoachReference
    starts_at: datetime
    ends_at: datetime
    kind: Kind
    mode: Mode
    status: Status
    late_cancellation_from: datetime
    is_late: bool
    version: int


class Reschedule(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The new time of an appointment."""

    starts_at: Instant


class Nothing(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An empty body."""


class HoldInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A slot to hold while the person confirms."""

    starts_at: Instant
    kind: Kind


class Hold(msgspec.Struct, kw_only=True, frozen=True):
    """A held slot; nobody else can book it until then."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


class WaitingInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whom a person waits for, and in which span of time, if that matters."""

    coach_id: UUID
    wanted_from: Instant | None = None
    wanted_to: Instant | None = None


class Waiting(msgspec.Struct, kw_only=True, frozen=True):
    """One place on the waiting list."""

    id: UUID
    coach_id: UUID
    wanted_from: datetime | None
    wanted_to: datetime | None
    created_at: datetime
    told_at: datetime | None


class WaitingList(msgspec.Struct, kw_only=True, frozen=True):
    """What the person waits for."""

    items: list[Waiting]


class SharingInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whether a coach may read one entry or measurement."""

    coach_id: UUID
    is_shared: bool


class Sharing(msgspec.Struct, kw_only=True, frozen=True):
    """Whether a coach may read it now."""

    coach_id: UUID
    is_shared: bool


class StatementInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the person wants to stand beside a note."""

    text: NoteText


class NoteStatement(msgspec.Struct, kw_only=True, frozen=True):
    """The person's own words beside a note."""

    id: UUID
    note_id: UUID
    text: str
    created_at: datetime


class EmergencyNotice(msgspec.Struct, kw_only=True, frozen=True):
    """One time that a coach looked up the person's contact details, and why."""

    id: UUID
    coach: CoachReference
    reason: str
    opened_at: datetime
    expires_at: datetime
    reviewed_at: datetime | None
    is_justified: bool | None


class EmergencyNoticeList(msgspec.Struct, kw_only=True, frozen=True):
    """Every time that a coach looked up the person's contact details."""

    items: list[EmergencyNotice]
