"""What operators do about staff, and how they sign in to do it."""

from datetime import datetime
from uuid import UUID

from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.resources import Resources
from vitalapp.core.staff_auth import require_staff
from vitalapp.domains.staff import routes_admin, service
from vitalapp.domains.staff.schemas import Confidentiality, StaffInput, StaffProfile, StaffSecrets


@post("/admin/v1/staff", operation_id="create_staff", guards=[require_staff("operator")], tags=["Operator"])
async def create_staff(resources: NamedDependency[Resources], data: JSONBody[StaffInput]) -> StaffSecrets:
    """Add a member of staff; password and authenticator secret are in this answer and nowhere else."""
    return await service.create_staff(resources, data)


@get("/admin/v1/staff", operation_id="list_staff", guards=[require_staff("operator")], tags=["Operator"])
async def list_staff(
    resources: NamedDependency[Resources], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[StaffProfile]:
    """Page through the staff, in the order in which they came."""
    rows = await service.list_staff(resources, after=decode_cursor(cursor, tuple[datetime, UUID]), limit=limit + 1)
    return make_page(rows, limit=limit, to_item=lambda row: row, to_key=lambda row: (row.created_at, row.id))


@put(
    "/admin/v1/staff/{staff_id:uuid}/confidentiality",
    operation_id="sign_confidentiality",
    guards=[require_staff("operator")],
    tags=["Operator"],
)
async def sign_confidentiality(
    resources: NamedDependency[Resources], staff_id: FromPath[UUID], data: JSONBody[Confidentiality]
) -> StaffProfile:
    """Note when somebody signed their confidentiality statement; they can work from then on."""
    return await service.sign_confidentiality(resources, staff_id, data.signed_on)


@post(
    "/admin/v1/staff/{staff_id:uuid}/deactivation",
    operation_id="deactivate_staff",
    guards=[require_staff("operator")],
    status_code=200,
    tags=["Operator"],
)
async def deactivate_staff(resources: NamedDependency[Resources], staff_id: FromPath[UUID]) -> StaffProfile:
    """Close somebody's account: refused from their next request on, and no longer offered to employees."""
    return await service.deactivate_staff(resources, staff_id)


@post(
    "/admin/v1/staff/{staff_id:uuid}/credentials",
    operation_id="replace_staff_credentials",
    guards=[require_staff("operator")],
    tags=["Operator"],
)
async def replace_staff_credentials(resources: NamedDependency[Resources], staff_id: FromPath[UUID]) -> StaffSecrets:
    """Give somebody who lost theirs a new password and authenticator secret; their sessions end."""
    return await service.replace_staff_credentials(resources, staff_id)


ROUTES = [
    *routes_admin.ROUTES,
    create_staff,
    list_staff,
    sign_confidentiality,
    deactivate_staff,
    replace_staff_credentials,
]
