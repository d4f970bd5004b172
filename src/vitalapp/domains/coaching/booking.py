"""Booking and holding: one transaction of the vault, which takes the person's row, then the coach's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from vitalapp.core.access_log import Action, insert_access_line, own_line
from vitalapp.core.idempotency import Answer, KeyedRequest, claim_in_vault, keep_in_vault, make_answer
from vitalapp.core.problems import NotFound, Problem
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.coaching import agenda_queries, appointment_queries, waiting_queries
from vitalapp.domains.coaching.agenda import get_coach, instant, show, whole
from vitalapp.domains.coaching.errors import AppointmentOverlap, SlotNotOffered, SlotTaken
from vitalapp.domains.coaching.notices import REMIND_BEFORE, PersonMail, tell_person
from vitalapp.domains.coaching.schemas import Appointment, AppointmentInput, Hold, HoldInput
from vitalapp.domains.coaching.slots import Agenda, Kind, Slot, find_slot, is_on_grid
from vitalapp.domains.coaching.treatment import open_trajectory, prepare_treatment_file

HOLD_LASTS: Final = timedelta(minutes=5)
KIND: Final = "appointment"
_AROUND: Final = timedelta(days=1)


async def book_appointment(resources: Resources, session: Session, keyed: KeyedRequest, data: AppointmentInput) -> Answer:
    """The answer to a booking, the first one again for a repeated request.

    Raises: NotFound (404) for an unknown coach, SlotTaken or AppointmentOverlap (409), SlotNotOffered or
    TreatmentAgreementNotOffered (422), StaleFence.
    Rule: S1-17, S3-08; pitfall 1, ASVS 2.3.4. The first appointment with a coach opens the trajectory.
    Locks: the person's row, then the coach's.
    """
    coach = await get_coach(resources, data.coach_id)
    notice = await appointment_queries.get_notice_hours(resources.identity, contract_id=session.contract_id)
    file = await prepare_treatment_file(resources, session, coach) if data.accepts_treatment_agreement else None
    now = resources.clock()
    appointment_id = uuid4()
    async with refusals_logged(resources, session, "create"), transaction(resources.vault) as vault:
        kept = await claim_in_vault(vault, keyed)
        if kept is not None:
            return kept
        await appointment_queries.lock_person(vault, person_id=session.person_id, epoch=session.epoch)
        slot = await take_slot(
            vault,
            session,
            coach_id=data.coach_id,
            starts_at=data.starts_at,
            kind=data.kind,
            booking_id=appointment_id,
            now=now,
        )
        trajectory_id = await open_trajectory(vault, resources, session, coach_id=data.coach_id, file=file)
        appointment = Appointment(
            id=appointment_id,
            trajectory_id=trajectory_id,
            coach=show(coach),
            starts_at=instant(slot.starts),
            ends_at=instant(slot.ends),
            kind=data.kind,
            mode=data.mode,
            status="booked",
            late_cancellation_from=instant(slot.starts) - timedelta(hours=notice),
            is_late=False,
            version=1,
        )
        await appointment_queries.insert_appointment(
            vault,
            line=own_line(session, action="create", object_kind=KIND, object_id=appointment_id),
            person_id=session.person_id,
            appointment_id=appointment_id,
            trajectory_id=trajectory_id,
            coach_id=data.coach_id,
            kind=data.kind,
            mode=data.mode,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            late_cancellation_from=appointment.late_cancellation_from,
            reminded_version=int(appointment.starts_at - now <= REMIND_BEFORE),
            now=now,
        )
        await waiting_queries.delete_waiting_for(vault, person_id=session.person_id, coach_id=data.coach_id)
        await tell_person(vault, resources, PersonMail(person_id=session.person_id, template="appointment_confirmed"))
        answer = make_answer(appointment, status=201, version=1)
        await keep_in_vault(vault, keyed, answer)
        return answer


async def hold_slot(resources: Resources, session: Session, coach_id: UUID, data: HoldInput) -> Hold:
    """A slot kept free for the person for five minutes; a person holds one slot at a time.

    Raises: NotFound (404) for an unknown coach, SlotTaken or AppointmentOverlap (409), SlotNotOffered (422), StaleFence.
    Locks: the person's row, then the coach's.
    """
    await get_coach(resources, coach_id)
    now = resources.clock()
    hold_id = uuid4()
    async with refusals_logged(resources, session, "create"), transaction(resources.vault) as vault:
        await appointment_queries.lock_person(vault, person_id=session.person_id, epoch=session.epoch)
        slot = await take_slot(
            vault,
            session,
            coach_id=coach_id,
            starts_at=data.starts_at,
            kind=data.kind,
            booking_id=hold_id,
            now=now,
            hold_expires_at=now + HOLD_LASTS,
        )
    return Hold(id=hold_id, starts_at=instant(slot.starts), ends_at=instant(slot.ends), expires_at=now + HOLD_LASTS)


async def release_hold(resources: Resources, session: Session, hold_id: UUID) -> None:
    """Give a held slot back before it expires.

    Raises: NotFound (404), StaleFence.
    """
    async with transaction(resources.vault) as vault:
        await appointment_queries.lock_person(vault, person_id=session.person_id, epoch=session.epoch)
        if not await agenda_queries.delete_hold(vault, person_id=session.person_id, hold_id=hold_id):
            raise NotFound


async def take_slot(
    vault: Connection,
    session: Session,
    *,
    coach_id: UUID,
    starts_at: datetime,
    kind: Kind,
    booking_id: UUID,
    now: datetime,
    hold_expires_at: datetime | None = None,
) -> Slot:
    """Take a seat for the person, who gives up what they hold and what this booking had before.

    Shape: the slot is found by the function that lists slots; the exclusion constraint stands behind it.
    Raises: SlotTaken or AppointmentOverlap (409), SlotNotOffered (422), StaleFence.
    Locks: the coach's row.
    """
    if not await agenda_queries.lock_coach(vault, coach_id=coach_id, now=now):
        raise SlotNotOffered
    await agenda_queries.delete_own_seats(vault, person_id=session.person_id, booking_id=booking_id)
    agenda = await agenda_queries.find_agenda(
        vault,
        person_id=session.person_id,
        epoch=session.epoch,
        coach_id=coach_id,
        starts_at=starts_at - _AROUND,
        ends_at=starts_at + _AROUND,
        now=now,
    )
    if agenda is None or starts_at.microsecond:
        raise SlotNotOffered
    starts = int(starts_at.timestamp())
    length = timedelta(minutes=agenda.rules.session_minutes)
    has_overlap = await appointment_queries.has_overlap(
        vault, person_id=session.person_id, starts_at=starts_at, ends_at=starts_at + length, but_for=booking_id
    )
    slot = find_slot(agenda, starts=starts, kind=kind, now=whole(now))
    if slot is None and not is_on_grid(agenda, starts=starts, kind=kind, now=whole(now)):
        raise SlotNotOffered
    if has_overlap:
        raise AppointmentOverlap
    if slot is None:
        raise SlotTaken
    if slot.is_empty:
        await _open_occupancy(
            vault, agenda, slot, coach_id=coach_id, capacity=agenda.rules.capacity if kind == "group" else 1
        )
    is_seated = await agenda_queries.insert_seat(
        vault,
        coach_id=coach_id,
        starts_at=starts_at,
        person_id=session.person_id,
        booking_id=booking_id,
        hold_expires_at=hold_expires_at,
    )
    if not is_seated:
        raise SlotTaken
    return slot


async def _open_occupancy(vault: Connection, agenda: Agenda, slot: Slot, *, coach_id: UUID, capacity: int) -> None:
    try:
        await agenda_queries.insert_occupancy(
            vault,
            coach_id=coach_id,
            occupancy_id=uuid4(),
            capacity=capacity,
            starts_at=instant(slot.starts),
            ends_at=instant(slot.ends),
            busy_from=instant(slot.starts) - timedelta(minutes=agenda.rules.buffer_before_minutes),
            busy_to=instant(slot.ends) + timedelta(minutes=agenda.rules.buffer_after_minutes),
        )
    except asyncpg.ExclusionViolationError:
        raise SlotTaken from None


@asynccontextmanager
async def refusals_logged(
    resources: Resources, session: Session, action: Action, appointment_id: UUID | None = None
) -> AsyncIterator[None]:
    """Write the line of a refused access, which the refused transaction cannot."""
    try:
        yield
    except Problem:
        line = own_line(session, action=action, object_kind=KIND, object_id=appointment_id, outcome="refused")
        await insert_access_line(resources.vault, line)
        raise
