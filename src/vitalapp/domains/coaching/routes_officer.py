"""What the privacy officer reviews and answers."""

from datetime import datetime
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.resources import Resources
from vitalapp.core.staff_auth import require_staff
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.domains.coaching import emergency, questions
from vitalapp.domains.coaching.appointments import FIRST
from vitalapp.domains.coaching.schemas_admin import EmergencyReviewList, ForwardedQuestion, ReviewInput

Officer = [require_staff("privacy_officer")]


@get("/admin/v1/emergency-accesses", operation_id="list_emergency_accesses", guards=Officer, tags=["Privacy officer"])
async def list_emergency_accesses(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession]
) -> EmergencyReviewList:
    """Emergency accesses that wait for review, oldest first, a hundred at most."""
    return await emergency.list_emergency_accesses(resources, staff)


@post(
    "/admin/v1/emergency-accesses/{access_id:uuid}/review",
    operation_id="review_emergency_access",
    guards=Officer,
    status_code=204,
    tags=["Privacy officer"],
)
async def review_emergency_access(
    resources: NamedDependency[Resources],
    staff: NamedDependency[StaffSession],
    access_id: FromPath[UUID],
    data: JSONBody[ReviewInput],
) -> None:
    """Say whether the reason justified the access; the client reads it."""
    await emergency.review_emergency_access(resources, staff, access_id, data)


@get("/admin/v1/privacy-questions", operation_id="list_privacy_questions", guards=Officer, tags=["Privacy officer"])
async def list_privacy_questions(
    resources: NamedDependency[Resources], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[ForwardedQuestion]:
    """Page through the privacy questions that coaches forwarded and nobody has answered yet."""
    after = decode_cursor(cursor, tuple[datetime, UUID]) or FIRST
    found = await questions.list_privacy_questions(resources, after=after, limit=limit + 1)
    return make_page(found, limit=limit, to_item=lambda one: one, to_key=lambda one: (one.created_at, one.id))


@post(
    "/admin/v1/privacy-questions/{question_id:uuid}/closure",
    operation_id="close_privacy_question",
    guards=Officer,
    status_code=204,
    tags=["Privacy officer"],
)
async def close_privacy_question(resources: NamedDependency[Resources], question_id: FromPath[UUID]) -> None:
    """Say that a question was answered."""
    await questions.close_privacy_question(resources, question_id)


ROUTES = [list_emergency_accesses, review_emergency_access, list_privacy_questions, close_privacy_question]
