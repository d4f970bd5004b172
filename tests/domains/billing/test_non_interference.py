"""What an employer sees is byte for byte the same, whatever people write, score, choose or are called, and whenever in the week it was."""

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from tests.support.application import TravellingClock
from tests.support.coaching import Coaches
from tests.support.employers import Employers
from tests.support.people import People
from tests.support.receiver import Receiver, open_receiver
from tests.support.worlds import Life, World
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store

LIVES = [
    Life(name="Sam", diary="Goed geslapen.", answer=4, themes=("sleep",), sessions=1 + (number % 3 == 0), day=1)
    for number in range(10)
]
OTHER_HEARTS = [
    replace(life, name=f"Kim-{number}", diary="Ik kan niet meer." * 50, answer=1 + number % 2, themes=("stress", "work"))
    for number, life in enumerate(LIVES)
]
OTHER_DAYS = [
    replace(
        life,
        day=2 + number % 4,
        hour=3,
        intake_day=number % 6,
        has_psychologist=number % 2 == 0,
        is_cancelled_late=number % 5 == 0,
    )
    for number, life in enumerate(LIVES)
]
SEEN = {
    *("confirmations", "confirmations one by one", "webhook-endpoints", "webhook-endpoints one by one"),
    *("invoices", "invoices one by one", "invoices/ubl one by one", "invoices/pdf one by one", "webhooks", "mails"),
}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
def world(resources: Resources, clock: TravellingClock, people: People, coaches: Coaches, employers: Employers) -> World:
    return World(resources, clock, people, coaches, employers)


@pytest.mark.parametrize("others", [OTHER_HEARTS, OTHER_DAYS], ids=["what people feel", "when, and with whom"])
async def test_an_employer_sees_the_same_of_two_different_worlds(
    world: World, receiver: Receiver, superusers: dict[Store, asyncpg.Connection], others: list[Life]
) -> None:
    """Rule: C7, S0-26, S0-27, S1-29, S1-36; pitfall 20."""
    one = await world.live(LIVES, receiver)
    for store in superusers.values():
        await store.execute("SELECT pristine.reset()")
    other = await world.live(others, receiver)
    assert one.keys() == SEEN
    for place, texts in one.items():
        assert texts, place
        assert texts == other[place], place
    everything = "\n".join(text for texts in one.values() for text in texts)
    assert "VA2026-000001" in everything
    for told in ("Sam", "Goed geslapen", "sleep", "person-", "staff-", "Els de Wit"):
        assert told not in everything
