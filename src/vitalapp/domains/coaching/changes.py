"""Moving and cancelling one's own appointment."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import own_line
from vitalapp.core.problems import NotFound, PreconditionFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.coaching import agenda_queries, appointment_queries
from vitalapp.domains.coaching.agenda import get_coach, get_coach_references, instant, show
from vitalapp.domains.coaching.booking import KIND, refusals_logged, take_slot
from vitalapp.domains.coaching.errors import AppointmentNotOpen
from vitalapp.domains.coaching.notices import REMIND_BEFORE, PersonMail, carry_to_ledger, session_line, tell_person
from vitalapp.domains.coaching.schemas import Appointment, CoachReference, Status


async def reschedule_appointment(
    resources: Resources, session: Session, *, appointment_id: UUID, starts_at: datetime, expected_version: int
) -> Appointment:
    """The appointment at its new time, with the same coach.

    An appointment that is moved when cancelling it would be late stays late to cancel.
    Raises: NotFound (404), AppointmentNotOpen, SlotTaken or AppointmentOverlap (409), PreconditionFailed (412),
    SlotNotOffered (422), StaleFence.
    Locks: the person's row, then the coach's.
    """
    coach_id = await appointment_queries.find_coach_id(
        resources.vault, person_id=session.person_id, appointment_id=appointment_id
    )
    notice = await appointment_queries.get_notice_hours(resources.identity, contract_id=session.contract_id)
    now = resources.clock()
    line = own_line(session, action="update", object_kind=KIND, object_id=appointment_id)
    async with refusals_logged(resources, session, "update", appointment_id):
        if coach_id is None:
            raise NotFound
        coach = await get_coach(resources, coach_id)
        async with transaction(resources.vault) as vault:
            row = await _lock_open(vault, session, appointment_id=appointment_id, expected_version=expected_version, now=now)
            slot = await take_slot(
                vault,
                session,
                coach_id=coach_id,
                starts_at=starts_at,
                kind=row["kind"],
                booking_id=appointment_id,
                now=now,
            )
            late_from = instant(slot.starts) - timedelta(hours=notice)
            if row["late_cancellation_from"] <= now:
                late_from = min(late_from, row["late_cancellation_from"])
            await appointment_queries.update_time(
                vault,
                line=line,
                person_id=session.person_id,
                appointment_id=appointment_id,
                starts_at=instant(slot.starts),
                ends_at=instant(slot.ends),
                late_cancellation_from=late_from,
                is_reminded=instant(slot.starts) - now <= REMIND_BEFORE,
                now=now,
            )
            await tell_person(vault, resources, PersonMail(person_id=session.person_id, template="appointment_moved"))
    changed = {"starts_at": instant(slot.starts), "ends_at": instant(slot.ends), "late_cancellation_from": late_from}
    return to_appointment(dict(row) | changed | {"version": row["version"] + 1}, show(coach))


async def cancel_appointment(
    resources: Resources, session: Session, *, appointment_id: UUID, expected_version: int
) -> Appointment:
    """The cancelled appointment; a late cancellation is charged to the employer as a session, which was told beforehand.

    Raises: NotFound (404), AppointmentNotOpen (409), PreconditionFailed (412), StaleFence.
    """
    now = resources.clock()
    line = own_line(session, action="update", object_kind=KIND, object_id=appointment_id)
    async with refusals_logged(resources, session, "update", appointment_id), transaction(resources.vault) as vault:
        row = await _lock_open(vault, session, appointment_id=appointment_id, expected_version=expected_version, now=now)
        is_late = now >= row["late_cancellation_from"]
        await agenda_queries.delete_own_seats(vault, person_id=session.person_id, booking_id=appointment_id)
        await appointment_queries.update_status(
            vault,
            line=line,
            person_id=session.person_id,
            appointment_id=appointment_id,
            status="cancelled",
            is_late=is_late,
            now=now,
        )
        if is_late:
            await carry_to_ledger(vault, resources, session_line(row))
        await tell_person(vault, resources, PersonMail(person_id=session.person_id, template="appointment_cancelled"))
    coaches = await get_coach_references(resources, {row["coach_id"]})
    changed: dict[str, object] = {"status": "cancelled", "is_late": is_late, "version": row["version"] + 1}
    return to_appointment(dict(row) | changed, coaches[row["coach_id"]])


def to_appointment(row: asyncpg.Record | Mapping[str, Any], coach: CoachReference) -> Appointment:
    """An appointment from the columns of its row."""
    return Appointment(
        id=row["appointment_id"],
        trajectory_id=row["trajectory_id"],
        coach=coach,
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        kind=row["kind"],
        mode=row["mode"],
        status=row["status"],
        late_cancellation_from=row["late_cancellation_from"],
        is_late=row["is_late"],
        version=row["version"],
    )


async def _lock_open(
    vault: Connection, session: Session, *, appointment_id: UUID, expected_version: int, now: datetime
) -> asyncpg.Record:
    """An appointment that may still be changed, in the version that the client has read."""
    await appointment_queries.lock_person(vault, person_id=session.person_id, epoch=session.epoch)
    row = await appointment_queries.lock_appointment(vault, person_id=session.person_id, appointment_id=appointment_id)
    if row is None:
        raise NotFound
    if row["version"] != expected_version:
        raise PreconditionFailed
    status: Status = row["status"]
    if status != "booked" or row["starts_at"] <= now:
        raise AppointmentNotOpen
    return row
