"""Every failure is a problem document that tells the client what to do, and nothing of our insides."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from vitalapp.core.fence import StaleFence
from vitalapp.core.http.wiring import http_options
from vitalapp.core.problems import ConsentRequired, NotFound, RateLimited
from vitalapp.core.settings import Settings
from vitalapp.core.stores import StoreOutdated

SECRET = "SELECT sealed FROM diary -- /srv/vitalapp/secret.py"
STATEMENT_ID = UUID(int=7)


class Inner(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A body within the body."""

    value: Annotated[int, msgspec.Meta(ge=1, le=5)]


class Entry(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A body with a constraint of each kind."""

    text: Annotated[str, msgspec.Meta(max_length=10)]
    mood: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    tags: Annotated[list[Annotated[str, msgspec.Meta(max_length=3)]], msgspec.Meta(max_length=2)] = []
    answers: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = {}
    parts: list[Inner] = []


@post("/entries")
async def create_entry(data: JSONBody[Entry]) -> Entry:
    return data


@get("/entries/{entry_id:uuid}/parts")
async def get_entry(entry_id: FromPath[UUID]) -> None:
    raise NotFound


@get("/search")
async def search(
    since: Annotated[int, QueryParameter(name="from")], limit: Annotated[int, QueryParameter(ge=1)] = 1
) -> None:
    return


@get("/between")
async def between(
    since: Annotated[datetime | None, QueryParameter(name="from")] = None, until: FromQuery[datetime | None] = None
) -> list[datetime | None]:
    return [since, until]


@get("/consent")
async def need_consent() -> None:
    raise ConsentRequired(statement_id=STATEMENT_ID)


@get("/limited")
async def limited() -> None:
    raise RateLimited(0.2)


def failing_with(exception: Exception) -> HTTPRouteHandler:
    @get("/fails")
    async def fail() -> None:
        raise exception

    return fail


@asynccontextmanager
async def open_app(*handlers: HTTPRouteHandler) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([*handlers], **http_options(Settings(is_local_run=True), audience="app"))
    transport = httpx.ASGITransport(app=cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://vitalapp.example") as client:
        yield client


@pytest.fixture
async def app() -> AsyncIterator[httpx.AsyncClient]:
    async with open_app(create_entry, get_entry, search, between, need_consent, limited) as client:
        yield client


def assert_is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    document = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["type"] == f"urn:vitalapp:problem:{code}"
    assert document["code"] == code
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["instance"]
    return document


def pointers(answer: httpx.Response) -> list[str]:
    errors = cast("list[dict[str, str]]", assert_is_problem(answer, 400, "validation-failed")["errors"])
    assert all(error["detail"] for error in errors)
    return sorted(error["pointer"] for error in errors)


async def test_an_unknown_path_is_a_problem(app: httpx.AsyncClient) -> None:
    answer = await app.get("/nothing/here?secret=1")
    assert assert_is_problem(answer, 404, "not-found")["instance"] == "/nothing/here"


async def test_another_method_is_a_problem_that_names_the_methods(app: httpx.AsyncClient) -> None:
    answer = await app.delete("/entries")
    assert_is_problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["allow"]


async def test_any_two_objects_that_are_not_there_have_equal_answers(app: httpx.AsyncClient) -> None:
    one, other = [await app.get(f"/entries/{uuid4()}/parts") for _ in range(2)]
    assert assert_is_problem(one, 404, "not-found")["instance"] == "/entries"
    assert one.content == other.content


async def test_every_fault_of_a_body_is_reported_with_its_place(app: httpx.AsyncClient) -> None:
    body = {
        "mood": 9,
        "tags": ["ok", "long"],
        "answers": {"a/b~c": -1},
        "parts": [{"value": 1}, {"value": "1"}, {}],
        "colour": "red",
    }
    assert pointers(await app.post("/entries", json=body)) == [
        "/answers/a~1b~0c",
        "/colour",
        "/mood",
        "/parts/1/value",
        "/parts/2/value",
        "/tags/1",
        "/text",
    ]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"text": 3}', "/text"),
        (b'{"text": "x", "mood": "3"}', "/mood"),
        (b'{"text": "x", "mood": 3.5}', "/mood"),
        (b'{"text": "x", "mood": true}', "/mood"),
        (b'{"text": "x", "tags": ["a", "b", "c"]}', "/tags"),
        (b'{"text": "01234567890"}', "/text"),
        (b"[]", ""),
        (b"null", ""),
        (b"", ""),
        (b'{"text": "a\\u0000b"}', "/text"),
        (b'{"text": "\\ud800"}', "/text"),
        (b'{"text": "\xff"}', "/text"),
        (b'{"text": "x", "answers": {"\\u0000": 1}}', "/answers"),
        (b'{"text": "x", "answers": {"a": 1e400}}', "/answers/a"),
    ],
)
async def test_a_wrong_value_is_pointed_at_and_never_coerced(app: httpx.AsyncClient, body: bytes, place: str) -> None:
    answer = await app.post("/entries", content=body, headers={"Content-Type": "application/json"})
    assert pointers(answer) == [place]


@pytest.mark.parametrize("body", [b'{"text": ', b'{"text": NaN}', b"\xef\xbb\xbf{}", b"[" * 100_000, b"text=x"])
async def test_what_is_not_json_is_a_problem(app: httpx.AsyncClient, body: bytes) -> None:
    answer = await app.post("/entries", content=body, headers={"Content-Type": "application/json"})
    assert_is_problem(answer, 400, "malformed-body")


async def test_an_escaped_backslash_before_u0000_is_ordinary_text(app: httpx.AsyncClient) -> None:
    answer = await app.post("/entries", content=b'{"text": "\\\\u0000"}', headers={"Content-Type": "application/json"})
    assert answer.json()["text"] == "\\u0000"


async def test_another_kind_of_body_is_refused(app: httpx.AsyncClient) -> None:
    assert_is_problem(await app.post("/entries", data={"text": "x"}), 415, "unsupported-media-type")


async def test_a_body_without_a_content_type_is_taken_as_json(app: httpx.AsyncClient) -> None:
    assert (await app.post("/entries", content=b'{"text": "x"}')).status_code == 201


async def test_a_body_over_256_kib_is_refused_by_its_announced_length(app: httpx.AsyncClient) -> None:
    answer = await app.post("/entries", json={"text": "x" * 256 * 1024})
    assert_is_problem(answer, 413, "payload-too-large")


async def test_a_body_over_256_kib_is_refused_while_it_streams_in(app: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"text": "'
        for _ in range(300):
            await asyncio.sleep(0)
            yield b"x" * 1024

    answer = await app.post("/entries", content=chunks(), headers={"Content-Type": "application/json"})
    assert_is_problem(answer, 413, "payload-too-large")


@pytest.mark.parametrize(
    ("query", "place"), [("", "/from"), ("from=x", "/from"), ("from=1&limit=0", "/limit"), ("from=1&limit=a", "/limit")]
)
async def test_a_wrong_query_parameter_is_pointed_at_by_its_own_name(app: httpx.AsyncClient, query: str, place: str) -> None:
    assert pointers(await app.get(f"/search?{query}")) == [place]


@pytest.mark.parametrize("instant", ["0.5", "5", "1e3", "2026-11-22", "2026-11-22T10:00:00", "now", ""])
async def test_an_instant_in_the_query_is_rfc_3339_with_its_offset(app: httpx.AsyncClient, instant: str) -> None:
    assert pointers(await app.get("/between", params={"from": instant})) == ["/from"]
    assert pointers(await app.get("/between", params={"until": instant})) == ["/until"]
    answer = await app.get("/between", params={"from": "2026-11-22T10:00:00+01:00", "until": "2026-11-22T10:00:00Z"})
    assert answer.json() == ["2026-11-22T10:00:00+01:00", "2026-11-22T10:00:00Z"]


async def test_members_and_headers_of_a_problem_are_sent(app: httpx.AsyncClient) -> None:
    document = assert_is_problem(await app.get("/consent"), 403, "consent-required")
    assert document["statement_id"] == str(STATEMENT_ID)
    limited_answer = await app.get("/limited")
    assert_is_problem(limited_answer, 429, "rate-limited")
    assert limited_answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "exception",
    [RuntimeError(SECRET), KeyError(SECRET), asyncpg.UniqueViolationError(SECRET), asyncpg.InterfaceError(SECRET)],
)
async def test_what_nobody_foresaw_is_a_500_that_tells_nothing(exception: Exception) -> None:
    async with open_app(failing_with(exception)) as client:
        answer = await client.get("/fails")
    assert_is_problem(answer, 500, "internal-error")
    assert "secret" not in answer.text.lower()
    assert "diary" not in answer.text
    assert type(exception).__name__ not in answer.text


@pytest.mark.parametrize(
    "exception",
    [
        asyncpg.CannotConnectNowError(SECRET),
        asyncpg.AdminShutdownError(SECRET),
        asyncpg.CrashShutdownError(SECRET),
        asyncpg.ConnectionDoesNotExistError(SECRET),
        asyncpg.TooManyConnectionsError(SECRET),
        asyncpg.DiskFullError(SECRET),
        asyncpg.QueryCanceledError(SECRET),
        asyncpg.DeadlockDetectedError(SECRET),
        asyncpg.SerializationError(SECRET),
        asyncpg.LockNotAvailableError(SECRET),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InterfaceError("pool is closing"),
        ConnectionRefusedError(SECRET),
        ConnectionResetError(SECRET),
        TimeoutError(SECRET),
        OSError("Multiple exceptions: " + SECRET),
        StoreOutdated(SECRET),
    ],
)
async def test_a_store_that_is_away_is_a_503_that_says_when_to_come_back(exception: Exception) -> None:
    async with open_app(failing_with(exception)) as client:
        answer = await client.get("/fails")
    assert_is_problem(answer, 503, "temporarily-unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert "secret" not in answer.text.lower()


async def test_a_stale_fence_is_a_session_that_has_ended() -> None:
    async with open_app(failing_with(StaleFence())) as client:
        answer = await client.get("/fails")
    assert_is_problem(answer, 401, "invalid-session")
    assert answer.headers["www-authenticate"] == "Bearer"
