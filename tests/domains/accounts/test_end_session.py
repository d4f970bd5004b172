"""DELETE /v1/sessions/{id} and /current: revoked means revoked, from the next request."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from tests.support.people import People, Person
from vitalapp.core.keys import token_hash
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import redis_key


@pytest.fixture
async def phone(people: People) -> Person:
    """One device."""
    return await people.signed_in()


@pytest.fixture
async def laptop(people: People, phone: Person) -> Person:
    """A second device of the same person."""
    return await people.device_of(phone.account_id, phone.email)


async def test_a_device_that_was_signed_out_is_refused_at_its_next_request(
    phone: Person, laptop: Person, resources: Resources
) -> None:
    assert (await phone.get("/v1/me")).status_code == 200
    assert (await laptop.delete(f"/v1/sessions/{phone.session.session_id}")).status_code == 204
    assert (await phone.get("/v1/me")).status_code == 401
    refreshed = await phone.client.post("/v1/sessions/refresh", json={"refresh_token": phone.refresh_token})
    assert refreshed.status_code == 401
    assert (await laptop.get("/v1/me")).status_code == 200
    assert await resources.identity.fetchval("SELECT count(*) FROM sessions") == 1
    assert await resources.identity.fetchval("SELECT count(*) FROM access_tokens") == 1


async def test_a_resurrected_copy_in_redis_opens_nothing(phone: Person, laptop: Person, resources: Resources) -> None:
    """A copy that was saved before the sign-out and put back after it is refused by the fence."""
    await phone.get("/v1/me")
    key = redis_key(token_hash(phone.access_token))
    copy = await resources.redis.get(key)
    assert copy
    await laptop.delete(f"/v1/sessions/{phone.session.session_id}")
    assert await resources.redis.get(key) is None
    for method, path in (
        ("GET", "/v1/me"),
        ("GET", "/v1/sessions"),
        ("DELETE", f"/v1/sessions/{laptop.session.session_id}"),
        ("DELETE", "/v1/sessions/current"),
        ("POST", "/v1/me/second-factors/totp"),
        ("DELETE", "/v1/me/second-factors/totp"),
    ):
        await resources.redis.set(key, copy)
        assert (await phone.request(method, path)).status_code == 401, path
    await resources.redis.set(key, copy)
    change = {"password": phone.password, "new_password": "lantern plum orbit kettle"}
    assert (await phone.put("/v1/me/password", json=change)).status_code == 401
    assert (await laptop.get("/v1/me")).status_code == 200


async def test_signing_out_ends_this_device_only(phone: Person, laptop: Person) -> None:
    assert (await phone.delete("/v1/sessions/current")).status_code == 204
    assert (await phone.get("/v1/me")).status_code == 401
    assert (await laptop.get("/v1/me")).status_code == 200


async def test_a_foreign_session_is_404_with_the_same_body_as_one_that_does_not_exist(phone: Person, people: People) -> None:
    stranger = await people.signed_in()
    foreign = await phone.delete(f"/v1/sessions/{stranger.session.session_id}")
    unknown = await phone.delete(f"/v1/sessions/{uuid4()}")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.content == unknown.content
    assert (await stranger.get("/v1/me")).status_code == 200
    assert (await phone.get("/v1/me")).status_code == 200


async def test_ten_parallel_sign_outs_of_one_device_end_it_once(phone: Person, laptop: Person) -> None:
    path = f"/v1/sessions/{phone.session.session_id}"
    answers: list[httpx.Response] = await asyncio.gather(*(laptop.delete(path) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 9


async def test_signing_out_is_no_use(phone: Person, resources: Resources) -> None:
    await resources.identity.execute("UPDATE accounts SET last_used_on = last_used_on - 10")
    before = await resources.identity.fetchval("SELECT last_used_on FROM accounts")
    await phone.delete("/v1/sessions/current")
    assert await resources.identity.fetchval("SELECT last_used_on FROM accounts") == before
