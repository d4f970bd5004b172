"""GET /v1/diary/entries: pages by local date, newest first."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.diarist import Diarist
from vitalapp.core.resources import Resources


async def all_pages(diarist: Diarist, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await diarist.list(**query, **cursor)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        assert page["items"]
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_pages_of_any_size_give_each_entry_once_newest_date_first(diarist: Diarist, limit: int) -> None:
    start = date(2026, 3, 1)
    moments = [f"{start + timedelta(days=day)}T{hour:02}:00:00Z" for day in range(3) for hour in (8, 8, 20)]
    entries = [await diarist.write(written_at=moment) for moment in sorted(moments, key=lambda moment: moment[-9:])]
    expected = sorted(entries, key=lambda entry: (entry["local_date"], entry["written_at"], entry["id"]), reverse=True)
    assert await all_pages(diarist, limit=limit) == expected


async def test_the_page_is_20_entries_unless_told(diarist: Diarist) -> None:
    for _ in range(21):
        await diarist.write()
    page = await diarist.list()
    assert len(page["items"]) == 20
    assert len((await diarist.list(cursor=page["next_cursor"]))["items"]) == 1


async def test_from_is_inclusive_and_to_is_exclusive_and_both_are_local_dates(diarist: Diarist) -> None:
    for day in (20, 21, 22, 23):
        await diarist.write(written_at=f"2026-11-{day}T00:30:00+13:00", time_zone="Pacific/Auckland")

    async def dates(**query: str) -> list[str]:
        return [entry["local_date"][-2:] for entry in await all_pages(diarist, limit=1, **query)]

    assert await dates(**{"from": "2026-11-21", "to": "2026-11-23"}) == ["22", "21"]
    assert await dates(**{"from": "2026-11-22"}) == ["23", "22"]
    assert await dates(to="2026-11-21") == ["20"]
    assert await dates(**{"from": "2026-11-23", "to": "2026-11-21"}) == []


async def test_an_entry_written_while_paging_repeats_and_hides_none(diarist: Diarist) -> None:
    for day in (1, 2, 3, 4):
        await diarist.write(written_at=f"2026-05-0{day}T12:00:00Z")
    first = await diarist.list(limit=2)
    await diarist.write(written_at="2026-05-04T13:00:00Z")
    rest = await diarist.list(limit=2, cursor=first["next_cursor"])
    days = [entry["local_date"][-1] for entry in first["items"] + rest["items"]]
    assert (days, rest["next_cursor"]) == (["4", "3", "2", "1"], None)


async def test_deleted_entries_and_those_of_others_are_not_listed(diarist: Diarist, other_diarist: Diarist) -> None:
    kept, deleted = await diarist.write(), await diarist.write()
    await diarist.delete(deleted["id"], if_match=1)
    await other_diarist.write()
    assert (await diarist.list())["items"] == [kept]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 0}, "/limit"),
        ({"limit": 101}, "/limit"),
        ({"limit": "many"}, "/limit"),
        ({"cursor": "nonsense"}, "/cursor"),
        ({"cursor": "W10"}, "/cursor"),
        ({"from": "2026-13-01"}, "/from"),
        ({"to": "2026-11-22T00:00:00Z"}, "/to"),
    ],
)
async def test_a_wrong_query_is_told_with_its_place(diarist: Diarist, query: dict[str, Any], pointer: str) -> None:
    answer = await diarist.request("GET", "/entries", params=query)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_each_page_is_one_line_in_the_access_log_an_empty_one_too(diarist: Diarist, resources: Resources) -> None:
    """Rule: NEN 7513, S0-21."""
    await diarist.list()
    lines = await resources.vault.fetch("SELECT * FROM access_log WHERE log_subject_id = $1", diarist.log_subject_id)
    assert [(line["action"], line["object_kind"], line["object_id"]) for line in lines] == [("read", "diary_entry", None)]
