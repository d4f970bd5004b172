"""The slots of a coach: listed = bookable = the instant in the calendar file, over clock changes and years ahead."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitalapp.domains.coaching.slots import (
    Agenda,
    Busy,
    Rules,
    Slot,
    Span,
    Window,
    find_slot,
    instant_of,
    is_on_grid,
    list_slots,
    weekly_windows,
)

ZONES = ("Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
DAY = 86_400


def stamp(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def rules(**changes: Any) -> Rules:
    usual: dict[str, Any] = {
        "time_zone": "Europe/Amsterdam",
        "session_minutes": 50,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 10,
        "notice_hours": 0,
        "horizon_days": 3650,
        "capacity": 1,
        "weekly": tuple(Window(weekday, 9 * 60, 17 * 60) for weekday in range(1, 6)),
    }
    return Rules(**(usual | changes))


def clock_changes(zone: ZoneInfo, year: int) -> list[int]:
    """The instants at which the zone's offset changes in a year."""
    hours = range(
        int(datetime(year, 1, 1, tzinfo=UTC).timestamp()), int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp()), 3600
    )
    offsets = [(hour, datetime.fromtimestamp(hour, zone).utcoffset()) for hour in hours]
    return [hour for (_, before), (hour, after) in pairwise(offsets) if before != after]


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    found: list[Window] = []
    for weekday in range(1, 8):
        bounds = sorted(draw(st.lists(st.integers(0, 96), unique=True, max_size=4)))
        pairs = zip(bounds[::2], bounds[1::2], strict=False)
        found += [Window(weekday, starts * 15, ends * 15) for starts, ends in pairs]
    return tuple(found)


@st.composite
def agendas(draw: st.DrawFn) -> tuple[Agenda, int]:
    """An agenda, and an instant near one of its zone's clock changes, or anywhere where it has none."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.integers(2026, 2036))
    changes = clock_changes(ZoneInfo(zone), year) or [stamp(f"{year}-03-29T00:00:00Z")]
    around = draw(st.sampled_from(changes)) - DAY
    made = rules(
        time_zone=zone,
        session_minutes=draw(st.sampled_from([15, 30, 45, 50, 60, 90])),
        buffer_before_minutes=draw(st.sampled_from([0, 5, 15])),
        buffer_after_minutes=draw(st.sampled_from([0, 10, 30])),
        capacity=draw(st.integers(1, 4)),
        weekly=draw(windows()),
    )

    def span(at: int, length: int) -> Span:
        return Span(around + at * 900, around + (at + length) * 900)

    spans = st.builds(span, st.integers(-96, 288), st.integers(1, 96))
    return Agenda(rules=made, opened=draw(st.lists(spans, max_size=2)), closed=draw(st.lists(spans, max_size=2))), around


@settings(max_examples=100, deadline=None)
@given(agendas(), st.data())
def test_what_is_listed_can_be_booked_and_nothing_else(drawn: tuple[Agenda, int], data: st.DataObject) -> None:
    """Pitfall 2: three days around a clock change, after some slots have been taken."""
    agenda, starts = drawn
    ends, now = starts + 3 * DAY, starts - 30 * DAY
    taken: list[Busy] = []
    before, after = (minutes * 60 for minutes in (agenda.rules.buffer_before_minutes, agenda.rules.buffer_after_minutes))
    for _ in range(data.draw(st.integers(0, 5))):
        free = [slot for slot in list_slots(agenda, starts=starts, ends=ends, now=now) if slot.is_empty]
        if free:
            slot = data.draw(st.sampled_from(free))
            taken.append(Busy(slot.starts - before, slot.ends + after, slot.starts, data.draw(st.integers(0, 2))))
            agenda = Agenda(rules=agenda.rules, opened=agenda.opened, closed=agenda.closed, busy=sorted(taken))

    listed = {slot.starts: slot for slot in list_slots(agenda, starts=starts, ends=ends, now=now)}
    for at in {*range(starts, ends, 1800), *listed, *(busy.session_starts for busy in taken)}:
        slot = listed.get(at)
        assert find_slot(agenda, starts=at, kind="session", now=now) == (slot if slot and slot.is_empty else None)
        assert find_slot(agenda, starts=at, kind="group", now=now) == (slot if agenda.rules.capacity > 1 else None)
    ordered = sorted(taken)
    assert all(one.ends <= other.starts for one, other in pairwise(ordered))
    for slot in listed.values():
        assert all(slot.ends <= closed.starts or slot.starts >= closed.ends for closed in agenda.closed)
        assert not slot.is_empty or all(
            slot.ends + after <= busy.starts or slot.starts - before >= busy.ends for busy in taken
        )


@settings(max_examples=100, deadline=None)
@given(agendas())
def test_a_slot_is_at_the_wall_clock_time_of_its_window(drawn: tuple[Agenda, int]) -> None:
    """On days without a clock change a slot lies within its window by the coach's own clock."""
    agenda, around = drawn
    zone = ZoneInfo(agenda.rules.time_zone)
    plain = Agenda(rules=agenda.rules)
    for slot in list_slots(plain, starts=around - DAY, ends=around + 4 * DAY, now=around - 30 * DAY):
        starts, ends = (datetime.fromtimestamp(instant, zone) for instant in (slot.starts, slot.ends))
        midnight = starts.replace(hour=0, minute=0, second=0)
        if midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset():
            continue
        minutes = starts.hour * 60 + starts.minute, (ends - midnight) // timedelta(minutes=1)
        assert any(
            window.weekday == starts.isoweekday() and window.from_minute <= minutes[0] and minutes[1] <= window.to_minute
            for window in agenda.rules.weekly
        )


