"""Emergency access to contact details, and privacy questions that a coach forwards.

A reason comes first; what is shown is how to reach the client, for one hour, and never anything unshared. The client is told by mail
and reads the reason in the app; the privacy officer reviews it. Rule: GDPR 6(1)(d), S0-22.
A restriction or a missing consent does not stop it: it protects the client's vital interests.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from vitalapp.core.access_log import AccessLine, Action, own_line
from vitalapp.core.fence import StaleFence
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.sessions import Session
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.core.stores import transaction
from vitalapp.domains.coaching import emergency_queries, notice_queries
from vitalapp.domains.coaching.agenda import get_coach_references
from vitalapp.domains.coaching.care import Care, Person, find_persons, staff_line, with_care
from vitalapp.domains.coaching.errors import AlreadyReviewed
from vitalapp.domains.coaching.notices import PersonMail, tell_person
from vitalapp.domains.coaching.schemas import EmergencyNotice, EmergencyNoticeList
from vitalapp.domains.coaching.schemas_admin import (
    ContactDetails,
    EmergencyAccess,
    EmergencyInput,
    EmergencyReviewItem,
    EmergencyReviewList,
    ReviewInput,
)
from vitalapp.domains.staff.service import get_staff_names

LASTS: Final = timedelta(hours=1)
KIND: Final = "contact_details"
_MOST: Final = 100


async def open_emergency_access(
    resources: Resources, staff: StaffSession, person_id: UUID, data: EmergencyInput
) -> EmergencyAccess:
    """Contact details of a client, after the reason is written down.

    Raises: NotFound (404).
    """

    async def open_access(care: Care) -> EmergencyAccess:
        access_id, now = uuid4(), resources.clock()
        key = care.person.key(resources)
        async with transaction(resources.vault) as vault:
            await emergency_queries.insert_access(
                vault,
                person_id=person_id,
                epoch=care.person.epoch,
                line=_emergency_line(staff, care, access_id),
                coach_id=staff.staff_id,
                access_id=access_id,
                reason_sealed=key.seal("emergency_accesses", access_id, "reason_sealed", data.reason.encode()),
                opened_at=now,
                expires_at=now + LASTS,
            )
            await tell_person(vault, resources, PersonMail(person_id=person_id, template="emergency_access"))
        return EmergencyAccess(id=access_id, contact=_contact(care.person, key), opened_at=now, expires_at=now + LASTS)

    return await with_care(resources, staff, person_id, open_access, action="read", object_kind=KIND, is_gated=False)


async def get_emergency_access(resources: Resources, staff: StaffSession, person_id: UUID) -> EmergencyAccess:
    """The contact details again, within the hour.

    Raises: NotFound (404).
    """

    async def read(care: Care) -> EmergencyAccess:
        row = await emergency_queries.find_open_access(
            resources.vault,
            person_id=person_id,
            epoch=care.person.epoch,
            line=_emergency_line(staff, care, None),
            coach_id=staff.staff_id,
            now=resources.clock(),
        )
        if row is None:
            raise NotFound
        return EmergencyAccess(
            id=row["access_id"],
            contact=_contact(care.person, care.person.key(resources)),
            opened_at=row["opened_at"],
            expires_at=row["expires_at"],
        )

    return await with_care(resources, staff, person_id, read, action="read", object_kind=KIND, is_gated=False)


async def list_own_emergency_accesses(resources: Resources, session: Session) -> EmergencyNoticeList:
    """Every time that a coach looked up the person's contact details, and why.

    Raises: StaleFence.
    """
    if await notice_queries.is_outside_vault(resources.identity, session):
        return EmergencyNoticeList(items=[])
    rows = await emergency_queries.list_own_accesses(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="read", object_kind="emergency_access"),
    )
    key = session.person_key(resources)
    coaches = await get_coach_references(resources, {row["coach_id"] for row in rows})
    return EmergencyNoticeList(
        items=[
            EmergencyNotice(
                id=row["access_id"],
                coach=coaches[row["coach_id"]],
                reason=_reason(key, row["access_id"], row["reason_sealed"]),
                opened_at=row["opened_at"],
                expires_at=row["expires_at"],
                reviewed_at=row["reviewed_at"],
                is_justified=row["is_justified"],
            )
            for row in rows
        ]
    )


async def list_emergency_accesses(resources: Resources, staff: StaffSession) -> EmergencyReviewList:
    """The oldest hundred emergency accesses that the privacy officer has not reviewed."""
    person_ids = await emergency_queries.list_unreviewed_persons(resources.vault, limit=_MOST)
    persons = await find_persons(resources, list(set(person_ids)))
    rows = await emergency_queries.list_unreviewed(
        resources.vault,
        person_ids=[person.person_id for person in persons.values()],
        epochs=[person.epoch for person in persons.values()],
        log_subject_ids=[person.log_subject_id for person in persons.values()],
        line=_review_line(staff, action="read"),
    )
    names = await get_staff_names(resources, {row["coach_id"] for row in rows})
    return EmergencyReviewList(
        items=[
            EmergencyReviewItem(
                id=row["access_id"],
                person_id=row["person_id"],
                coach_id=row["coach_id"],
                coach_name=names.get(row["coach_id"], ""),
                reason=_reason(persons[row["person_id"]].key(resources), row["access_id"], row["reason_sealed"]),
                opened_at=row["opened_at"],
            )
            for row in rows
        ]
    )


async def review_emergency_access(resources: Resources, staff: StaffSession, access_id: UUID, data: ReviewInput) -> None:
    """Note the privacy officer's judgement, which the client reads.

    Raises: NotFound (404), AlreadyReviewed (409).
    """
    person_id = await emergency_queries.find_person_of_access(resources.vault, access_id=access_id)
    persons = {} if person_id is None else await find_persons(resources, [person_id])
    if not persons:
        raise NotFound
    (person,) = persons.values()
    line = _review_line(staff, action="update")._replace(log_subject_id=person.log_subject_id, object_id=access_id)
    try:
        is_noted = await emergency_queries.review_access(
            resources.vault,
            person_id=person.person_id,
            epoch=person.epoch,
            line=line,
            access_id=access_id,
            reviewed_at=resources.clock(),
            reviewed_by=staff.staff_id,
            is_justified=data.is_justified,
        )
    except StaleFence:
        raise NotFound from None
    if not is_noted:
        raise AlreadyReviewed


def _emergency_line(staff: StaffSession, care: Care, access_id: UUID | None) -> AccessLine:
    return staff_line(
        staff,
        log_subject_id=care.person.log_subject_id,
        action="read",
        object_kind=KIND,
        object_id=access_id,
        purpose="emergency",
        authorisation=f"care:{care.trajectory_id}",
        is_emergency=True,
    )


def _review_line(staff: StaffSession, *, action: Action) -> AccessLine:
    return staff_line(
        staff, action=action, object_kind="emergency_access", purpose="review", authorisation="privacy_officer"
    )


def _contact(person: Person, key: PersonKey) -> ContactDetails:
    phone = person.phone_sealed
    return ContactDetails(
        display_name=person.open(key, "display_name_sealed", person.display_name_sealed),
        email=person.open(key, "email_sealed", person.email_sealed),
        phone=None if phone is None else person.open(key, "phone_sealed", phone),
    )


def _reason(key: PersonKey, access_id: UUID, sealed: bytes) -> str:
    return key.open("emergency_accesses", access_id, "reason_sealed", sealed).decode()
