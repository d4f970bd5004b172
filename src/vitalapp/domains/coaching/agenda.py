"""Who can be booked, and when."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from vitalapp.core.problems import FieldError, NotFound, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import mark
from vitalapp.domains.coaching import agenda_queries, availability_queries
from vitalapp.domains.coaching.schemas import Coach, CoachList, CoachReference, OfferedSlot, SlotList
from vitalapp.domains.coaching.slots import list_slots
from vitalapp.domains.staff.schemas import CoachProfile
from vitalapp.domains.staff.service import find_coach_profile, get_staff_names, list_coach_profiles

MOST_DAYS: Final = 62

_SPAN = mark("At most {days} days, and the end after the beginning.")


async def get_coach(resources: Resources, coach_id: UUID) -> CoachProfile:
    """A coach who may work today.

    Raises: NotFound (404).
    """
    coach = await find_coach_profile(resources, coach_id)
    if coach is None:
        raise NotFound
    return coach


def show(coach: CoachProfile) -> CoachReference:
    """Whom an appointment is with."""
    return CoachReference(id=coach.id, display_name=coach.display_name)


async def get_coach_references(resources: Resources, coach_ids: set[UUID]) -> dict[UUID, CoachReference]:
    """Whom appointments are with, of coaches who left as well."""
    names = await get_staff_names(resources, coach_ids)
    return {coach_id: CoachReference(id=coach_id, display_name=names.get(coach_id, "")) for coach_id in coach_ids}


async def list_coaches(resources: Resources, session: Session) -> CoachList:
    """Every coach who may work today and has an agenda.

    Raises: StaleFence.
    """
    profiles = await list_coach_profiles(resources)
    zones = await availability_queries.list_time_zones(
        resources.vault, person_id=session.person_id, epoch=session.epoch, coach_ids=[profile.id for profile in profiles]
    )
    return CoachList(
        items=[
            Coach(
                id=profile.id,
                display_name=profile.display_name,
                profession=profile.profession,
                languages=profile.languages,
                themes=profile.themes,
                time_zone=zones[profile.id],
            )
            for profile in profiles
            if profile.id in zones
        ]
    )


async def list_coach_slots(
    resources: Resources, session: Session, coach_id: UUID, *, starts_from: datetime, starts_before: datetime
) -> SlotList:
    """The free times of a coach that begin in a span of at most 62 days.

    Raises: ValidationFailed (400), NotFound (404) for who is no coach or has no agenda, StaleFence.
    """
    if not timedelta() < starts_before - starts_from <= timedelta(days=MOST_DAYS):
        raise ValidationFailed(errors=[FieldError("/to", _SPAN, {"days": MOST_DAYS})])
    now = resources.clock()
    await get_coach(resources, coach_id)
    agenda = await agenda_queries.find_agenda(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        coach_id=coach_id,
        starts_at=starts_from - timedelta(days=1),
        ends_at=starts_before + timedelta(days=1),
        now=now,
    )
    if agenda is None:
        raise NotFound
    slots = list_slots(agenda, starts=whole(starts_from), ends=whole(starts_before), now=whole(now))
    return SlotList(
        items=[
            OfferedSlot(starts_at=instant(slot.starts), ends_at=instant(slot.ends), seats_left=slot.seats_left)
            for slot in slots
        ],
        time_zone=agenda.rules.time_zone,
    )


def whole(at: datetime) -> int:
    """The first whole second at or after an instant."""
    return -int(-at.timestamp() // 1)


def instant(seconds: int) -> datetime:
    """The instant of a whole second."""
    return datetime.fromtimestamp(seconds, UTC)
