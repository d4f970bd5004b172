"""Reading and deleting measurements: the own history with its answers, nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.domains.vitality.vitality_steps import ENERGY, MEASUREMENTS, Superusers, access_lines, measured
from tests.support.people import People
from vitalapp.core.http.paging import encode_cursor


async def test_the_history_is_paged_newest_first_with_answers_and_scores(people: People) -> None:
    person = await people.signed_in()
    days = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in (3, 1, 2, 2)]
    made = [await measured(person, measured_at=day.isoformat()) for day in days]
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await person.get(MEASUREMENTS, params=query)).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(made, key=lambda item: (item["measured_at"], item["id"]), reverse=True)


async def test_a_period_begins_inclusive_and_ends_exclusive(people: People) -> None:
    person = await people.signed_in()
    for day in (1, 2, 3):
        await measured(person, measured_at=f"2026-01-0{day}T00:00:00Z")
    answer = await person.get(MEASUREMENTS, params={"from": "2026-01-01T00:00:00Z", "to": "2026-01-03T01:00:00+01:00"})
    assert [item["measured_at"][:10] for item in answer.json()["items"]] == ["2026-01-02", "2026-01-01"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"cursor": "nonsense"},
        {"cursor": "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgIngiXQ"},
        {"from": "2026-01-01T00:00:00"},
        {"to": "yesterday"},
        {"to": "12345"},
    ],
)
async def test_a_wrong_query_is_400(people: People, query: dict[str, Any]) -> None:
    answer = await (await people.signed_in()).get(MEASUREMENTS, params=query)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{next(iter(query))}")


async def test_the_ends_of_time_are_no_error(people: People) -> None:
    person = await people.signed_in()
    await measured(person)
    query = {"from": "0001-01-01T00:00:00+14:00", "to": "9999-12-31T23:59:59-14:00"}
    assert len((await person.get(MEASUREMENTS, params=query)).json()["items"]) == 1
    cursor = encode_cursor("0001-01-01T00:00:00+14:00", uuid4())
    assert (await person.get(MEASUREMENTS, params={"cursor": cursor})).json()["items"] == []


async def test_one_measurement_is_read_as_it_was_made(people: People, superusers: Superusers) -> None:
    person = await people.signed_in()
    made = await measured(person)
    answer = await person.get(f"{MEASUREMENTS}/{made['id']}")
    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (200, made, '"1"')
    assert await access_lines(superusers, person) == [
        ("create", "measurement", UUID(made["id"]), "granted"),
        ("read", "measurement", UUID(made["id"]), "granted"),
    ]


async def test_a_deleted_measurement_and_its_shares_are_gone(people: People, superusers: Superusers) -> None:
    person = await people.signed_in()
    made, kept = await measured(person), await measured(person)
    await superusers["vault"].execute(
        "INSERT INTO measurement_shares VALUES ($1, $2, $3, now())", person.person_id, UUID(made["id"]), uuid4()
    )
    path = f"{MEASUREMENTS}/{made['id']}"
    assert (await person.delete(path)).status_code == 204
    assert [row[0] for row in await superusers["vault"].fetch("SELECT measurement_id FROM measurements")] == [
        UUID(kept["id"])
    ]
    assert await superusers["vault"].fetchval("SELECT count(*) FROM measurement_shares") == 0
    assert [(await person.get(path)).status_code, (await person.delete(path)).status_code] == [404, 404]
    assert [line[0::3] for line in await access_lines(superusers, person)][2:] == [
        ("delete", "granted"),
        ("read", "refused"),
        ("delete", "refused"),
    ]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_somebody_elses_measurement_is_404_equal_to_none_at_all(
    people: People, superusers: Superusers, method: str
) -> None:
    owner, stranger = await people.signed_in(), await people.signed_in()
    made = await measured(owner)
    foreign = await stranger.request(method, f"{MEASUREMENTS}/{made['id']}")
    absent = await stranger.request(method, f"{MEASUREMENTS}/{uuid4()}")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content
    assert await superusers["vault"].fetchval("SELECT count(*) FROM measurements") == 1
    assert (await stranger.get(MEASUREMENTS)).json() == {"items": [], "next_cursor": None}


async def test_a_row_that_was_swapped_does_not_open(people: People, superusers: Superusers) -> None:
    person = await people.signed_in()
    first, second = await measured(person), await measured(person, answers={**ENERGY, "energy_start": 1})
    await superusers["vault"].execute(
        "UPDATE measurements SET content_sealed = (SELECT content_sealed FROM measurements WHERE measurement_id = $2)"
        " WHERE measurement_id = $1",
        UUID(first["id"]),
        UUID(second["id"]),
    )
    assert (await person.get(f"{MEASUREMENTS}/{first['id']}")).status_code == 500


async def test_reading_the_history_writes_one_line_for_the_list(people: People, superusers: Superusers) -> None:
    person = await people.signed_in()
    await measured(person)
    await person.get(MEASUREMENTS)
    assert (await access_lines(superusers, person))[1:] == [("read", "measurement", None, "granted")]


async def test_a_measurement_of_long_ago_is_still_there(people: People) -> None:
    person = await people.signed_in()
    long_ago = datetime.now(UTC) - timedelta(days=5000)
    made = await measured(person, measured_at=long_ago.isoformat())
    assert (await person.get(MEASUREMENTS)).json()["items"] == [made]
