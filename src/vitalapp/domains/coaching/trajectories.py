"""A trajectory's course: attendance, intake completion, closure; and a coach's own cancellation.

Each attended session and each completed intake is carried to the ledger in the transaction that notes it.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from vitalapp.core.fence import StaleFence
from vitalapp.core.legal_texts import PROVIDER_TIME_ZONE
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.coaching import (
    agenda_queries,
    appointment_queries,
    client_queries,
    trajectory_queries,
    waiting_queries,
)
from vitalapp.domains.coaching.care import Care, care_line, with_care
from vitalapp.domains.coaching.clients import to_item, to_trajectory
from vitalapp.domains.coaching.errors import (
    AppointmentNotOpen,
    AppointmentNotStarted,
    AttendanceRecorded,
    FileNotReady,
)
from vitalapp.domains.coaching.notices import (
    PersonMail,
    UnbilledLine,
    carry_to_ledger,
    session_line,
    tell_person,
)
from vitalapp.domains.coaching.schemas_admin import AgendaItem, Trajectory
from vitalapp.domains.coaching.treatment import TreatmentEntry, add_entry, find_file_key

_KIND = "appointment"


async def record_attendance(
    resources: Resources, staff: StaffSession, appointment_id: UUID, status: Literal["attended", "no_show"]
) -> AgendaItem:
    """Say whether the client came, from the appointment's start on; an attended one is a session for the employer.

    Raises: NotFound (404), Restricted or ClientConsentRequired (403), AppointmentNotStarted or AttendanceRecorded (409).
    Rule: S1-29; the same said twice counts once.
    """

    async def record(care: Care) -> AgendaItem:
        now = resources.clock()
        file_key = await open_file(resources, care)
        async with transaction(resources.vault) as vault:
            row = await _lock(vault, staff, care, appointment_id, is_gated=True)
            if row["starts_at"] > now:
                raise AppointmentNotStarted
            if row["status"] not in {"booked", status}:
                raise AttendanceRecorded
            if row["status"] == "booked":
                await _change(vault, staff, care, row, status=status, now=now)
                if status == "attended":
                    await carry_to_ledger(vault, resources, session_line(row))
                    await _file(vault, care, file_key, TreatmentEntry(kind="attended", at=now, coach_id=staff.staff_id))
        return _changed(resources, care, row, status=status)

    person_id = await client_queries.find_person_of_appointment(
        resources.vault, coach_id=staff.staff_id, appointment_id=appointment_id
    )
    return await with_care(resources, staff, person_id, record, action="update", object_kind=_KIND)


async def cancel_as_coach(resources: Resources, staff: StaffSession, appointment_id: UUID) -> AgendaItem:
    """Cancel an appointment that has not begun; it is never charged, and the client is told.

    Raises: NotFound (404), AppointmentNotOpen (409).
    """

    async def cancel(care: Care) -> AgendaItem:
        now = resources.clock()
        async with transaction(resources.vault) as vault:
            row = await _lock(vault, staff, care, appointment_id, is_gated=False)
            if row["status"] != "booked" or row["starts_at"] <= now:
                raise AppointmentNotOpen
            await _cancel(vault, resources, staff, care, row, now=now)
        return _changed(resources, care, row, status="cancelled")

    person_id = await client_queries.find_person_of_appointment(
        resources.vault, coach_id=staff.staff_id, appointment_id=appointment_id
    )
    return await with_care(resources, staff, person_id, cancel, action="update", object_kind=_KIND, is_gated=False)


async def complete_intake(resources: Resources, staff: StaffSession, trajectory_id: UUID) -> Trajectory:
    """Say that the intake is complete, any time after the booking; twice is as good as once.

    Raises: NotFound (404), Restricted or ClientConsentRequired (403).
    Rule: S1-36; starts the employer's intake confirmation.
    """

    async def complete(care: Care) -> Trajectory:
        now = resources.clock()
        async with transaction(resources.vault) as vault:
            await _lock_care(vault, staff, care, is_gated=True)
            line = care_line(staff, care, action="update", object_kind="trajectory", object_id=trajectory_id)
            completed = await trajectory_queries.complete_intake(
                vault, line=line, person_id=care.person.person_id, trajectory_id=trajectory_id, now=now
            )
            if completed is not None:
                unbilled = UnbilledLine(
                    contract_id=completed["contract_id"],
                    kind="intake",
                    trajectory_reference=completed["ledger_reference"],
                    delivered_on=now.astimezone(PROVIDER_TIME_ZONE).date().replace(day=1),
                )
                await carry_to_ledger(vault, resources, unbilled)
            row = await trajectory_queries.get_trajectory(
                vault, person_id=care.person.person_id, trajectory_id=trajectory_id
            )
        return to_trajectory(row)

    return await _with_trajectory(resources, staff, trajectory_id, complete, is_gated=True)


async def close_trajectory(resources: Resources, staff: StaffSession, trajectory_id: UUID) -> Trajectory:
    """End the care relationship: coming appointments are cancelled, and nothing is shared with the coach any more.

    Raises: NotFound (404).
    """

    async def close(care: Care) -> Trajectory:
        now = resources.clock()
        person_id = care.person.person_id
        async with transaction(resources.vault) as vault:
            await _lock_care(vault, staff, care, is_gated=False)
            for row in await trajectory_queries.list_coming(
                vault, person_id=person_id, trajectory_id=trajectory_id, now=now
            ):
                await _cancel(vault, resources, staff, care, row, now=now)
            await trajectory_queries.delete_shares(vault, person_id=person_id, coach_id=staff.staff_id)
            line = care_line(staff, care, action="update", object_kind="trajectory", object_id=trajectory_id)
            await trajectory_queries.close_trajectory(
                vault, line=line, person_id=person_id, trajectory_id=trajectory_id, now=now
            )
            row = await trajectory_queries.get_trajectory(vault, person_id=person_id, trajectory_id=trajectory_id)
        return to_trajectory(row)

    return await _with_trajectory(resources, staff, trajectory_id, close, is_gated=False)


async def open_file(resources: Resources, care: Care) -> PersonKey | None:
    """The key of the client's file under a treatment agreement, None without one.

    Raises: FileNotReady (409).
    """
    if care.treatment_file_id is None:
        return None
    key = await find_file_key(resources, care.treatment_file_id)
    if key is None:
        raise FileNotReady
    return key


async def _file(vault: Connection, care: Care, key: PersonKey | None, entry: TreatmentEntry) -> None:
    if care.treatment_file_id is not None and key is not None:
        await add_entry(vault, care.treatment_file_id, key, entry)


async def _with_trajectory(
    resources: Resources,
    staff: StaffSession,
    trajectory_id: UUID,
    work: Callable[[Care], Awaitable[Trajectory]],
    *,
    is_gated: bool,
) -> Trajectory:
    """Do something to a trajectory that runs; one of the same two people that has ended is not there."""

    async def work_on_running(care: Care) -> Trajectory:
        if care.trajectory_id != trajectory_id:
            raise NotFound
        return await work(care)

    person_id = await client_queries.find_person_of_trajectory(
        resources.vault, coach_id=staff.staff_id, trajectory_id=trajectory_id
    )
    return await with_care(
        resources, staff, person_id, work_on_running, action="update", object_kind="trajectory", is_gated=is_gated
    )


async def _lock_care(vault: Connection, staff: StaffSession, care: Care, *, is_gated: bool) -> None:
    is_running = await client_queries.lock_care(
        vault,
        person_id=care.person.person_id,
        epoch=care.person.epoch,
        coach_id=staff.staff_id,
        is_gated=is_gated,
    )
    if not is_running:
        raise StaleFence


async def _lock(
    vault: Connection, staff: StaffSession, care: Care, appointment_id: UUID, *, is_gated: bool
) -> asyncpg.Record:
    await _lock_care(vault, staff, care, is_gated=is_gated)
    row = await appointment_queries.lock_appointment(vault, person_id=care.person.person_id, appointment_id=appointment_id)
    if row is None or row["trajectory_id"] != care.trajectory_id:
        raise NotFound
    return row


async def _change(
    vault: Connection, staff: StaffSession, care: Care, row: asyncpg.Record, *, status: str, now: datetime
) -> None:
    await appointment_queries.update_status(
        vault,
        line=care_line(staff, care, action="update", object_kind=_KIND, object_id=row["appointment_id"]),
        person_id=care.person.person_id,
        appointment_id=row["appointment_id"],
        status=status,
        is_late=False,
        now=now,
    )


async def _cancel(
    vault: Connection, resources: Resources, staff: StaffSession, care: Care, row: asyncpg.Record, *, now: datetime
) -> None:
    person_id = care.person.person_id
    await agenda_queries.delete_own_seats(vault, person_id=person_id, booking_id=row["appointment_id"])
    await waiting_queries.mark_coach_told(vault, coach_id=staff.staff_id, starts_at=row["starts_at"])
    await _change(vault, staff, care, row, status="cancelled", now=now)
    await tell_person(vault, resources, PersonMail(person_id=person_id, template="appointment_cancelled"))


def _changed(resources: Resources, care: Care, row: asyncpg.Record, *, status: str) -> AgendaItem:
    is_shown = care.person.is_open(resources)
    is_new = row["status"] != status
    changed = dict(row) | {
        "person_id": care.person.person_id,
        "status": status,
        "version": row["version"] + int(is_new),
    }
    return to_item(changed, care.person.display_name(resources) if is_shown else None)
