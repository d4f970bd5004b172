"""GET /v1/vitality/trend: one dimension's scores in the order of time, and nothing that follows from them."""

from typing import Any

import pytest

from tests.domains.vitality.vitality_steps import ENERGY, TREND, Superusers, access_lines, measured
from tests.support.people import People, Person
from vitalapp.domains.vitality.instrument_registry import load_instruments

OURS = load_instruments(None).current[0]


async def four_days(person: Person) -> None:
    for day, start in ((3, 5), (1, 1), (2, 3), (4, 4)):
        answers = {"energy_start": start, "energy_left": start}
        await measured(person, measured_at=f"2026-01-0{day}T08:00:00Z", answers=answers)


async def trend(person: Person, **query: Any) -> dict[str, Any]:
    answer = await person.get(TREND, params={"dimension": "energy", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_scores_stand_in_the_order_of_time(people: People, superusers: Superusers) -> None:
    person = await people.signed_in()
    await four_days(person)
    assert await trend(person) == {
        "dimension": "energy",
        "points": [
            {"measured_at": f"2026-01-0{day}T08:00:00Z", "value": value}
            for day, value in ((1, 0), (2, 50), (3, 100), (4, 75))
        ],
        "change_since_previous": -25,
        "next_cursor": None,
    }
    assert (await access_lines(superusers, person))[4:] == [("read", "measurement", None, "granted")]


async def test_pages_go_on_in_time_and_the_change_is_the_whole_periods(people: People) -> None:
    person = await people.signed_in()
    await four_days(person)
    first = await trend(person, limit=3)
    second = await trend(person, limit=3, cursor=first["next_cursor"])
    assert [point["value"] for point in first["points"] + second["points"]] == [0, 50, 100, 75]
    assert (first["change_since_previous"], second["change_since_previous"], second["next_cursor"]) == (-25, -25, None)


async def test_a_period_begins_inclusive_and_ends_exclusive(people: People) -> None:
    person = await people.signed_in()
    await four_days(person)
    period = await trend(person, **{"from": "2026-01-02T08:00:00Z", "to": "2026-01-04T08:00:00Z"})
    assert ([point["value"] for point in period["points"]], period["change_since_previous"]) == ([50, 100], 50)


async def test_what_was_not_scorable_has_no_point_and_is_no_zero(people: People) -> None:
    person = await people.signed_in()
    await measured(person)
    await measured(person, answers={"sleep_enough": 5, "energy_start": 1})
    result = await trend(person)
    assert ([point["value"] for point in result["points"]], result["change_since_previous"]) == ([83], None)


async def test_the_overall_score_has_a_trend_too(people: People) -> None:
    person = await people.signed_in()
    for vector in OURS.vectors[:2]:
        await measured(person, answers=vector.answers)
    assert [point["value"] for point in (await trend(person, dimension="overall"))["points"]] == [100, 0]


async def test_strangers_have_trends_of_their_own(people: People) -> None:
    owner, stranger = await people.signed_in(), await people.signed_in()
    await measured(owner, answers=ENERGY)
    assert (await trend(stranger))["points"] == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"dimension": "luck"}, "/dimension"),
        ({}, "/dimension"),
        ({"dimension": "energy", "instrument": "nothing"}, "/instrument"),
        ({"dimension": "energy", "from": "2026-01-01"}, "/from"),
        ({"dimension": "energy", "cursor": "x"}, "/cursor"),
    ],
)
async def test_a_wrong_query_is_400(people: People, query: dict[str, str], pointer: str) -> None:
    answer = await (await people.signed_in()).get(TREND, params=query)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
