"""Which slots a coach offers: one function, for listing and for validating a booking.

Everything here is in whole seconds since the epoch; a coach's week is in wall-clock time of an IANA zone.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

Kind = Literal["intake", "session", "group"]

_MINUTE = 60
_HOUR = 3600
_DAY = timedelta(days=1)


class Window(NamedTuple):
    """A weekly window: ISO weekday, and minutes after midnight."""

    weekday: int
    from_minute: int
    to_minute: int


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A coach's rules; a slot takes one session, and nothing else may lie within its buffers."""

    time_zone: str
    session_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    notice_hours: int
    horizon_days: int
    capacity: int
    weekly: tuple[Window, ...]


class Span(NamedTuple):
    """From `starts` until before `ends`."""

    starts: int
    ends: int


class Busy(NamedTuple):
    """One occupancy, its buffers included; `seats_left` is 0 unless it is a group that others may join."""

    starts: int
    ends: int
    session_starts: int
    seats_left: int


class Agenda(msgspec.Struct, frozen=True, kw_only=True):
    """What the slots of one coach depend on; `busy` is in order of time."""

    rules: Rules
    opened: Sequence[Span] = ()
    closed: Sequence[Span] = ()
    busy: Sequence[Busy] = ()


class Slot(NamedTuple):
    """One session that can be booked; `seats_left` counts a group's, an empty slot has all of them."""

    starts: int
    ends: int
    seats_left: int
    is_empty: bool


def list_slots(agenda: Agenda, *, starts: int, ends: int, now: int) -> list[Slot]:
    """The slots that begin in [starts, ends), in order; what is listed can be booked, and nothing else can."""
    rules = agenda.rules
    before, after = rules.buffer_before_minutes * _MINUTE, rules.buffer_after_minutes * _MINUTE
    length = rules.session_minutes * _MINUTE
    busy, count, at = agenda.busy, len(agenda.busy), 0
    slots: list[Slot] = []
    for start in grid(agenda, starts=starts, ends=ends, now=now):
        blocked_from, blocked_to = start - before, start + length + after
        while at < count and busy[at].ends <= blocked_from:
            at += 1
        if at == count or busy[at].starts >= blocked_to:
            slots.append(Slot(start, start + length, rules.capacity, is_empty=True))
        elif busy[at].session_starts == start and busy[at].seats_left > 0:
            slots.append(Slot(start, start + length, busy[at].seats_left, is_empty=False))
    return slots


def find_slot(agenda: Agenda, *, starts: int, kind: Kind, now: int) -> Slot | None:
    """The slot that begins exactly then and takes an appointment of this kind, as `list_slots` lists it."""
    for slot in list_slots(agenda, starts=starts, ends=starts + 1, now=now):
        if slot.is_empty if kind != "group" else agenda.rules.capacity > 1:
            return slot
    return None


def is_on_grid(agenda: Agenda, *, starts: int, kind: Kind, now: int) -> bool:
    """Whether the coach would offer that slot if nobody had taken it."""
    is_kind_offered = kind != "group" or agenda.rules.capacity > 1
    return is_kind_offered and starts in grid(agenda, starts=starts, ends=starts + 1, now=now)


def grid(agenda: Agenda, *, starts: int, ends: int, now: int) -> list[int]:
    """The beginnings of all sessions in [starts, ends) that rules, exceptions, notice and horizon leave, taken or not."""
    rules = agenda.rules
    zone = ZoneInfo(rules.time_zone)
    last_day = datetime.fromtimestamp(now, zone).date() + rules.horizon_days * _DAY
    starts = max(starts, now + rules.notice_hours * _HOUR)
    ends = min(ends, instant_of(last_day, 24 * 60, zone))
    length = rules.session_minutes * _MINUTE
    step = length + (rules.buffer_before_minutes + rules.buffer_after_minutes) * _MINUTE
    found: set[int] = set()
    for window in _windows(agenda, zone, starts=starts, ends=ends):
        skipped = max(0, -(-(starts - window.starts) // step))
        found.update(range(window.starts + skipped * step, min(ends, window.ends - length + 1), step))
    for closed in agenda.closed:
        found = {start for start in found if start >= closed.ends or start + length <= closed.starts}
    return sorted(found)


def weekly_windows(rules: Rules, zone: ZoneInfo, *, starts: int, ends: int) -> Iterator[Span]:
    """The weekly windows that touch [starts, ends), as instants."""
    if starts >= ends:
        return
    day = datetime.fromtimestamp(starts, zone).date() - _DAY
    last_day = datetime.fromtimestamp(ends, zone).date()
    while day <= last_day:
        for window in rules.weekly:
            if window.weekday == day.isoweekday():
                span = Span(instant_of(day, window.from_minute, zone), instant_of(day, window.to_minute, zone))
                if span.starts < ends and span.ends > starts:
                    yield span
        day += _DAY


def instant_of(day: date, minute: int, zone: ZoneInfo) -> int:
    """The instant of a wall-clock time.

    A time that comes twice is the first of the two; one that is skipped is the instant at which the clock skips it, so that
    windows never change their order.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    later = int(wall.replace(tzinfo=zone).timestamp())
    if datetime.fromtimestamp(later, zone).replace(tzinfo=None) == wall:
        return later
    earlier = int(wall.replace(tzinfo=zone, fold=1).timestamp())
    offset_after = datetime.fromtimestamp(later, zone).utcoffset()
    while later - earlier > 1:
        middle = (earlier + later) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset_after:
            later = middle
        else:
            earlier = middle
    return later


def _windows(agenda: Agenda, zone: ZoneInfo, *, starts: int, ends: int) -> Iterator[Span]:
    """The weekly windows, and what the opened hours add outside them."""
    yield from weekly_windows(agenda.rules, zone, starts=starts, ends=ends)
    for opened in agenda.opened:
        if opened.starts < ends and opened.ends > starts:
            yield from _outside(opened, sorted(weekly_windows(agenda.rules, zone, starts=opened.starts, ends=opened.ends)))


def _outside(span: Span, windows: list[Span]) -> Iterator[Span]:
    begin = span.starts
    for window in windows:
        if window.starts > begin:
            yield Span(begin, window.starts)
        begin = max(begin, window.ends)
    if begin < span.ends:
        yield Span(begin, span.ends)
