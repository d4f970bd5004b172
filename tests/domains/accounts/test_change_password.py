"""PUT /v1/me/password: another password ends what the old one opened. Pitfall 5."""

import asyncio

import pytest

from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import People, Person
from vitalapp.core.keys import token_hash
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import redis_key

NEW = "lantern plum orbit kettle"


@pytest.fixture
async def person(people: People) -> Person:
    """Somebody on one device."""
    return await people.signed_in()


async def change(person: Person, *, password: str | None = None, new_password: str = NEW) -> int:
    body = {"password": password or person.password, "new_password": new_password}
    return (await person.put("/v1/me/password", json=body)).status_code


async def test_every_other_session_ends_and_this_one_goes_on(people: People, person: Person, resources: Resources) -> None:
    other = await people.device_of(person.account_id, person.email)
    await other.get("/v1/me")
    copy = await resources.redis.get(redis_key(token_hash(other.access_token)))
    assert copy
    epoch = await resources.vault.fetchval("SELECT epoch FROM persons")
    assert await change(person) == 204
    assert (await person.get("/v1/me")).status_code == 200
    await resources.redis.set(redis_key(token_hash(other.access_token)), copy)
    assert (await other.get("/v1/me")).status_code == 401
    refreshed = await other.client.post("/v1/sessions/refresh", json={"refresh_token": other.refresh_token})
    assert refreshed.status_code == 401
    assert await resources.vault.fetchval("SELECT epoch FROM persons") == epoch + 1
    assert (await people.sign_in(person.email)).status_code == 401
    assert (await people.sign_in(person.email, password=NEW)).status_code == 201


async def test_the_address_is_told(person: Person, resources: Resources) -> None:
    await change(person)
    assert [(mail.to, mail.template) for mail in await waiting_mails(resources)] == [(person.email, "password_changed")]


async def test_a_wrong_password_changes_nothing(people: People, person: Person, resources: Resources) -> None:
    assert await change(person, password="not the right one, at all") == 403
    assert (await people.sign_in(person.email)).status_code == 201
    assert await waiting_mails(resources) == []


async def test_a_weak_password_is_400_with_its_pointer(person: Person) -> None:
    body = {"password": person.password, "new_password": "passwordpassword1"}
    answer = await person.put("/v1/me/password", json=body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/new_password"]


async def test_of_parallel_changes_one_succeeds_and_its_password_is_the_one(people: People, person: Person) -> None:
    others = [await people.device_of(person.account_id, person.email) for _ in range(4)]
    passwords = [f"{NEW} number {number}" for number in range(5)]
    devices = [person, *others]
    statuses = await asyncio.gather(
        *(change(device, new_password=password) for device, password in zip(devices, passwords, strict=True))
    )
    assert statuses.count(204) == 1
    winner = statuses.index(204)
    assert (await people.sign_in(person.email, password=passwords[winner])).status_code == 201
    assert (await devices[winner].get("/v1/me")).status_code == 200


async def test_a_reset_that_somebody_asked_for_before_is_worthless(
    people: People, person: Person, resources: Resources
) -> None:
    await people.client.post("/v1/password-resets", json={"email": person.email})
    token = await people.mailed_token(person.email)
    await change(person)
    body = {"token": token, "new_password": "another four words, kettle"}
    assert (await people.client.post("/v1/password-resets/confirm", json=body)).status_code == 404
    assert await run_jobs(resources) >= 0
