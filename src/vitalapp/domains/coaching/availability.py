"""A coach's own rules and exceptions."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.problems import FieldError, NotFound, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.texts import mark
from vitalapp.core.time_zones import time_zone
from vitalapp.domains.coaching import availability_queries
from vitalapp.domains.coaching.agenda_queries import to_rules
from vitalapp.domains.coaching.schemas_admin import (
    Availability,
    AvailabilityException,
    ExceptionInput,
    WeeklyWindow,
)
from vitalapp.domains.coaching.slots import Window

LONGEST_OPENING: Final = timedelta(days=62)
LONGEST_CLOSING: Final = timedelta(days=366)

_TOO_SHORT = mark("The end must lie at least one session after the beginning.")
_OVERLAP = mark("Two windows of one weekday overlap.")
_SPAN = mark("The end must lie after the beginning, by at most {days} days.")


async def get_availability(resources: Resources, coach_id: UUID) -> Availability:
    """The coach's rules.

    Raises: NotFound (404) before they are set.
    """
    row = await availability_queries.find_rules(resources.vault, coach_id=coach_id)
    if row is None:
        raise NotFound
    rules = to_rules(row)
    return Availability(
        time_zone=rules.time_zone,
        session_minutes=rules.session_minutes,
        buffer_before_minutes=rules.buffer_before_minutes,
        buffer_after_minutes=rules.buffer_after_minutes,
        notice_hours=rules.notice_hours,
        horizon_days=rules.horizon_days,
        capacity=rules.capacity,
        weekly=tuple(
            WeeklyWindow(weekday=window.weekday, from_=_clock(window.from_minute), to=_clock(window.to_minute))
            for window in rules.weekly
        ),
    )


async def put_availability(resources: Resources, coach_id: UUID, data: Availability) -> Availability:
    """Set the coach's rules; appointments that are booked stay.

    Raises: ValidationFailed (400).
    """
    time_zone(data.time_zone)
    weekly = sorted(_windows(data))
    await availability_queries.upsert_rules(
        resources.vault,
        coach_id=coach_id,
        time_zone=data.time_zone,
        session_minutes=data.session_minutes,
        buffer_before_minutes=data.buffer_before_minutes,
        buffer_after_minutes=data.buffer_after_minutes,
        notice_hours=data.notice_hours,
        horizon_days=data.horizon_days,
        capacity=data.capacity,
        weekly=msgspec.json.encode(weekly).decode(),
        updated_at=resources.clock(),
    )
    return await get_availability(resources, coach_id)


async def list_exceptions(
    resources: Resources, coach_id: UUID, *, after: tuple[datetime, UUID], limit: int
) -> list[AvailabilityException]:
    """The coach's exceptions in order of time, after one of them."""
    rows = await availability_queries.list_exceptions(resources.vault, coach_id=coach_id, after=after, limit=limit)
    return [
        AvailabilityException(id=row["exception_id"], from_=row["starts_at"], to=row["ends_at"], kind=row["kind"])
        for row in rows
    ]


async def create_exception(resources: Resources, coach_id: UUID, data: ExceptionInput) -> AvailabilityException:
    """Open or close hours; appointments that are booked stay.

    Raises: ValidationFailed (400).
    """
    longest = LONGEST_OPENING if data.kind == "open" else LONGEST_CLOSING
    if not timedelta() < data.to - data.from_ <= longest:
        raise ValidationFailed(errors=[FieldError("/to", _SPAN, {"days": longest.days})])
    exception_id = uuid4()
    await availability_queries.insert_exception(
        resources.vault, coach_id=coach_id, exception_id=exception_id, kind=data.kind, starts_at=data.from_, ends_at=data.to
    )
    return AvailabilityException(id=exception_id, from_=data.from_, to=data.to, kind=data.kind)


async def delete_exception(resources: Resources, coach_id: UUID, exception_id: UUID) -> None:
    """Take an exception back.

    Raises: NotFound (404).
    """
    if not await availability_queries.delete_exception(resources.vault, coach_id=coach_id, exception_id=exception_id):
        raise NotFound


def _windows(data: Availability) -> list[Window]:
    windows = [Window(window.weekday, _minute(window.from_), _minute(window.to)) for window in data.weekly]
    errors = [
        FieldError(f"/weekly/{index}/to", _TOO_SHORT)
        for index, window in enumerate(windows)
        if window.to_minute - window.from_minute < data.session_minutes
    ]
    for one, other in pairwise(sorted(windows)):
        if one.weekday == other.weekday and other.from_minute < one.to_minute:
            errors.append(FieldError(f"/weekly/{windows.index(other)}/from", _OVERLAP))
    if errors:
        raise ValidationFailed(errors=errors)
    return windows


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
