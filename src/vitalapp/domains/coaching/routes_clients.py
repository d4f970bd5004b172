"""A coach's appointments, clients, notes and trajectories in the staff API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor, make_page
from vitalapp.core.resources import Resources
from vitalapp.core.staff_auth import require_staff
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.domains.coaching import clients, emergency, notes, questions, trajectories
from vitalapp.domains.coaching.appointments import EARLIEST, FIRST, LATEST
from vitalapp.domains.coaching.care import NOBODY
from vitalapp.domains.coaching.schemas import Nothing
from vitalapp.domains.coaching.schemas_admin import (
    AgendaItem,
    AttendanceInput,
    Client,
    ClientDetail,
    EmergencyAccess,
    EmergencyInput,
    Note,
    NoteInput,
    NoteList,
    Question,
    QuestionInput,
    Shared,
    Trajectory,
)

Coach = [require_staff("coach")]
FromInstant = Annotated[datetime | None, QueryParameter(name="from", description="The first instant.")]
ToInstant = Annotated[datetime | None, QueryParameter(name="to", description="The instant after the last.")]


@get("/admin/v1/appointments", operation_id="list_coach_appointments", guards=Coach, tags=["Coach"])
async def list_coach_appointments(
    *,
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    from_: FromInstant = None,
    to: ToInstant = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[AgendaItem]:
    """Page through one's appointments with running clients, in order of time.

    Of a client who restricts the use of their data, or has not accepted the present consent statement, only the time is shown.
    """
    found = await clients.list_coach_appointments(
        resources,
        staff,
        starts_from=from_ or EARLIEST,
        starts_before=to or LATEST,
        after=decode_cursor(cursor, tuple[datetime, UUID]) or FIRST,
        limit=limit + 1,
    )
    return make_page(found, limit=limit, to_item=lambda one: one, to_key=lambda one: (one.starts_at, one.id))


@post(
    "/admin/v1/appointments/{appointment_id:uuid}/cancel",
    operation_id="cancel_appointment_as_coach",
    guards=Coach,
    status_code=200,
    tags=["Coach"],
)
async def cancel_appointment_as_coach(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    appointment_id: FromPath[UUID],
    data: JSONBody[Nothing],
) -> AgendaItem:
    """Cancel an appointment that has not begun; the client is told, and nothing is charged."""
    return await trajectories.cancel_as_coach(resources, staff, appointment_id)


@post(
    "/admin/v1/appointments/{appointment_id:uuid}/attendance",
    operation_id="record_attendance",
    guards=Coach,
    status_code=200,
    tags=["Coach"],
)
async def record_attendance(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    appointment_id: FromPath[UUID],
    data: JSONBody[AttendanceInput],
) -> AgendaItem:
    """Say whether the client came, from the start of the appointment on; an attended appointment is a session for the employer."""
    return await trajectories.record_attendance(resources, staff, appointment_id, data.status)


@get("/admin/v1/clients", operation_id="list_clients", guards=Coach, tags=["Coach"])
async def list_clients(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Client]:
    """Page through the clients whose trajectory runs; who restricts the use of their data is left out."""
    after = decode_cursor(cursor, tuple[UUID]) or (NOBODY,)
    found, next_after = await clients.list_clients(resources, staff, after=after[0], limit=limit)
    return Page(items=found, next_cursor=None if next_after is None else encode_cursor(next_after))


@get("/admin/v1/clients/{person_id:uuid}", operation_id="get_client", guards=Coach, tags=["Coach"])
async def get_client(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], person_id: FromPath[UUID]
) -> ClientDetail:
    """One client, their trajectory and appointments; 404 unless the care relationship with this coach runs."""
    return await clients.get_client(resources, staff, person_id)


@get("/admin/v1/clients/{person_id:uuid}/shared", operation_id="list_shared", guards=Coach, tags=["Coach"])
async def list_shared(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], person_id: FromPath[UUID]
) -> Shared:
    """What the client shares with this coach, newest first; nothing else of the client can be read."""
    return await clients.list_shared(resources, staff, person_id)


@get("/admin/v1/clients/{person_id:uuid}/notes", operation_id="list_notes", guards=Coach, tags=["Coach"])
async def list_notes(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], person_id: FromPath[UUID]
) -> NoteList:
    """One's own notes on a client, with the client's statements beside them."""
    return await notes.list_notes(resources, staff, person_id)


@post("/admin/v1/clients/{person_id:uuid}/notes", operation_id="create_note", guards=Coach, tags=["Coach"])
async def create_note(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    person_id: FromPath[UUID],
    data: JSONBody[NoteInput],
) -> Note:
    """Add a note, which the client can read and state beside, and nobody can change."""
    return await notes.create_note(resources, staff, person_id, data)


@post(
    "/admin/v1/clients/{person_id:uuid}/emergency-access",
    operation_id="open_emergency_access",
    guards=Coach,
    tags=["Coach"],
)
async def open_emergency_access(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    person_id: FromPath[UUID],
    data: JSONBody[EmergencyInput],
) -> EmergencyAccess:
    """Look up how to reach a client in an emergency; the client is told and reads the reason, the privacy officer reviews it."""
    return await emergency.open_emergency_access(resources, staff, person_id, data)


@get(
    "/admin/v1/clients/{person_id:uuid}/emergency-access",
    operation_id="get_emergency_access",
    guards=Coach,
    tags=["Coach"],
)
async def get_emergency_access(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], person_id: FromPath[UUID]
) -> EmergencyAccess:
    """The contact details again, within the hour; 404 afterwards."""
    return await emergency.get_emergency_access(resources, staff, person_id)


@post(
    "/admin/v1/clients/{person_id:uuid}/privacy-questions",
    operation_id="forward_privacy_question",
    guards=Coach,
    tags=["Coach"],
)
async def forward_privacy_question(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    person_id: FromPath[UUID],
    data: JSONBody[QuestionInput],
) -> Question:
    """Put a client's privacy question before the privacy officer, who answers it."""
    return await questions.forward_privacy_question(resources, staff, person_id, data)


@post(
    "/admin/v1/trajectories/{trajectory_id:uuid}/intake-completion",
    operation_id="complete_intake",
    guards=Coach,
    status_code=200,
    tags=["Coach"],
)
async def complete_intake(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    trajectory_id: FromPath[UUID],
) -> Trajectory:
    """Say that the intake is complete, once; the employer's intake confirmation follows."""
    return await trajectories.complete_intake(resources, staff, trajectory_id)


@post(
    "/admin/v1/trajectories/{trajectory_id:uuid}/closure",
    operation_id="close_trajectory",
    guards=Coach,
    status_code=200,
    tags=["Coach"],
)
async def close_trajectory(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    trajectory_id: FromPath[UUID],
) -> Trajectory:
    """End the care relationship: coming appointments are cancelled, and the client is out of reach from the next request."""
    return await trajectories.close_trajectory(resources, staff, trajectory_id)


ROUTES = [
    list_coach_appointments,
    cancel_appointment_as_coach,
    record_attendance,
    list_clients,
    get_client,
    list_shared,
    list_notes,
    create_note,
    open_emergency_access,
    get_emergency_access,
    forward_privacy_question,
    complete_intake,
    close_trajectory,
]
