"""POST /v1/password-resets and /confirm: a new password by mail, which ends every session."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.domains.accounts.second_factor_steps import add_second_factor
from tests.support.application import TravellingClock
from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import People, Person
from vitalapp.core.resources import Resources

NEW = "lantern plum orbit kettle"


@pytest.fixture
async def person(people: People) -> Person:
    """Somebody on one device."""
    return await people.signed_in()


@pytest.fixture
async def token(person: Person, people: People) -> str:
    """The token that was mailed to them."""
    await ask(people.client, person.email)
    return await people.mailed_token(person.email)


async def ask(client: httpx.AsyncClient, email: str) -> httpx.Response:
    return await client.post("/v1/password-resets", json={"email": email})


async def confirm(client: httpx.AsyncClient, token: str, password: str = NEW, **more: str) -> httpx.Response:
    body = {"token": token, "new_password": password, **more}
    return await client.post("/v1/password-resets/confirm", json=body)


async def test_a_known_and_an_unknown_address_get_the_same_answer(
    client: httpx.AsyncClient, person: Person, resources: Resources
) -> None:
    """Pitfall 7."""
    known, unknown = await ask(client, person.email), await ask(client, "nobody@mail.example")
    assert (known.status_code, known.json()) == (202, {})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    await run_jobs(resources)
    assert [(mail.to, mail.template) for mail in await waiting_mails(resources)] == [(person.email, "password_reset")]
    assert await resources.identity.fetchval("SELECT count(*) FROM password_resets") == 1


async def test_a_reset_ends_every_session_and_tells_the_address(
    client: httpx.AsyncClient, person: Person, people: People, token: str, resources: Resources
) -> None:
    """Pitfall 5."""
    assert (await person.get("/v1/me")).status_code == 200
    assert (await confirm(client, token)).status_code == 204
    assert (await person.get("/v1/me")).status_code == 401
    refreshed = await client.post("/v1/sessions/refresh", json={"refresh_token": person.refresh_token})
    assert refreshed.status_code == 401
    assert await resources.identity.fetchval("SELECT count(*) FROM sessions") == 0
    assert [mail.template for mail in await waiting_mails(resources)] == ["password_reset", "password_changed"]
    assert (await people.sign_in(person.email)).status_code == 401
    assert (await people.sign_in(person.email, password=NEW)).status_code == 201


async def test_of_fifty_parallel_uses_one_succeeds(client: httpx.AsyncClient, token: str) -> None:
    answers = await asyncio.gather(*(confirm(client, token) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 49


async def test_an_expired_token_is_404(client: httpx.AsyncClient, token: str, clock: TravellingClock) -> None:
    clock.travel(timedelta(hours=1, seconds=1))
    answer = await confirm(client, token)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-token")


async def test_a_weak_password_is_400_and_leaves_the_token_unspent(client: httpx.AsyncClient, token: str) -> None:
    weak = await confirm(client, token, "passwordpassword1")
    assert [error["pointer"] for error in weak.json()["errors"]] == ["/new_password"]
    assert (await confirm(client, token)).status_code == 204


async def test_a_second_factor_is_not_got_round(
    client: httpx.AsyncClient, person: Person, people: People, clock: TravellingClock
) -> None:
    """ASVS 6.4.3: and a wrong code leaves the token unspent."""
    app = await add_second_factor(person, clock)
    await ask(client, person.email)
    token = await people.mailed_token(person.email)
    missing = await confirm(client, token)
    assert (missing.status_code, missing.json()["code"]) == (401, "second-factor-required")
    wrong = await confirm(client, token, second_factor="abcd-efgh-ijkl-mnop")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid-credentials")
    assert (await person.get("/v1/me")).status_code == 200
    assert (await confirm(client, token, second_factor=app.next_code())).status_code == 204


async def test_every_token_of_the_account_is_spent_by_one_reset(
    client: httpx.AsyncClient, person: Person, token: str, people: People
) -> None:
    await ask(client, person.email)
    newer = await people.mailed_token(person.email)
    assert newer != token
    assert (await confirm(client, newer)).status_code == 204
    assert (await confirm(client, token)).status_code == 404


async def test_an_address_that_is_none_is_400(client: httpx.AsyncClient) -> None:
    assert (await ask(client, "nothing")).status_code == 400
