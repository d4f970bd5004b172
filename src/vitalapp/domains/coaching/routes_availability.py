"""A coach's own agenda: rules and exceptions."""

from datetime import datetime
from uuid import UUID

from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.resources import Resources
from vitalapp.core.staff_auth import require_staff
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.domains.coaching import availability
from vitalapp.domains.coaching.appointments import FIRST
from vitalapp.domains.coaching.schemas_admin import Availability, AvailabilityException, ExceptionInput


@get("/admin/v1/availability", operation_id="get_availability", guards=[require_staff("coach")], tags=["Coach"])
async def get_availability(resources: NamedDependency[Resources], staff: NamedDependency[StaffSession]) -> Availability:
    """One's own rules; 404 before they are set."""
    return await availability.get_availability(resources, staff.staff_id)


@put("/admin/v1/availability", operation_id="put_availability", guards=[require_staff("coach")], tags=["Coach"])
async def put_availability(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], data: JSONBody[Availability]
) -> Availability:
    """Set one's rules; appointments that are booked stay as they are."""
    return await availability.put_availability(resources, staff.staff_id, data)


@get(
    "/admin/v1/availability/exceptions",
    operation_id="list_availability_exceptions",
    guards=[require_staff("coach")],
    tags=["Coach"],
)
async def list_availability_exceptions(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[AvailabilityException]:
    """Page through one's exceptions, in order of time."""
    after = decode_cursor(cursor, tuple[datetime, UUID]) or FIRST
    found = await availability.list_exceptions(resources, staff.staff_id, after=after, limit=limit + 1)
    return make_page(found, limit=limit, to_item=lambda one: one, to_key=lambda one: (one.from_, one.id))


@post(
    "/admin/v1/availability/exceptions",
    operation_id="create_availability_exception",
    guards=[require_staff("coach")],
    tags=["Coach"],
)
async def create_availability_exception(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], data: JSONBody[ExceptionInput]
) -> AvailabilityException:
    """Open hours outside the week, or close hours of it; appointments that are booked stay as they are."""
    return await availability.create_exception(resources, staff.staff_id, data)


@delete(
    "/admin/v1/availability/exceptions/{exception_id:uuid}",
    operation_id="delete_availability_exception",
    guards=[require_staff("coach")],
    tags=["Coach"],
)
async def delete_availability_exception(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], exception_id: FromPath[UUID]
) -> None:
    """Take an exception back."""
    await availability.delete_exception(resources, staff.staff_id, exception_id)


ROUTES = [
    get_availability,
    put_availability,
    list_availability_exceptions,
    create_availability_exception,
    delete_availability_exception,
]
