"""Whoever runs us learns whether we live, serve, and count; strangers learn no more than they must."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from tests.support.application import TravellingClock
from vitalapp.core.http.envelope import Envelope
from vitalapp.core.http.health import PROBES, Check, Probe
from vitalapp.core.http.wiring import COMMON_ROUTES, http_options
from vitalapp.core.rate_limits import RateLimiter, open_redis
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings
from vitalapp.core.stores import StoreOutdated
from vitalapp.dev.programs import free_port


class AwayPool:
    """A store that fails in a given way."""

    def __init__(self, exception: Exception) -> None:
        self._exception = exception

    async def fetchval(self, _sql: str) -> None:
        """Fail."""
        raise self._exception


@asynccontextmanager
async def open_app(
    resources: Resources, *, peer: str = "127.0.0.1", probes: dict[str, Probe] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([*COMMON_ROUTES], **http_options(resources.settings, audience="app"))
    app.state.resources = resources
    app.state[PROBES] = probes or {}
    app.asgi_handler = Envelope(app.asgi_handler, resources.settings)
    transport = httpx.ASGITransport(app=cast("Any", app), client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://vitalapp.example") as client:
        yield client


def with_settings(resources: Resources, **changes: Any) -> Resources:
    settings = msgspec.structs.replace(resources.settings, **changes)
    return Resources(
        settings=settings,
        clock=resources.clock,
        redis=resources.redis,
        limiter=resources.limiter,
        pools=resources.pools,
        key_ring=resources.key_ring,
        document_signer=resources.document_signer,
    )


@pytest.fixture
async def app(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """An application whose stores and Redis are up."""
    async with open_app(resources) as client:
        yield client


async def test_a_process_that_answers_is_alive(app: httpx.AsyncClient) -> None:
    answer = await app.get("/health/live")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


async def test_with_everything_up_it_is_ready(app: httpx.AsyncClient) -> None:
    answer = await app.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"identity": "ok", "vault": "ok", "ledger": "ok", "redis": "ok"},
    }


async def test_without_redis_it_is_degraded_and_still_ready(resources: Resources) -> None:
    async with open_redis(Settings(redis_url=f"redis://127.0.0.1:{free_port()}/0")) as nowhere:
        away = with_settings(resources)
        away.limiter = RateLimiter(nowhere)
        async with open_app(away) as client:
            answer = await client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["redis"] == "down"


@pytest.mark.parametrize(
    "exception",
    [ConnectionRefusedError(), TimeoutError(), asyncpg.CannotConnectNowError(), StoreOutdated("restored")],
)
async def test_with_a_store_down_or_restored_and_not_replayed_it_is_not_ready(
    resources: Resources, exception: Exception
) -> None:
    away = with_settings(resources)
    away.pools = {**resources.pools, "vault": cast("asyncpg.Pool", AwayPool(exception))}
    async with open_app(away) as client:
        answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["status"] == "down"
    assert answer.json()["checks"] == {"identity": "ok", "vault": "down", "ledger": "ok", "redis": "ok"}


@pytest.mark.parametrize(("check", "status"), [("ok", 200), ("degraded", 200), ("down", 503)])
async def test_the_application_adds_probes_of_its_own(resources: Resources, check: Check, status: int) -> None:
    async def probe() -> Check:
        return check

    async with open_app(resources, probes={"anchor": probe}) as client:
        answer = await client.get("/health/ready")
    assert answer.status_code == status
    assert answer.json()["checks"]["anchor"] == check


async def test_security_txt_says_where_to_report_and_has_not_expired(
    app: httpx.AsyncClient, clock: TravellingClock, resources: Resources
) -> None:
    clock.travel_to(datetime(2028, 2, 29, 12, tzinfo=UTC))
    answer = await app.get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == resources.settings.security_contact
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=170) < expires - clock() < timedelta(days=366)
    assert fields["Canonical"].endswith("/.well-known/security.txt")


async def test_the_published_keys_are_public_and_check_our_signatures(app: httpx.AsyncClient, resources: Resources) -> None:
    answer = await app.get("/.well-known/jwks.json")
    assert answer.headers["content-type"] == "application/jwk-set+json"
    (key,) = answer.json()["keys"]
    assert key["kty"] == "OKP"
    assert "d" not in key
    assert answer.json() == resources.signer.jwks()


@pytest.mark.parametrize(
    ("networks", "is_local_run", "peer", "status"),
    [
        (("192.0.2.0/24",), False, "192.0.2.7", 200),
        (("192.0.2.0/24",), False, "192.0.3.7", 404),
        (("192.0.2.0/24",), True, "127.0.0.1", 404),
        ((), True, "127.0.0.1", 200),
        ((), True, "192.0.2.7", 404),
        ((), False, "127.0.0.1", 404),
    ],
)
async def test_metrics_are_for_the_operations_network_and_unknown_to_others(
    resources: Resources, networks: tuple[str, ...], is_local_run: bool, peer: str, status: int
) -> None:
    told = with_settings(resources, metrics_networks=networks, is_local_run=is_local_run)
    async with open_app(told, peer=peer) as client:
        answer = await client.get("/metrics")
        unknown = await client.get("/nothing")
    assert answer.status_code == status
    if status == 200:
        assert "vitalapp_requests_total" in answer.text
        assert answer.headers["content-type"].startswith("text/plain; version=")
    else:
        assert {**answer.json(), "instance": ""} == {**unknown.json(), "instance": ""}
