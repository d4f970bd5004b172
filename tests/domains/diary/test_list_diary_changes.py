"""GET /v1/diary/changes: what a device that keeps a copy has not seen."""

from datetime import date
from typing import Any

import pytest

from tests.support.application import TravellingClock
from tests.support.diarist import Diarist
from vitalapp.core.resources import Resources

LAST_USED_ON = "SELECT last_used_on FROM accounts WHERE person_id = $1"


async def test_changes_come_in_their_order_each_entry_once_at_its_latest_version(diarist: Diarist) -> None:
    first, second, third = [await diarist.write(text=text) for text in ("one", "two", "three")]
    edited = (await diarist.put(first["id"], if_match=1, text="one, edited")).json()
    await diarist.delete(second["id"], if_match=1)
    page = await diarist.changes()
    assert page["items"] == [
        {"id": third["id"], "is_deleted": False, "version": 1, "entry": third},
        {"id": first["id"], "is_deleted": False, "version": 2, "entry": edited},
        {"id": second["id"], "is_deleted": True, "version": 2, "entry": None},
    ]
    assert page["has_more"] is False


async def test_a_cursor_gives_what_came_after_it_and_is_never_null(diarist: Diarist) -> None:
    empty = await diarist.changes()
    assert (empty["items"], empty["has_more"]) == ([], False)
    entry = await diarist.write()
    seen = await diarist.changes(cursor=empty["next_cursor"])
    assert [change["id"] for change in seen["items"]] == [entry["id"]]
    again = await diarist.changes(cursor=seen["next_cursor"])
    assert (again["items"], again["has_more"]) == ([], False)
    assert again["next_cursor"]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
async def test_pages_of_any_size_give_each_change_once(diarist: Diarist, limit: int) -> None:
    entries = [await diarist.write() for _ in range(5)]
    pages: list[list[str]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await diarist.changes(limit=limit, **cursor)
        pages.append([change["id"] for change in page["items"]])
        cursor = {"cursor": page["next_cursor"]}
        if not page["has_more"]:
            break
    assert [entry_id for page in pages for entry_id in page] == [entry["id"] for entry in entries]
    assert len(pages) == -(-5 // limit)


async def test_a_cursor_is_of_one_person(diarist: Diarist, other_diarist: Diarist) -> None:
    await diarist.write()
    cursor = (await diarist.changes())["next_cursor"]
    answer = await other_diarist.request("GET", "/changes", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/cursor")


@pytest.mark.parametrize("cursor", ["", "AAAA", "é", "AQAB" + "A" * 80])
async def test_a_made_up_cursor_is_refused(diarist: Diarist, cursor: str) -> None:
    answer = await diarist.request("GET", "/changes", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/cursor")


async def test_asking_for_changes_is_no_use_of_the_app(
    diarist: Diarist, resources: Resources, clock: TravellingClock
) -> None:
    """Rule: C2; an app that synchronises by itself does not keep an account alive."""
    await resources.identity.execute("UPDATE accounts SET last_used_on = '2026-01-01'")
    await diarist.changes()
    assert await resources.identity.fetchval(LAST_USED_ON, diarist.person_id) == date(2026, 1, 1)
    await diarist.list()
    assert await resources.identity.fetchval(LAST_USED_ON, diarist.person_id) == clock().date()
