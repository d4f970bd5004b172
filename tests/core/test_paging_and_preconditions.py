"""Lists page by opaque cursors; versions guard what is written."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar, get, put
from litestar.di import NamedDependency

from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor, make_page
from vitalapp.core.http.preconditions import NEVER_CURRENT, WriteCondition, require_if_match
from vitalapp.core.http.wiring import http_options
from vitalapp.core.problems import ValidationFailed
from vitalapp.core.settings import Settings

NUMBERS = list(range(45))


@get("/numbers")
async def list_numbers(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[int]:
    after = decode_cursor(cursor, tuple[int])
    rows = [number for number in NUMBERS if after is None or number > after[0]][: limit + 1]
    return make_page(rows, limit=limit, to_item=lambda row: row, to_key=lambda row: (row,))


@put("/versioned", guards=[require_if_match])
async def put_versioned(expected_version: NamedDependency[int]) -> int:
    return expected_version


@put("/maybe")
async def put_maybe(write_condition: NamedDependency[WriteCondition]) -> WriteCondition:
    return write_condition


@pytest.fixture
async def app() -> AsyncIterator[httpx.AsyncClient]:
    """A list, and two things that have versions."""
    litestar = Litestar(
        [list_numbers, put_versioned, put_maybe], **http_options(Settings(is_local_run=True), audience="app")
    )
    transport = httpx.ASGITransport(app=cast("Any", litestar))
    async with httpx.AsyncClient(transport=transport, base_url="http://vitalapp.example") as client:
        yield client


@pytest.mark.parametrize("limit", [None, 1, 7, 44, 45, 100])
async def test_pages_hold_everything_once_and_end_with_null(app: httpx.AsyncClient, limit: int | None) -> None:
    seen: list[int] = []
    cursor: str | None = None
    while True:
        given = {"limit": limit, "cursor": cursor}
        page = (await app.get("/numbers", params={name: value for name, value in given.items() if value})).json()
        assert len(page["items"]) <= (limit or 20)
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == NUMBERS


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", ""])
async def test_a_limit_outside_1_to_100_is_a_400(app: httpx.AsyncClient, limit: str) -> None:
    answer = await app.get("/numbers", params={"limit": limit})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/limit"]


@pytest.mark.parametrize("cursor", ["x", "", "é", "===", "W10", encode_cursor("text"), encode_cursor(1, 2), "A" * 600])
async def test_a_malformed_cursor_is_a_400(app: httpx.AsyncClient, cursor: str) -> None:
    answer = await app.get("/numbers", params={"cursor": cursor})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/cursor"]


def test_a_cursor_brings_its_key_back_to_the_microsecond() -> None:
    key = (datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC), uuid4())
    cursor = encode_cursor(*key)
    assert decode_cursor(cursor, tuple[datetime, UUID]) == key
    assert cursor.isascii()


def test_a_cursor_with_a_nul_character_is_refused() -> None:
    cursor = base64.urlsafe_b64encode(b'["a\\u0000"]').rstrip(b"=").decode()
    with pytest.raises(ValidationFailed):
        decode_cursor(cursor, tuple[str])


@pytest.mark.parametrize(
    ("if_match", "status", "version"),
    [
        ('"3"', 200, 3),
        (' "3" ', 200, 3),
        ('"0"', 200, 0),
        ('W/"3"', 200, NEVER_CURRENT),
        ('"abc"', 200, NEVER_CURRENT),
        ('""', 200, NEVER_CURRENT),
        ('"' + "9" * 30 + '"', 200, NEVER_CURRENT),
        (None, 428, None),
        ("*", 428, None),
        ("3", 400, None),
        ("", 400, None),
        ('"3', 400, None),
        ('"1", "2"', 400, None),
    ],
)
async def test_if_match_names_one_version(
    app: httpx.AsyncClient, if_match: str | None, status: int, version: int | None
) -> None:
    answer = await app.put("/versioned", headers={} if if_match is None else {"If-Match": if_match})
    assert answer.status_code == status
    if version is not None:
        assert answer.json() == version
    if status == 428:
        assert answer.json()["code"] == "precondition-required"


@pytest.mark.parametrize(
    ("headers", "status", "condition"),
    [
        ({}, 200, {"expected_version": None, "is_create_only": False}),
        ({"If-Match": '"2"'}, 200, {"expected_version": 2, "is_create_only": False}),
        ({"If-None-Match": "*"}, 200, {"expected_version": None, "is_create_only": True}),
        ({"If-None-Match": '"2"'}, 400, None),
        ({"If-Match": "2"}, 400, None),
    ],
)
async def test_a_write_condition_says_what_the_client_demands(
    app: httpx.AsyncClient, headers: dict[str, str], status: int, condition: dict[str, Any] | None
) -> None:
    answer = await app.put("/maybe", headers=headers)
    assert answer.status_code == status
    if condition is not None:
        assert answer.json() == condition
