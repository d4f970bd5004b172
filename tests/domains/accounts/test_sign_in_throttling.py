"""Guessing is slow, and nobody can lock another person out of their own device. NIST SP 800-63B-4, 3.2.2; ASVS 6.3.1."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.people import PASSWORD, People
from tests.support.strict_limits import coming_from
from vitalapp.core.resources import Resources

EMAIL = "kim@mail.example"
HOME, AWAY = "198.51.100.7", "203.0.113.{}"
ATTEMPTS_PER_NETWORK, ATTEMPTS_PER_HOUR = 10, 30


@pytest.fixture
async def kim(people: People) -> str:
    """Kim's address, with an account."""
    return (await people.account(email=EMAIL))[1]


async def sign_in(
    client: httpx.AsyncClient, address: str, *, email: str = EMAIL, password: str = PASSWORD
) -> httpx.Response:
    body: dict[str, Any] = {"email": email, "password": password, "device": {"name": "Phone", "platform": "ios"}}
    return await client.post("/v1/sessions", json=body, headers=coming_from(address))


async def guess(client: httpx.AsyncClient, address: str, *, times: int, email: str = EMAIL) -> list[int]:
    return [(await sign_in(client, address, email=email, password=f"wrong {n} wrong")).status_code for n in range(times)]


async def attack_from_everywhere(client: httpx.AsyncClient, email: str = EMAIL) -> list[int]:
    """Use up what an account takes from strangers in an hour, ten networks of ten guesses."""
    networks = [f"10.{number}.0.1" for number in range(10)]
    return [status for network in networks for status in await guess(client, network, times=10, email=email)]


async def test_ten_guesses_from_one_network_and_then_no_more(strict_client: httpx.AsyncClient, kim: str) -> None:
    assert kim
    statuses = await guess(strict_client, AWAY.format(1), times=ATTEMPTS_PER_NETWORK + 2)
    assert statuses == [401] * ATTEMPTS_PER_NETWORK + [429] * 2
    neighbour = await sign_in(strict_client, AWAY.format(200))
    assert neighbour.status_code == 429
    assert int(neighbour.headers["Retry-After"]) > 0


async def test_parallel_guesses_are_counted_one_by_one(strict_client: httpx.AsyncClient, kim: str) -> None:
    assert kim
    tries = [sign_in(strict_client, AWAY.format(1), password=f"wrong {number} wrong") for number in range(40)]
    statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert statuses.count(401) == ATTEMPTS_PER_NETWORK


async def test_an_unknown_address_is_throttled_just_as_a_known_one(strict_client: httpx.AsyncClient, kim: str) -> None:
    """Pitfall 7: not by a limit either."""
    assert await attack_from_everywhere(strict_client, kim) == await attack_from_everywhere(strict_client, "no@mail.example")


async def test_an_attack_leaves_the_persons_own_devices_and_network_alone(
    strict_client: httpx.AsyncClient, kim: str
) -> None:
    device = (await sign_in(strict_client, HOME, email=kim)).json()
    statuses = await attack_from_everywhere(strict_client)
    assert statuses.count(401) == ATTEMPTS_PER_HOUR
    assert (await sign_in(strict_client, AWAY.format(9))).status_code == 429
    bearer = {"Authorization": f"Bearer {device['access_token']}"}
    assert (await strict_client.get("/v1/me", headers=bearer)).status_code == 200
    refreshed = await strict_client.post(
        "/v1/sessions/refresh", json={"refresh_token": device["refresh_token"]}, headers=coming_from(HOME)
    )
    assert refreshed.status_code == 200
    assert (await sign_in(strict_client, HOME)).status_code == 201


async def test_a_network_is_known_only_while_a_session_runs_there(
    strict_client: httpx.AsyncClient, kim: str, resources: Resources
) -> None:
    await sign_in(strict_client, HOME, email=kim)
    await resources.identity.execute("UPDATE sessions SET idle_expires_at = $1", resources.clock() - timedelta(seconds=1))
    await attack_from_everywhere(strict_client)
    assert (await sign_in(strict_client, HOME)).status_code == 429


async def test_a_success_makes_earlier_slips_undone(strict_client: httpx.AsyncClient, kim: str) -> None:
    for _ in range(3):
        assert await guess(strict_client, HOME, times=ATTEMPTS_PER_NETWORK - 1) == [401] * (ATTEMPTS_PER_NETWORK - 1)
        assert (await sign_in(strict_client, HOME, email=kim)).status_code == 201


async def test_a_reset_lets_a_person_in_again_after_an_attack(
    strict_client: httpx.AsyncClient, kim: str, people: People
) -> None:
    await attack_from_everywhere(strict_client)
    await strict_client.post("/v1/password-resets", json={"email": kim})
    body = {"token": await people.mailed_token(kim), "new_password": PASSWORD}
    assert (await strict_client.post("/v1/password-resets/confirm", json=body)).status_code == 204
    assert (await sign_in(strict_client, AWAY.format(9))).status_code == 201


async def test_one_address_gets_five_mails_an_hour(strict_client: httpx.AsyncClient) -> None:
    answers = [
        await strict_client.post("/v1/password-resets", json={"email": EMAIL}, headers=coming_from(f"10.0.{number}.1"))
        for number in range(6)
    ]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]


async def test_no_address_or_network_stands_in_redis_or_identity_in_clear(
    strict_client: httpx.AsyncClient, kim: str, resources: Resources, superusers: dict[str, Any]
) -> None:
    await sign_in(strict_client, HOME, email=kim)
    keys = [str(key) for key in await resources.redis.keys()]
    assert keys
    assert not any("198.51" in key or "kim@" in key for key in keys)
    dump = await superusers["identity"].fetchval("SELECT s::text FROM sessions AS s")
    assert "198.51" not in dump
    assert b"198.51".hex() not in dump
