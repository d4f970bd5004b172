"""Coaches and appointments in the app."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from vitalapp.core.auth import require_consent
from vitalapp.core.http.idempotency import answer_response, require_idempotency_key
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.http.preconditions import etag_header, require_if_match
from vitalapp.core.idempotency import KeyedRequest
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import Locale
from vitalapp.domains.coaching import agenda, appointments, booking, changes, routes_sharing, waiting
from vitalapp.domains.coaching.schemas import (
    Appointment,
    AppointmentInput,
    CoachList,
    Hold,
    HoldInput,
    Nothing,
    Reschedule,
    SlotList,
    Waiting,
    WaitingInput,
    WaitingList,
)

FromInstant = Annotated[datetime, QueryParameter(name="from", description="The first instant.")]
ToInstant = Annotated[datetime, QueryParameter(name="to", description="The instant after the last, at most 62 days later.")]
OptionalFrom = Annotated[datetime | None, QueryParameter(name="from", description="The first instant.")]
OptionalTo = Annotated[datetime | None, QueryParameter(name="to", description="The instant after the last.")]


@get("/v1/coaches", operation_id="list_coaches", guards=[require_consent], tags=["Coaching"])
async def list_coaches(resources: NamedDependency[Resources], session: NamedDependency[Session]) -> CoachList:
    """The coaches and psychologists who can be booked."""
    return await agenda.list_coaches(resources, session)


@get("/v1/coaches/{coach_id:uuid}/slots", operation_id="list_coach_slots", guards=[require_consent], tags=["Coaching"])
async def list_coach_slots(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    coach_id: FromPath[UUID],
    from_: FromInstant,
    to: ToInstant,
) -> SlotList:
    """The free times of a coach in at most 62 days, each of which can be booked now.

    Show them in the person's own zone; `time_zone` is the coach's.
    """
    return await agenda.list_coach_slots(resources, session, coach_id, starts_from=from_, starts_before=to)


@post("/v1/coaches/{coach_id:uuid}/holds", operation_id="hold_slot", guards=[require_consent], tags=["Coaching"])
async def hold_slot(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    coach_id: FromPath[UUID],
    data: JSONBody[HoldInput],
) -> Hold:
    """Keep a slot free for five minutes while the person confirms; booking it, or holding another one, ends the hold."""
    return await booking.hold_slot(resources, session, coach_id, data)


@delete("/v1/coaches/holds/{hold_id:uuid}", operation_id="release_hold", guards=[require_consent], tags=["Coaching"])
async def release_hold(
    resources: NamedDependency[Resources], session: NamedDependency[Session], hold_id: FromPath[UUID]
) -> None:
    """Give a held slot back at once."""
    await booking.release_hold(resources, session, hold_id)


@post(
    "/v1/appointments",
    operation_id="book_appointment",
    guards=[require_consent, require_idempotency_key],
    responses={201: ResponseSpec(Appointment, description="Booked.")},
    tags=["Coaching"],
)
async def book_appointment(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    keyed_request: NamedDependency[KeyedRequest],
    data: JSONBody[AppointmentInput],
) -> Response[Any]:
    """Book a slot as it was listed.

    The first appointment with a coach opens a trajectory: from then on the coach sees what the person shares with them. Somebody was
    faster: 409 `slot-taken`; the person has another appointment then: 409 `appointment-overlap`; no such slot: 422
    `slot-not-offered`. From `late_cancellation_from` on, cancelling is charged to the employer as a session: say so beforehand.
    """
    return answer_response(await booking.book_appointment(resources, session, keyed_request, data))


@get("/v1/appointments", operation_id="list_appointments", guards=[require_consent], tags=["Coaching"])
async def list_appointments(
    *,
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    from_: OptionalFrom = None,
    to: OptionalTo = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Appointment]:
    """Page through one's appointments in order of time, the cancelled ones too."""
    found = await appointments.list_appointments(
        resources,
        session,
        starts_from=from_,
        starts_before=to,
        after=decode_cursor(cursor, tuple[datetime, UUID]),
        limit=limit + 1,
    )
    return make_page(found, limit=limit, to_item=lambda one: one, to_key=lambda one: (one.starts_at, one.id))


