"""The application of each audience on the test's own loop, its clock in the test's hand, its rate limits wide."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest

from tests.support.databases import Stores
from vitalapp.core.keys import KeyFile, new_key_material
from vitalapp.core.resources import Resources
from vitalapp.core.settings import STORES, Settings
from vitalapp.core.signing import write_signing_key
from vitalapp.core.startup import AUDIENCE_STORES, open_resources

LOCAL_LIMIT_FACTOR = 100
EMPLOYER_SETTINGS = ("ledger_dsn", "redis_url", "ledger_key_file", "public_url", "rate_limit_factor", "is_local_run")


class TravellingClock:
    """A clock that a test moves; it runs on from there."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen_at: datetime | None = None

    def __call__(self) -> datetime:
        """The instant that the test has chosen."""
        return self._frozen_at or datetime.now(UTC) + self._offset

    def travel(self, step: timedelta) -> None:
        """Go forth, or back."""
        self._offset += step

    def travel_to(self, instant: datetime) -> None:
        """Go to an instant."""
        self._offset = instant - datetime.now(UTC)

    def freeze(self, instant: datetime) -> None:
        """Stand still at an instant, until frozen at another or reset."""
        self._frozen_at = instant

    def reset(self) -> None:
        """Be the present again."""
        self._offset = timedelta()
        self._frozen_at = None


@pytest.fixture(scope="session")
def session_clock() -> TravellingClock:
    """The clock of this process's applications; use `clock`, which goes back after each test."""
    return TravellingClock()


@pytest.fixture
def clock(session_clock: TravellingClock) -> Iterator[TravellingClock]:
    """The applications' clock."""
    yield session_clock
    session_clock.reset()


@pytest.fixture(scope="session")
def session_settings(session_stores: Stores, session_redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """What every process of the product is told together, keys freshly made."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("kek", "ledger-key"):
        KeyFile(folder / f"{name}.json").save(new_key_material())
    write_signing_key(folder / "signing-key.json")
    session_key = folder / "session.key"
    session_key.write_bytes(os.urandom(32))
    return Settings(
        identity_dsn=session_stores.identity.app,
        vault_dsn=session_stores.vault.app,
        ledger_dsn=session_stores.ledger.app,
        redis_url=session_redis_url,
        kek_file=folder / "kek.json",
        ledger_key_file=folder / "ledger-key.json",
        signing_key_file=folder / "signing-key.json",
        session_key_file=session_key,
        anchor_dir=folder / "anchor",
        rate_limit_factor=LOCAL_LIMIT_FACTOR,
        password_memory_kib=64,
        is_local_run=True,
    )


def settings_for(audience: str, settings: Settings) -> Settings:
    """What the process of one audience is told: the employer's knows the ledger alone."""
    if audience == "employer":
        return Settings(**{name: getattr(settings, name) for name in EMPLOYER_SETTINGS})
    absent = {f"{store}_dsn": None for store in STORES if store not in AUDIENCE_STORES[audience]}
    return msgspec.structs.replace(settings, **absent)


@pytest.fixture(scope="session")
async def session_resources(
    session_settings: Settings, session_clock: TravellingClock
) -> AsyncIterator[dict[str, Resources]]:
    """One process's resources per audience, opened once; use `resources` or a client."""
    async with AsyncExitStack() as stack:
        yield {
            audience: await stack.enter_async_context(
                open_resources(settings_for(audience, session_settings), audience=audience, clock=session_clock)
            )
            for audience in AUDIENCE_STORES
        }


@pytest.fixture
def anchor_dir(session_settings: Settings) -> Path:
    """The anchor's folder."""
    assert session_settings.anchor_dir
    return session_settings.anchor_dir


@pytest.fixture
def resources(
    session_resources: dict[str, Resources], stores: Stores, redis_url: str, clock: TravellingClock, anchor_dir: Path
) -> Iterator[Resources]:
    """What the worker holds: all three stores at head, an empty Redis and anchor, keys, the test's clock."""
    yield session_resources["worker"]
    shutil.rmtree(anchor_dir, ignore_errors=True)


@asynccontextmanager
async def open_client(resources: Resources, *, audience: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application made over `resources`; what the application raises comes back as its answer."""
    from vitalapp.app import create_app

    app = create_app(resources.settings, audience=audience, clock=resources.clock, resources=resources)
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://vitalapp.example") as client:
        yield client


@pytest.fixture
async def client(resources: Resources, session_resources: dict[str, Resources]) -> AsyncIterator[httpx.AsyncClient]:
    """The API of employees and coaches."""
    async with open_client(session_resources["app"], audience="app") as opened:
        yield opened


@pytest.fixture
async def operator_client(resources: Resources, session_resources: dict[str, Resources]) -> AsyncIterator[httpx.AsyncClient]:
    """The operator's API."""
    async with open_client(session_resources["operator"], audience="operator") as opened:
        yield opened


@pytest.fixture
async def employer_client(resources: Resources, session_resources: dict[str, Resources]) -> AsyncIterator[httpx.AsyncClient]:
    """The employers' API."""
    async with open_client(session_resources["employer"], audience="employer") as opened:
        yield opened
