"""No log line holds a person's words, a mail address or a token, whoever writes it."""

import asyncio
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

import httpx
import pytest
import structlog
from litestar import Litestar, post
from litestar.params import FromPath

from vitalapp.core.http.envelope import Envelope
from vitalapp.core.http.wiring import http_options
from vitalapp.core.logs import ALLOWED, configure_logs, failure
from vitalapp.core.settings import Settings

CANARIES = ["canary-Zeehond 4711", "canary@example.org", "vae_canaryToken0123456789abcdef"]


@pytest.fixture
def lines() -> Iterator[BytesIO]:
    """Everything that is logged."""
    hook, handlers, level = sys.excepthook, logging.root.handlers[:], logging.root.level
    stream = BytesIO()
    configure_logs(stream, process="api")
    yield stream
    sys.excepthook = hook
    logging.root.handlers, logging.root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def read(lines: BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def assert_clean(lines: BytesIO) -> None:
    for canary in CANARIES:
        assert canary not in lines.getvalue().decode()


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("key", [*ALLOWED, "email", "text", "token", "anything"])
def test_a_canary_is_dropped_under_every_key(lines: BytesIO, key: str, canary: str) -> None:
    structlog.get_logger().info(**{"event": "something", key: canary})
    assert_clean(lines)
    assert len(read(lines)) == 1


def test_an_event_that_is_a_sentence_is_dropped(lines: BytesIO) -> None:
    structlog.get_logger().warning(f"mail to {CANARIES[1]} failed")
    assert read(lines)[0]["event"] == "unnamed"
    assert_clean(lines)


def test_what_is_allowed_stays(lines: BytesIO) -> None:
    structlog.get_logger().info("outbox_carried", kind="fence", count=3, seconds=0.5, store="vault")
    line = read(lines)[0]
    assert line.pop("at")
    assert line == {
        "event": "outbox_carried",
        "level": "info",
        "process": "api",
        "kind": "fence",
        "count": 3,
        "seconds": 0.5,
        "store": "vault",
    }


def test_a_library_line_keeps_who_and_where_and_loses_its_words(lines: BytesIO) -> None:
    logger = logging.getLogger("some.library")
    logger.warning("user %s wrote %s", CANARIES[1], CANARIES[0])
    logger.info("below the level that we keep")
    try:
        raise ValueError(CANARIES[2])
    except ValueError:
        logger.exception("token %s", CANARIES[2])
    warned, failed = read(lines)
    assert_clean(lines)
    assert warned["logger"] == "some.library"
    assert warned["level"] == "warning"
    assert warned["place"].startswith("test_logs:")
    assert failed["error"] == "ValueError"
    assert failed["level"] == "error"


def test_a_warning_is_a_line_without_its_words(lines: BytesIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(CANARIES[0], stacklevel=1)
    assert read(lines)[0]["logger"] == "py.warnings"
    assert_clean(lines)


def test_a_crash_of_the_process_is_a_line_without_its_message(lines: BytesIO) -> None:
    error = KeyError(CANARIES[0])
    sys.excepthook(KeyError, error, None)
    assert read(lines)[0]["event"] == "crash"
    assert read(lines)[0]["error"] == "KeyError"
    assert_clean(lines)


async def test_an_exception_nobody_awaited_is_a_line_without_its_message(lines: BytesIO) -> None:
    asyncio.get_running_loop().call_exception_handler({"message": CANARIES[0], "exception": ValueError(CANARIES[1])})
    assert read(lines)[0]["logger"] == "asyncio"
    assert_clean(lines)


def test_a_failure_names_classes_and_places_only() -> None:
    def inner() -> None:
        raise KeyError(CANARIES[0])

    def outer() -> None:
        try:
            inner()
        except KeyError as error:
            raise RuntimeError(CANARIES[1]) from error

    with pytest.raises(RuntimeError) as caught:
        outer()
    found = failure(caught.value)
    assert found["error"] == "RuntimeError"
    assert found["cause"] == "KeyError"
    places = cast("list[str]", found["places"])
    assert places
    assert all(place.partition(":")[2].isdigit() for place in places)
    assert not any(canary in str(found) for canary in CANARIES)


@post("/v1/people/{person:str}/words")
async def fail_with_words(person: FromPath[str]) -> None:
    raise RuntimeError(f"{person} wrote {CANARIES[0]}")


async def test_a_request_is_one_line_with_its_route_and_never_its_path_query_or_body(lines: BytesIO) -> None:
    settings = Settings(is_local_run=True)
    app = Litestar([fail_with_words], **http_options(settings, audience="app"))
    app.asgi_handler = Envelope(app.asgi_handler, settings)
    transport = httpx.ASGITransport(app=cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://vitalapp.example") as client:
        await client.post(
            f"/v1/people/{CANARIES[1]}/words?q={CANARIES[0]}",
            json={"text": CANARIES[0]},
            headers={"Authorization": f"Bearer {CANARIES[2]}", "X-Request-Id": "r-1"},
        )
    (line,) = read(lines)
    assert line["event"] == "request"
    assert line["method"] == "POST"
    assert line["route"] == "/v1/people/{person}/words"
    assert line["status"] == 500
    assert line["request_id"] == "r-1"
    assert line["role"] == "public"
    assert line["error"] == "RuntimeError"
    assert line["duration_ms"] >= 0
    assert any(place.startswith("tests") or "test_logs" in place for place in line["places"])
    assert_clean(lines)
