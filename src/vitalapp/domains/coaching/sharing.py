"""What a person lets a coach read: entry by entry, measurement by measurement.

Rule: C6, private by default.
"""

from uuid import UUID

from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.domains.coaching.agenda import get_coach
from vitalapp.domains.coaching.schemas import Sharing, SharingInput
from vitalapp.domains.diary import service as diary
from vitalapp.domains.vitality import service as vitality


async def share_diary_entry(resources: Resources, session: Session, entry_id: UUID, data: SharingInput) -> Sharing:
    """Share one diary entry with a coach, or stop it.

    Raises: NotFound (404) for an unknown entry or, where sharing begins, an unknown coach; StaleFence.
    """
    if data.is_shared:
        await get_coach(resources, data.coach_id)
    await diary.share_diary_entry(resources, session, entry_id=entry_id, coach_id=data.coach_id, is_shared=data.is_shared)
    return Sharing(coach_id=data.coach_id, is_shared=data.is_shared)


async def share_measurement(resources: Resources, session: Session, measurement_id: UUID, data: SharingInput) -> Sharing:
    """Share one measurement with a coach, or stop it.

    Raises: NotFound (404) for an unknown measurement or, where sharing begins, an unknown coach; StaleFence.
    """
    if data.is_shared:
        await get_coach(resources, data.coach_id)
    await vitality.share_measurement(
        resources, session, measurement_id=measurement_id, coach_id=data.coach_id, is_shared=data.is_shared
    )
    return Sharing(coach_id=data.coach_id, is_shared=data.is_shared)
