"""Reading one's own appointments, also as calendar files."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import icalendar

from vitalapp.core.access_log import insert_access_line, own_line
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import mark, translate
from vitalapp.domains.coaching import appointment_queries
from vitalapp.domains.coaching.agenda import get_coach_references
from vitalapp.domains.coaching.booking import KIND
from vitalapp.domains.coaching.changes import to_appointment
from vitalapp.domains.coaching.schemas import Appointment

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
FIRST: Final = (EARLIEST, UUID(int=0))

_SUMMARY = mark("Appointment")


async def list_appointments(
    resources: Resources,
    session: Session,
    *,
    starts_from: datetime | None,
    starts_before: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Appointment]:
    """Up to `limit` of the person's appointments in order of time, the cancelled ones too.

    Raises: StaleFence.
    """
    rows = await appointment_queries.list_appointments(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="read", object_kind=KIND),
        starts_from=starts_from or EARLIEST,
        starts_before=starts_before or LATEST,
        after=after or FIRST,
        limit=limit,
    )
    coaches = await get_coach_references(resources, {row["coach_id"] for row in rows})
    return [to_appointment(row, coaches[row["coach_id"]]) for row in rows]


async def get_appointment(resources: Resources, session: Session, appointment_id: UUID) -> Appointment:
    """One appointment of the person.

    Raises: NotFound (404), StaleFence.
    """
    row = await _find(resources, session, appointment_id)
    coaches = await get_coach_references(resources, {row["coach_id"]})
    return to_appointment(row, coaches[row["coach_id"]])


async def get_appointment_calendar(resources: Resources, session: Session, appointment_id: UUID, *, locale: str) -> bytes:
    """The appointment as an iCalendar file that tells whoever sees the calendar nothing but the time.

    Raises: NotFound (404), StaleFence.
    Rule: RFC 5545; S4-08, pitfall 15: no name, no coach, no kind. SEQUENCE rises with each change.
    """
    row = await _find(resources, session, appointment_id)
    event = icalendar.Event()
    event.add("UID", f"{appointment_id}@vitalapp")
    event.add("DTSTAMP", row["changed_at"].astimezone(UTC).replace(microsecond=0))
    event.add("DTSTART", row["starts_at"].astimezone(UTC))
    event.add("DTEND", row["ends_at"].astimezone(UTC))
    event.add("SUMMARY", translate(locale, _SUMMARY))
    event.add("SEQUENCE", row["version"] - 1)
    event.add("STATUS", "CANCELLED" if row["status"] == "cancelled" else "CONFIRMED")
    event.add("CLASS", "PRIVATE")
    calendar = icalendar.Calendar()
    calendar.add("PRODID", "-//Vitalapp//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "CANCEL" if row["status"] == "cancelled" else "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()


async def _find(resources: Resources, session: Session, appointment_id: UUID) -> asyncpg.Record:
    row = await appointment_queries.find_appointment(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="read", object_kind=KIND, object_id=appointment_id),
        appointment_id=appointment_id,
    )
    if row is None:
        refused = own_line(session, action="read", object_kind=KIND, object_id=appointment_id, outcome="refused")
        await insert_access_line(resources.vault, refused)
        raise NotFound
    return row
