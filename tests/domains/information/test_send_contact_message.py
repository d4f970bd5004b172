"""Anybody can write to us; what they write is sealed, and gone after 90 days."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import httpx
import msgspec
import pytest

from tests.support.application import TravellingClock, open_client
from tests.support.databases import Stores
from vitalapp.core.rate_limits import RateLimiter
from vitalapp.core.resources import Resources
from vitalapp.domains.information.data_map import CONTACT_DAYS, TABLES
from vitalapp.domains.information.schemas import ContactMessage
from vitalapp.domains.information.service import CONTACT_SEAL, list_contact_messages

MESSAGE = {"email": "canary@mail.example", "message": "canary question", "name": "Canary"}


@pytest.fixture
async def superuser(stores: Stores) -> AsyncIterator[asyncpg.Connection]:
    """Looks at rows whatever the grants say."""
    connection = await asyncpg.connect(stores.identity.superuser)
    yield connection
    await connection.close()


async def test_a_message_is_taken_and_stands_sealed(
    client: httpx.AsyncClient, resources: Resources, superuser: asyncpg.Connection
) -> None:
    """Rule: C14, S4-11, S4-19."""
    answer = await client.post("/v1/contact-messages", json=MESSAGE)

    assert answer.status_code == 202
    assert answer.json() == {}
    (row,) = await superuser.fetch("SELECT * FROM contact_messages")
    assert b"anary" not in row["payload_sealed"]
    opened = resources.keys.system(CONTACT_SEAL).open(row["contact_message_id"], row["payload_sealed"])
    assert msgspec.json.decode(opened, type=ContactMessage) == msgspec.convert(MESSAGE, ContactMessage)
    assert abs(row["received_at"] - resources.clock()) < timedelta(seconds=10)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"message": ""}, "/message"),
        ({"message": "x" * 5001}, "/message"),
        ({"sex": "f"}, "/sex"),
        ({"phone": "call me"}, "/phone"),
    ],
)
async def test_a_wrong_field_is_pointed_at_and_nothing_is_kept(
    client: httpx.AsyncClient, superuser: asyncpg.Connection, change: dict[str, str], pointer: str
) -> None:
    answer = await client.post("/v1/contact-messages", json={**MESSAGE, **change})

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await superuser.fetchval("SELECT count(*) FROM contact_messages") == 0


async def test_the_sixth_message_within_an_hour_is_too_many(resources: Resources) -> None:
    """Rule: S4-19."""
    strict = replace(resources, limiter=RateLimiter(resources.redis))
    async with open_client(strict, audience="app") as client:
        statuses = [(await client.post("/v1/contact-messages", json=MESSAGE)).status_code for _ in range(5)]
        refused = await client.post("/v1/contact-messages", json=MESSAGE)

    assert statuses == [202] * 5
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600


async def test_support_reads_the_messages_oldest_first(
    client: httpx.AsyncClient, resources: Resources, clock: TravellingClock
) -> None:
    for question in ("first", "second"):
        await client.post("/v1/contact-messages", json={**MESSAGE, "message": question})
        clock.travel(timedelta(minutes=1))

    received = await list_contact_messages(resources)

    assert [message.message.message for message in received] == ["first", "second"]
    assert received[0].message.email == MESSAGE["email"]


@pytest.mark.parametrize(("days", "is_kept"), [(CONTACT_DAYS - 1, True), (CONTACT_DAYS + 1, False)])
async def test_a_message_goes_after_its_term(
    client: httpx.AsyncClient, resources: Resources, superuser: asyncpg.Connection, days: int, is_kept: bool
) -> None:
    """Rule: C14, S4-11."""
    await client.post("/v1/contact-messages", json=MESSAGE)

    await superuser.execute(TABLES[0].expire_sql, resources.clock() + timedelta(days=days), 100)

    assert await superuser.fetchval("SELECT count(*) FROM contact_messages") == int(is_kept)
