"""POST /v1/sessions/refresh: rotation that forgives a lost answer and ends a stolen family. Pitfall 4, RFC 9700."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.support.application import TravellingClock
from tests.support.people import People, Person
from vitalapp.core.resources import Resources


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/v1/sessions/refresh", json={"refresh_token": token})


async def is_signed_in(client: httpx.AsyncClient, access_token: str) -> bool:
    answer = await client.get("/v1/me", headers={"Authorization": f"Bearer {access_token}"})
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


@pytest.fixture
async def person(people: People) -> Person:
    """Somebody on one device."""
    return await people.signed_in()


async def test_a_refresh_gives_a_new_pair_and_both_work(client: httpx.AsyncClient, person: Person) -> None:
    answer = await refresh(client, person.refresh_token)
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert 890 <= body["expires_in"] <= 900
    assert body["access_token"] != person.access_token
    assert await is_signed_in(client, body["access_token"])
    assert (await refresh(client, body["refresh_token"])).status_code == 200


async def test_the_same_token_gives_the_same_successor_until_that_is_used(client: httpx.AsyncClient, person: Person) -> None:
    first, second = await refresh(client, person.refresh_token), await refresh(client, person.refresh_token)
    tokens = ("access_token", "refresh_token")
    assert [first.json()[name] for name in tokens] == [second.json()[name] for name in tokens]
    assert second.status_code == 200


async def test_fifty_parallel_refreshes_give_one_successor(
    client: httpx.AsyncClient, person: Person, resources: Resources
) -> None:
    answers = await asyncio.gather(*(refresh(client, person.refresh_token) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert await resources.identity.fetchval("SELECT count(*) FROM access_tokens") == 2


@pytest.mark.parametrize("use", ["access", "refresh"])
async def test_once_the_successor_is_used_the_old_token_ends_that_family_and_only_that(
    client: httpx.AsyncClient, person: Person, people: People, resources: Resources, use: str
) -> None:
    """In the same second too."""
    other = await people.device_of(person.account_id, person.email)
    successor = (await refresh(client, person.refresh_token)).json()
    if use == "access":
        assert await is_signed_in(client, successor["access_token"])
    else:
        assert (await refresh(client, successor["refresh_token"])).status_code == 200
    reused = await refresh(client, person.refresh_token)
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh-token-reused")
    assert not await is_signed_in(client, successor["access_token"])
    assert not await is_signed_in(client, person.access_token)
    assert (await refresh(client, successor["refresh_token"])).status_code == 401
    assert await is_signed_in(client, other.access_token)
    assert (await refresh(client, other.refresh_token)).status_code == 200
    assert await resources.identity.fetchval("SELECT count(*) FROM sessions") == 1


async def test_after_ten_seconds_the_old_token_ends_the_family(
    client: httpx.AsyncClient, person: Person, clock: TravellingClock
) -> None:
    await refresh(client, person.refresh_token)
    clock.travel(timedelta(seconds=11))
    assert (await refresh(client, person.refresh_token)).json()["code"] == "refresh-token-reused"


async def test_a_token_used_up_long_ago_ends_the_family_too(client: httpx.AsyncClient, person: Person) -> None:
    token = person.refresh_token
    for _ in range(3):
        token = (await refresh(client, token)).json()["refresh_token"]
    assert (await refresh(client, person.refresh_token)).json()["code"] == "refresh-token-reused"
    assert (await refresh(client, token)).status_code == 401


async def test_a_reused_token_in_parallel_ends_the_family_without_an_error(
    client: httpx.AsyncClient, person: Person
) -> None:
    successor = (await refresh(client, person.refresh_token)).json()
    await is_signed_in(client, successor["access_token"])
    answers = await asyncio.gather(*(refresh(client, person.refresh_token) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {401}
    assert not await is_signed_in(client, successor["access_token"])


@pytest.mark.parametrize("token", ["var_unknown", "vae_wrong-kind", "x", "var_" + "A" * 80])
async def test_a_token_that_is_not_ours_is_401_and_ends_nothing(
    client: httpx.AsyncClient, person: Person, token: str
) -> None:
    answer = await refresh(client, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-session")
    assert await is_signed_in(client, person.access_token)


async def test_an_altered_token_ends_nothing(client: httpx.AsyncClient, person: Person) -> None:
    altered = person.refresh_token[:-1] + ("A" if person.refresh_token[-1] != "A" else "B")
    assert (await refresh(client, altered)).json()["code"] == "invalid-session"
    assert (await refresh(client, person.refresh_token)).status_code == 200


async def test_an_access_token_lasts_fifteen_minutes(
    client: httpx.AsyncClient, person: Person, clock: TravellingClock
) -> None:
    clock.travel(timedelta(minutes=14, seconds=50))
    assert await is_signed_in(client, person.access_token)
    clock.travel(timedelta(seconds=11))
    assert not await is_signed_in(client, person.access_token)


async def test_a_session_that_rests_sixty_days_is_over(
    client: httpx.AsyncClient, person: Person, clock: TravellingClock
) -> None:
    clock.travel(timedelta(days=60, seconds=1))
    assert (await refresh(client, person.refresh_token)).json()["code"] == "invalid-session"


async def test_a_session_lasts_ninety_days_however_often_it_is_refreshed(
    client: httpx.AsyncClient, person: Person, clock: TravellingClock
) -> None:
    token = person.refresh_token
    for _ in range(2):
        clock.travel(timedelta(days=44, hours=23))
        token = (await refresh(client, token)).json()["refresh_token"]
    clock.travel(timedelta(hours=1, minutes=55))
    late = await refresh(client, token)
    assert late.status_code == 200
    assert late.json()["expires_in"] <= 300
    clock.travel(timedelta(minutes=6))
    assert not await is_signed_in(client, late.json()["access_token"])
    assert (await refresh(client, late.json()["refresh_token"])).json()["code"] == "invalid-session"


async def test_a_refresh_is_no_use(
    client: httpx.AsyncClient, person: Person, clock: TravellingClock, resources: Resources
) -> None:
    """C2: it never moves the day of last use."""
    before = await resources.identity.fetchval("SELECT last_used_on FROM accounts")
    clock.travel(timedelta(days=3))
    await refresh(client, person.refresh_token)
    assert await resources.identity.fetchval("SELECT last_used_on FROM accounts") == before


async def test_under_erasure_nothing_is_refreshed(client: httpx.AsyncClient, person: Person, resources: Resources) -> None:
    """ASVS 7.4.2."""
    await resources.identity.execute("UPDATE accounts SET is_erasing = true")
    assert (await refresh(client, person.refresh_token)).status_code == 401


async def test_the_network_of_a_refresh_becomes_the_known_one(
    client: httpx.AsyncClient, person: Person, resources: Resources
) -> None:
    await resources.identity.execute("UPDATE sessions SET network_index = 'elsewhere'")
    await refresh(client, person.refresh_token)
    assert await resources.identity.fetchval("SELECT network_index FROM sessions") != b"elsewhere"
