"""The app under production's rate limits, behind a proxy: a test says by `X-Forwarded-For` where a request comes from."""

import dataclasses
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from tests.support.application import open_client
from vitalapp.core.rate_limits import RateLimiter
from vitalapp.core.resources import Resources


@pytest.fixture
async def strict_client(resources: Resources, session_resources: dict[str, Resources]) -> AsyncIterator[httpx.AsyncClient]:
    """The API of employees, its limits those of production."""
    app = session_resources["app"]
    strict = dataclasses.replace(
        app,
        settings=msgspec.structs.replace(app.settings, rate_limit_factor=1, trusted_proxies=("127.0.0.1",)),
        limiter=RateLimiter(app.redis, factor=1, secret=app.copy_key),
    )
    async with open_client(strict, audience="app") as opened:
        yield opened


def coming_from(address: str) -> dict[str, str]:
    """The header by which a request comes from an address."""
    return {"X-Forwarded-For": address}
