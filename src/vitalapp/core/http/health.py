"""Health, for whoever runs us: alive, and ready to serve."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import asyncpg
import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec

from vitalapp.core.resources import Resources
from vitalapp.core.stores import Pool, StoreOutdated

Check = Literal["ok", "degraded", "down"]
Probe = Callable[[], Awaitable[Check]]

_PUBLIC = {"is_public": True}
_PROBE_SECONDS = 2
PROBES = "health_probes"


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the process can serve.

    Shape: `down` (503) where a store is away or was restored and not replayed; `degraded` (200) where it only serves slower.
    """

    status: Check
    checks: dict[str, Check]


@get("/health/live", operation_id="get_liveness", tags=["Health"], opt=_PUBLIC, sync_to_thread=False)
def get_liveness() -> Alive:
    """Whether the process answers at all."""
    return Alive()


@get(
    "/health/ready",
    operation_id="get_readiness",
    tags=["Health"],
    opt=_PUBLIC,
    responses={503: ResponseSpec(Readiness, description="Not ready: a store is away.", generate_examples=False)},
)
async def get_readiness(request: Request[Any, Any, Any], resources: NamedDependency[Resources]) -> Response[Readiness]:
    """Whether the process can serve: 200 also where only Redis is away, 503 where a store is."""
    added: Mapping[str, Probe] = request.app.state.get(PROBES, {})
    probes: dict[str, Probe] = {store: _store_probe(pool) for store, pool in resources.pools.items()}
    redis = {} if resources.settings.redis_url is None else {"redis": _redis_probe(resources)}
    probes |= {**redis, **added}
    answers = await asyncio.gather(*(_ask(probe) for probe in probes.values()))
    checks = dict(zip(probes, answers, strict=True))
    must_be_up = resources.pools.keys() | added.keys()
    if any(checks[name] == "down" for name in must_be_up):
        status: Check = "down"
    else:
        status = "ok" if set(answers) == {"ok"} else "degraded"
    return Response(Readiness(status=status, checks=checks), status_code=503 if status == "down" else 200)


def _store_probe(pool: Pool) -> Probe:
    async def probe() -> Check:
        await pool.fetchval("SELECT 1")
        return "ok"

    return probe


def _redis_probe(resources: Resources) -> Probe:
    async def probe() -> Check:
        return "ok" if await resources.limiter.is_redis_up() else "down"

    return probe


async def _ask(probe: Probe) -> Check:
    """A probe whose store does not answer, answers late, or was restored and not replayed says `down`."""
    try:
        return await asyncio.wait_for(probe(), timeout=_PROBE_SECONDS)
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, StoreOutdated):
        return "down"