@settings(max_examples=100, deadline=None)
@given(agendas())
def test_weekly_windows_keep_their_order_over_a_clock_change(drawn: tuple[Agenda, int]) -> None:
    agenda, around = drawn
    found = [*weekly_windows(agenda.rules, ZoneInfo(agenda.rules.time_zone), starts=around - DAY, ends=around + 4 * DAY)]
    assert all(one.ends <= other.starts for one, other in pairwise(found))


@settings(max_examples=100, deadline=None)
@given(agendas(), st.integers(0, 3 * DAY), st.integers(1, 3 * DAY))
def test_a_listing_of_a_part_is_that_part_of_the_listing(drawn: tuple[Agenda, int], skipped: int, length: int) -> None:
    agenda, starts = drawn
    now = starts - 30 * DAY
    whole = list_slots(agenda, starts=starts, ends=starts + 6 * DAY, now=now)
    begin = starts + skipped
    part = list_slots(agenda, starts=begin, ends=begin + length, now=now)
    assert part == [slot for slot in whole if begin <= slot.starts < begin + length]


@pytest.mark.parametrize("zone", ZONES)
def test_a_working_week_has_the_same_local_hours_in_summer_and_winter(zone: str) -> None:
    for year in (2026, 2031):
        for month in (1, 7):
            starts = int(datetime(year, month, 5, tzinfo=ZoneInfo(zone)).timestamp())
            agenda = Agenda(rules=rules(time_zone=zone))
            slots = list_slots(agenda, starts=starts, ends=starts + 7 * DAY, now=stamp("2026-01-01T00:00:00Z"))
            hours = {datetime.fromtimestamp(slot.starts, ZoneInfo(zone)).strftime("%H:%M") for slot in slots}
            assert hours == {f"{hour:02}:00" for hour in range(9, 17)}
            assert len(slots) == 40


@pytest.mark.parametrize(
    ("minute", "instant"),
    [
        (119, "2027-03-28T00:59:00Z"),
        (120, "2027-03-28T01:00:00Z"),
        (150, "2027-03-28T01:00:00Z"),
        (181, "2027-03-28T01:01:00Z"),
    ],
)
def test_a_skipped_time_is_the_instant_of_the_skip(minute: int, instant: str) -> None:
    assert instant_of(date(2027, 3, 28), minute, ZoneInfo("Europe/Amsterdam")) == stamp(instant)


def test_a_repeated_time_is_the_first_of_the_two() -> None:
    assert instant_of(date(2027, 10, 31), 150, ZoneInfo("Europe/Amsterdam")) == stamp("2027-10-31T00:30:00Z")


def test_notice_and_horizon_bound_what_is_offered() -> None:
    agenda = Agenda(rules=rules(notice_hours=24, horizon_days=2))
    now = stamp("2026-11-23T10:30:00+01:00")
    listed = list_slots(agenda, starts=now - DAY, ends=now + 30 * DAY, now=now)
    assert listed[0].starts == stamp("2026-11-24T11:00:00+01:00")
    assert listed[-1].starts == stamp("2026-11-25T16:00:00+01:00")


def test_opened_hours_add_slots_outside_the_week_and_closed_hours_take_them_away() -> None:
    opened = Span(stamp("2026-11-28T10:00:00+01:00"), stamp("2026-11-28T12:00:00+01:00"))
    closed = Span(stamp("2026-11-27T00:00:00+01:00"), stamp("2026-11-28T00:00:00+01:00"))
    agenda = Agenda(rules=rules(), opened=[opened], closed=[closed])
    starts = stamp("2026-11-27T00:00:00+01:00")
    listed = list_slots(agenda, starts=starts, ends=starts + 2 * DAY, now=starts)
    assert [slot.starts for slot in listed] == [opened.starts, opened.starts + 3600]


def test_a_group_is_joined_until_it_is_full_and_takes_no_single_session() -> None:
    starts = stamp("2026-11-24T09:00:00+01:00")
    joined = Agenda(rules=rules(capacity=8), busy=[Busy(starts, starts + 3600, starts, 3)])
    full = Agenda(rules=rules(capacity=8), busy=[Busy(starts, starts + 3600, starts, 0)])
    now = starts - DAY
    assert find_slot(joined, starts=starts, kind="group", now=now) == Slot(starts, starts + 3000, 3, is_empty=False)
    assert find_slot(joined, starts=starts, kind="session", now=now) is None
    assert find_slot(full, starts=starts, kind="group", now=now) is None
    assert is_on_grid(full, starts=starts, kind="group", now=now)
    assert not is_on_grid(Agenda(rules=rules()), starts=starts, kind="group", now=now)
