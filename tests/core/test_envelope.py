"""What surrounds every request, whether or not a route takes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import msgspec
import pytest
from litestar import Litestar, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from vitalapp.core.http.client_address import TrustedProxies
from vitalapp.core.http.envelope import Envelope
from vitalapp.core.http.wiring import http_options
from vitalapp.core.metrics import render_metrics
from vitalapp.core.settings import Settings
from vitalapp.core.texts import Locale

PROXY = "10.0.0.1"
LOCAL = Settings(is_local_run=True)
PRODUCTION = Settings(trusted_proxies=("10.0.0.0/8",), minimum_ios_version="2.0.0", minimum_android_version="1.5.0")


@get("/v1/language")
async def get_language(locale: NamedDependency[Locale], client_address: NamedDependency[str]) -> dict[str, str]:
    return {"locale": locale, "client_address": client_address}


@get("/v1/items/{item_id:str}")
async def get_item(item_id: FromPath[str]) -> None:
    return


@get("/v1/public")
async def get_public() -> Response[str]:
    return Response("same for all", headers={"Cache-Control": "public, max-age=60"})


@post("/v1/fails")
async def fail() -> None:
    raise RuntimeError


@asynccontextmanager
async def open_app(settings: Settings, peer: str = PROXY) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([get_language, get_item, get_public, fail], **http_options(settings, audience="app"))
    app.asgi_handler = Envelope(app.asgi_handler, settings)
    transport = httpx.ASGITransport(app=cast("Any", app), client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://vitalapp.example") as client:
        yield client


@pytest.fixture
async def app() -> AsyncIterator[httpx.AsyncClient]:
    """The local run's application."""
    async with open_app(LOCAL) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/language", "/nothing", "/v1/fails"])
async def test_every_answer_carries_a_request_id_and_the_security_headers(app: httpx.AsyncClient, path: str) -> None:
    answer = await app.get(path)
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "max-age=" in answer.headers["strict-transport-security"]
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_given_request_id_is_echoed(app: httpx.AsyncClient) -> None:
    answer = await app.get("/nothing", headers={"X-Request-Id": "9f1c-a.B_2"})
    assert answer.headers["x-request-id"] == "9f1c-a.B_2"


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "me@example.org", "<script>"])
async def test_an_unsafe_request_id_is_replaced(app: httpx.AsyncClient, given: str) -> None:
    answer = await app.get("/nothing", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] not in {"", given}


async def test_what_a_handler_says_on_caching_stands(app: httpx.AsyncClient) -> None:
    assert (await app.get("/v1/public")).headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        (None, "nl"),
        ("", "nl"),
        ("en", "en"),
        ("en-GB", "en"),
        ("nl, en;q=0.5", "nl"),
        ("de, en;q=0.5", "en"),
        ("fr", "nl"),
        ("*", "nl"),
        ("nl;q=0.1, en;q=0.2", "en"),
        ("en;q=x", "nl"),
        ("en;q=0", "nl"),
        (";;;,,=", "nl"),
    ],
)
async def test_texts_come_in_the_accepted_language_and_dutch_by_default(
    app: httpx.AsyncClient, accepted: str | None, locale: str
) -> None:
    headers = {} if accepted is None else {"Accept-Language": accepted}
    answer = await app.get("/v1/language", headers=headers)
    problem = await app.get("/nothing", headers=headers)
    assert answer.json()["locale"] == answer.headers["content-language"] == locale
    assert problem.json()["title"] == {"nl": "Niet gevonden", "en": "Not found"}[locale]


@pytest.mark.parametrize(
    ("version", "is_outdated"),
    [
        ("1.0.0", True),
        ("0.9", True),
        ("ios/1.9.9", True),
        ("ios 2", False),
        ("iOS/2.0.0", False),
        ("android/1.4", True),
        ("android/1.5.1+77", False),
        ("web/1.0.0", False),
        ("0.0.1-beta", True),
        ("newest", False),
        ("", False),
    ],
)
async def test_an_outdated_app_is_told_to_upgrade(version: str, is_outdated: bool) -> None:
    settings = msgspec.structs.replace(PRODUCTION, minimum_web_version="1.0.0")
    if version == "1.0.0":
        settings = msgspec.structs.replace(settings, minimum_web_version="1.5.0")
    async with open_app(settings) as client:
        answer = await client.get("/v1/language", headers={"X-App-Version": version})
    assert (answer.status_code == 426) is is_outdated
    if is_outdated:
        assert answer.json()["code"] == "upgrade-required"
        assert answer.json()["minimum_versions"]["ios"] == "2.0.0"


async def test_plain_http_is_refused_in_production_when_a_trusted_proxy_says_so() -> None:
    async with open_app(PRODUCTION) as client:
        refused = await client.get("/v1/language", headers={"X-Forwarded-Proto": "http"})
        passed = await client.get("/v1/language", headers={"X-Forwarded-Proto": "https"})
    assert refused.status_code == 403
    assert refused.json()["code"] == "https-required"
    assert refused.headers["content-type"] == "application/problem+json"
    assert passed.status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/items/a%00b", "/v1/items/%ff", "/v1/language?a=%00", "/v1/language?a=%c3%28", "/v1/items/%ed%a0%80"]
)
async def test_an_address_that_is_no_text_is_a_400(app: httpx.AsyncClient, path: str) -> None:
    answer = await app.get(path)
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad-request"


async def test_requests_are_counted_by_route_template_and_known_method_only(app: httpx.AsyncClient) -> None:
    await app.get("/v1/items/canary-person-1")
    await app.get("/canary-unknown")
    await app.request("CANARY", "/v1/items/x")
    metrics = render_metrics().decode()
    assert 'route="/v1/items/{item_id}",status_class="2xx"' in metrics
    assert 'route="unmatched",status_class="4xx"' in metrics
    assert "canary" not in metrics.lower()


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        (PROXY, [], PROXY),
        (PROXY, ["198.51.100.1"], "198.51.100.1"),
        (PROXY, ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        (PROXY, ["1.2.3.4", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        (PROXY, ["1.2.3.4, nonsense"], PROXY),
        (PROXY, ["198.51.100.1:4711"], "198.51.100.1"),
        (PROXY, ["[2001:db8::1]:4711"], "2001:db8::1"),
        (f"::ffff:{PROXY}", ["198.51.100.1"], "198.51.100.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_client_is_the_last_hop_that_is_no_proxy_of_ours(peer: str, forwarded_for: list[str], address: str) -> None:
    proxies = TrustedProxies(["10.0.0.0/8"])
    assert proxies.client(peer, "http", forwarded_for=forwarded_for, forwarded_proto="").address == address


def test_a_stranger_cannot_say_which_scheme_was_used() -> None:
    proxies = TrustedProxies(["10.0.0.0/8"])
    client = proxies.client("203.0.113.9", "http", forwarded_for=[], forwarded_proto="https")
    assert client.scheme == "http"
