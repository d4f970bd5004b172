"""What coaches and officers send and get."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from vitalapp.domains.coaching.schemas import Instant, Mode, NoteStatement, NoteText, Status
from vitalapp.domains.coaching.slots import Kind
from vitalapp.domains.diary.schemas import DiaryEntry
from vitalapp.domains.vitality.schemas import Measurement

WallClock = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["09:00"])]


class WeeklyWindow(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Hours of one weekday, by the coach's own clock.

    Units: `weekday` 1 is Monday, 7 Sunday; `to` may be 24:00.
    """

    weekday: Annotated[int, Meta(ge=1, le=7)]
    from_: WallClock = msgspec.field(name="from")
    to: WallClock


class Availability(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A coach's rules.

    Units: slots of `session_minutes` follow each other with both buffers between them; a group has `capacity` seats; the first slot
    lies `notice_hours` ahead, the last one on the day `horizon_days` ahead.
    """

    time_zone: Annotated[str, Meta(max_length=64, examples=["Europe/Amsterdam"])]
    session_minutes: Annotated[int, Meta(ge=10, le=480)]
    buffer_before_minutes: Annotated[int, Meta(ge=0, le=240)] = 0
    buffer_after_minutes: Annotated[int, Meta(ge=0, le=240)] = 0
    notice_hours: Annotated[int, Meta(ge=0, le=720)] = 24
    horizon_days: Annotated[int, Meta(ge=1, le=366)] = 62
    capacity: Annotated[int, Meta(ge=1, le=50)] = 1
    weekly: Annotated[tuple[WeeklyWindow, ...], Meta(max_length=100)] = ()


class ExceptionInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Hours that differ from the week."""

    from_: Instant = msgspec.field(name="from")
    to: Instant
    kind: Literal["open", "closed"]


class AvailabilityException(msgspec.Struct, kw_only=True, frozen=True):
    """Hours that differ from the week."""

    id: UUID
    from_: datetime = msgspec.field(name="from")
    to: datetime
    kind: Literal["open", "closed"]


class ClientReference(msgspec.Struct, kw_only=True, frozen=True):
    """Who comes."""

    display_name: str


class AgendaItem(msgspec.Struct, kw_only=True, frozen=True):
    """One appointment in a coach's agenda.

    Shape: `person_id` and `client` are null while the client restricts the use of their data, or has not consented to the present
    statement: the time is taken, and nothing more is said.
    """

    id: UUID
    person_id: UUID | None
    client: ClientReference | None
    trajectory_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    kind: Kind
    mode: Mode
    status: Status
    is_late: bool
    version: int


class AttendanceInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whether the client came."""

    status: Literal["attended", "no_show"]


class Trajectory(msgspec.Struct, kw_only=True, frozen=True):
    """One trajectory.

    Units: `sessions` counts attended appointments.
    """

    id: UUID
    person_id: UUID
    status: Literal["running", "closed"]
    opened_at: datetime
    intake_completed_at: datetime | None
    closed_at: datetime | None
    sessions: int
    has_treatment_agreement: bool


class Client(msgspec.Struct, kw_only=True, frozen=True):
    """A client with whom the care relationship runs."""

    person_id: UUID
    display_name: str
    trajectory: Trajectory


class ClientDetail(msgspec.Struct, kw_only=True, frozen=True):
    """A client, and the appointments with this coach."""

    person_id: UUID
    display_name: str
    trajectory: Trajectory
    appointments: list[AgendaItem]


class Shared(msgspec.Struct, kw_only=True, frozen=True):
    """What the client shares with this coach, newest first."""

    diary_entries: list[DiaryEntry]
    measurements: list[Measurement]


class NoteInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A note of the coach; the client can read it."""

    text: NoteText


class Note(msgspec.Struct, kw_only=True, frozen=True):
    """A note of the coach, and what the client put beside it."""

    id: UUID
    trajectory_id: UUID
    text: str
    created_at: datetime
    statements: list[NoteStatement]


class NoteList(msgspec.Struct, kw_only=True, frozen=True):
    """The coach's notes on one client, newest first."""

    items: list[Note]


class EmergencyInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Why contact details are needed now; the client reads this."""

    reason: Annotated[str, Meta(min_length=10, max_length=2000)]


class ContactDetails(msgspec.Struct, kw_only=True, frozen=True):
    """How the client can be reached."""

    display_name: str
    email: str
    phone: str | None


class EmergencyAccess(msgspec.Struct, kw_only=True, frozen=True):
    """Contact details, until `expires_at`."""

    id: UUID
    contact: ContactDetails
    opened_at: datetime
    expires_at: datetime


class EmergencyReviewItem(msgspec.Struct, kw_only=True, frozen=True):
    """One emergency access that the privacy officer reviews."""

    id: UUID
    person_id: UUID
    coach_id: UUID
    coach_name: str
    reason: str
    opened_at: datetime


class EmergencyReviewList(msgspec.Struct, kw_only=True, frozen=True):
    """Emergency accesses that wait for review, oldest first."""

    items: list[EmergencyReviewItem]


class ReviewInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The privacy officer's judgement."""

    is_justified: bool


class QuestionInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A client's privacy question, as the coach heard it."""

    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class ForwardedQuestion(msgspec.Struct, kw_only=True, frozen=True):
    """A privacy question that waits for the officer, and where the answer goes."""

    id: UUID
    text: str
    email: str
    forwarded_by: UUID
    forwarded_by_name: str
    created_at: datetime


class Question(msgspec.Struct, kw_only=True, frozen=True):
    """A forwarded privacy question; the client and the privacy officer hear of it."""

    id: UUID
    created_at: datetime
