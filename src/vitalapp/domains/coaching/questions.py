"""Privacy questions that people ask their coach, put before the privacy officer.

Rule: S2-02.
"""

from datetime import datetime
from uuid import UUID, uuid4

from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.domains.coaching import emergency_queries
from vitalapp.domains.coaching.care import Care, care_line, with_care
from vitalapp.domains.coaching.schemas_admin import ForwardedQuestion, Question, QuestionInput
from vitalapp.domains.staff.service import get_staff_names

KIND = "privacy_question"


async def forward_privacy_question(
    resources: Resources, staff: StaffSession, person_id: UUID, data: QuestionInput
) -> Question:
    """Put a client's question before the privacy officer.

    Raises: NotFound (404).
    """

    async def forward(care: Care) -> Question:
        question_id, now = uuid4(), resources.clock()
        await emergency_queries.log_under_care(
            resources.vault,
            person_id=person_id,
            epoch=care.person.epoch,
            line=care_line(staff, care, action="create", object_kind=KIND, object_id=question_id),
            coach_id=staff.staff_id,
        )
        sealed = care.person.key(resources).seal("privacy_questions", question_id, "content_sealed", data.text.encode())
        await emergency_queries.insert_question(
            resources.identity,
            account_id=care.person.account_id,
            question_id=question_id,
            forwarded_by=staff.staff_id,
            content_sealed=sealed,
            created_at=now,
        )
        return Question(id=question_id, created_at=now)

    return await with_care(resources, staff, person_id, forward, action="create", object_kind=KIND, is_gated=False)


async def list_privacy_questions(
    resources: Resources, *, after: tuple[datetime, UUID], limit: int
) -> list[ForwardedQuestion]:
    """Questions that wait for the privacy officer, oldest first; no health data, so no line in the access log."""
    rows = await emergency_queries.list_questions(resources.identity, after=after, limit=limit)
    names = await get_staff_names(resources, {row["forwarded_by"] for row in rows})
    found: list[ForwardedQuestion] = []
    for row in rows:
        key = resources.keys.unwrap(row["person_id"], row["wrapped_data_key"])
        text = key.open("privacy_questions", row["question_id"], "content_sealed", row["content_sealed"])
        question = ForwardedQuestion(
            id=row["question_id"],
            text=text.decode(),
            email=key.open("accounts", row["account_id"], "email_sealed", row["email_sealed"]).decode(),
            forwarded_by=row["forwarded_by"],
            forwarded_by_name=names.get(row["forwarded_by"], ""),
            created_at=row["created_at"],
        )
        found.append(question)
    return found


async def close_privacy_question(resources: Resources, question_id: UUID) -> None:
    """Note that a question was answered.

    Raises: NotFound (404).
    """
    if not await emergency_queries.close_question(resources.identity, question_id=question_id, now=resources.clock()):
        raise NotFound
