"""The local run's agendas: every coach and the psychologist are open on every working day of the next eight weeks and more."""

from typing import Any, Final

from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.domains.coaching.availability import get_availability, put_availability
from vitalapp.domains.coaching.schemas_admin import Availability, WeeklyWindow
from vitalapp.domains.staff.service import list_coach_profiles

# After the staff's own seed, which makes the coaches.
ORDER: Final = 1

AGENDA: Final = Availability(
    time_zone="Europe/Amsterdam",
    session_minutes=50,
    buffer_before_minutes=0,
    buffer_after_minutes=10,
    notice_hours=1,
    horizon_days=62,
    capacity=8,
    weekly=tuple(WeeklyWindow(weekday=weekday, from_="09:00", to="17:00") for weekday in range(1, 6)),
)


async def seed(resources: Resources, facts: dict[str, Any]) -> None:
    """Open the agendas of coaches who have none; `facts` gets nothing new."""
    assert facts["staff"], "the staff's seed runs first"
    for coach in await list_coach_profiles(resources):
        try:
            await get_availability(resources, coach.id)
        except NotFound:
            await put_availability(resources, coach.id, AGENDA)