@get("/v1/appointments/{appointment_id:uuid}", operation_id="get_appointment", guards=[require_consent], tags=["Coaching"])
async def get_appointment(
    resources: NamedDependency[Resources], session: NamedDependency[Session], appointment_id: FromPath[UUID]
) -> Response[Appointment]:
    """Read one appointment; its ETag is what moving or cancelling it needs."""
    found = await appointments.get_appointment(resources, session, appointment_id)
    return Response(found, headers=etag_header(found.version))


@post(
    "/v1/appointments/{appointment_id:uuid}/cancel",
    operation_id="cancel_appointment",
    guards=[require_consent, require_if_match],
    status_code=200,
    tags=["Coaching"],
)
async def cancel_appointment(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    expected_version: NamedDependency[int],
    appointment_id: FromPath[UUID],
    data: JSONBody[Nothing],
) -> Response[Appointment]:
    """Cancel an appointment before it begins; `is_late` says whether it was too late to cancel free of charge."""
    found = await changes.cancel_appointment(
        resources, session, appointment_id=appointment_id, expected_version=expected_version
    )
    return Response(found, status_code=200, headers=etag_header(found.version))


@post(
    "/v1/appointments/{appointment_id:uuid}/reschedule",
    operation_id="reschedule_appointment",
    guards=[require_consent, require_if_match],
    status_code=200,
    tags=["Coaching"],
)
async def reschedule_appointment(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    expected_version: NamedDependency[int],
    appointment_id: FromPath[UUID],
    data: JSONBody[Reschedule],
) -> Response[Appointment]:
    """Move an appointment to another slot of the same coach; the old time is kept where the new one cannot be had."""
    found = await changes.reschedule_appointment(
        resources,
        session,
        appointment_id=appointment_id,
        starts_at=data.starts_at,
        expected_version=expected_version,
    )
    return Response(found, status_code=200, headers=etag_header(found.version))


@get(
    "/v1/appointments/{appointment_id:uuid}/calendar.ics",
    operation_id="get_appointment_calendar",
    guards=[require_consent],
    media_type="text/calendar",
    tags=["Coaching"],
)
async def get_appointment_calendar(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    locale: NamedDependency[Locale],
    appointment_id: FromPath[UUID],
) -> Response[bytes]:
    """The appointment for the phone's calendar, which tells nothing but the time; fetch it again after each change."""
    calendar = await appointments.get_appointment_calendar(resources, session, appointment_id, locale=locale)
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    return Response(calendar, media_type="text/calendar; charset=utf-8", headers=headers)


@post("/v1/waiting-list", operation_id="join_waiting_list", guards=[require_consent], tags=["Coaching"])
async def join_waiting_list(
    resources: NamedDependency[Resources], session: NamedDependency[Session], data: JSONBody[WaitingInput]
) -> Waiting:
    """Be told when a time of a coach comes free; nothing is booked or kept by it."""
    return await waiting.join_waiting_list(resources, session, data)


@get("/v1/waiting-list", operation_id="list_waiting", guards=[require_consent], tags=["Coaching"])
async def list_waiting(resources: NamedDependency[Resources], session: NamedDependency[Session]) -> WaitingList:
    """What one waits for."""
    return await waiting.list_waiting(resources, session)


@delete("/v1/waiting-list/{waiting_id:uuid}", operation_id="leave_waiting_list", guards=[require_consent], tags=["Coaching"])
async def leave_waiting_list(
    resources: NamedDependency[Resources], session: NamedDependency[Session], waiting_id: FromPath[UUID]
) -> None:
    """Wait no longer."""
    await waiting.leave_waiting_list(resources, session, waiting_id)


ROUTES = [
    list_coaches,
    list_coach_slots,
    hold_slot,
    release_hold,
    book_appointment,
    list_appointments,
    get_appointment,
    cancel_appointment,
    reschedule_appointment,
    get_appointment_calendar,
    join_waiting_list,
    list_waiting,
    leave_waiting_list,
    *routes_sharing.ROUTES,
]
