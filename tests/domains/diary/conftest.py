"""Two people who keep a diary."""

import pytest

from tests.support.diarist import Diarist
from tests.support.people import People


@pytest.fixture
async def diarist(people: People) -> Diarist:
    """Somebody who keeps a diary."""
    return Diarist(await people.signed_in())


@pytest.fixture
async def other_diarist(people: People) -> Diarist:
    """Somebody else who keeps one."""
    return Diarist(await people.signed_in())
