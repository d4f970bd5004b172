"""One local run for all journeys of a process: every process of the product, on real stores."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.dev.local_run import LocalRun
from tests.support.phone import Phone


@pytest.fixture(scope="session")
def local_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRun]:
    """`vitalapp dev` on a folder of its own."""
    run = LocalRun(tmp_path_factory.mktemp("local-run") / "data")
    run.start()
    yield run
    run.stop()


@pytest.fixture(scope="session")
def told(local_run: LocalRun) -> dict[str, Any]:
    """What `dev.json` says."""
    return json.loads((local_run.data_dir / "dev.json").read_text())


@pytest.fixture
async def phone(told: dict[str, Any]) -> AsyncIterator[Phone]:
    """The phone of somebody whom the backend does not know yet."""
    async with Phone(told) as switched_on:
        yield switched_on
