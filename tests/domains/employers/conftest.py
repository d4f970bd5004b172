"""An operator at work."""

import httpx
import pytest

from tests.support.staff import Worker, Workers
from vitalapp.core.resources import Resources


@pytest.fixture
async def operator(operator_client: httpx.AsyncClient, resources: Resources) -> Worker:
    """A signed-in operator."""
    return await Workers(operator_client, resources).signed_in("operator")
