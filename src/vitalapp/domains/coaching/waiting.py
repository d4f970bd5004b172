"""The waiting list: told when a time comes free, and never booked by itself."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from vitalapp.core.problems import FieldError, NotFound, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.stores import transaction
from vitalapp.core.texts import mark
from vitalapp.domains.coaching import waiting_queries
from vitalapp.domains.coaching.agenda import get_coach
from vitalapp.domains.coaching.notices import PersonMail, StaffMail, tell_person, tell_staff
from vitalapp.domains.coaching.schemas import Waiting, WaitingInput, WaitingList

TOLD_AT_MOST_EVERY: Final = timedelta(hours=1)

_ORDER = mark("The end must lie after the beginning.")


async def join_waiting_list(resources: Resources, session: Session, data: WaitingInput) -> Waiting:
    """A place on a coach's waiting list.

    Raises: ValidationFailed (400), NotFound (404) for an unknown coach, StaleFence.
    """
    if data.wanted_from is not None and data.wanted_to is not None and data.wanted_from >= data.wanted_to:
        raise ValidationFailed(errors=[FieldError("/wanted_to", _ORDER)])
    await get_coach(resources, data.coach_id)
    waiting = Waiting(
        id=uuid4(),
        coach_id=data.coach_id,
        wanted_from=data.wanted_from,
        wanted_to=data.wanted_to,
        created_at=resources.clock(),
        told_at=None,
    )
    await waiting_queries.insert_waiting(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        waiting_id=waiting.id,
        coach_id=waiting.coach_id,
        wanted_from=waiting.wanted_from,
        wanted_to=waiting.wanted_to,
        created_at=waiting.created_at,
    )
    return waiting


async def list_waiting(resources: Resources, session: Session) -> WaitingList:
    """What the person waits for.

    Raises: StaleFence.
    """
    rows = await waiting_queries.list_waiting(resources.vault, person_id=session.person_id, epoch=session.epoch)
    return WaitingList(
        items=[
            Waiting(
                id=row["waiting_id"],
                coach_id=row["coach_id"],
                wanted_from=row["wanted_from"],
                wanted_to=row["wanted_to"],
                created_at=row["created_at"],
                told_at=row["told_at"],
            )
            for row in rows
        ]
    )


async def leave_waiting_list(resources: Resources, session: Session, waiting_id: UUID) -> None:
    """Give a place up.

    Raises: NotFound (404), StaleFence.
    """
    is_there = await waiting_queries.delete_waiting(
        resources.vault, person_id=session.person_id, epoch=session.epoch, waiting_id=waiting_id
    )
    if not is_there:
        raise NotFound


async def announce_freed_slot(resources: Resources, arguments: dict[str, Any]) -> None:
    """Tell those who wait for a time that it came free, and the coach that the agenda changed, once each.

    Who was told of another time within the hour is not told again: what is free then is seen in the app.
    """
    coach_id, now = UUID(arguments["coach_id"]), resources.clock()
    async with transaction(resources.vault) as vault:
        freed = await waiting_queries.take_freed_slot(vault, coach_id=coach_id, freed_id=UUID(arguments["freed_id"]))
        if freed is None or freed["starts_at"] <= now:
            return
        told = await waiting_queries.mark_told(
            vault, coach_id=coach_id, starts_at=freed["starts_at"], now=now, told_before=now - TOLD_AT_MOST_EVERY
        )
        for person_id in told:
            await tell_person(vault, resources, PersonMail(person_id=person_id, template="waiting_list_slot"))
        if not freed["is_coach_told"]:
            await tell_staff(vault, resources, StaffMail(staff_id=coach_id, template="agenda_changed"))
