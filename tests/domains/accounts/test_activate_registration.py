"""POST /v1/registrations/activate: the password is chosen by who reads the mail."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.application import TravellingClock
from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import PASSWORD, People
from vitalapp.core.resources import Resources
from vitalapp.domains.accounts.service import create_registration_link

EMAIL = "kim@mail.example"
USES = 50


@pytest.fixture
async def link(people: People, resources: Resources) -> str:
    """The link of a running contract."""
    return await create_registration_link(resources, contract_id=await people.contract())


@pytest.fixture
async def token(people: People, resources: Resources, link: str) -> str:
    """The token that was mailed to a new address."""
    await wish(people, resources, link)
    return await people.mailed_token(EMAIL)


async def wish(people: People, resources: Resources, link: str) -> None:
    terms = resources.legal_texts.current("terms", resources.clock())
    body = {
        "link_token": link,
        "email": EMAIL,
        "display_name": "Canaryname",
        "is_16_or_older": True,
        "accepted_terms_version": terms.version,
    }
    assert (await people.client.post("/v1/registrations", json=body)).status_code == 202


async def activate(client: httpx.AsyncClient, token: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/v1/registrations/activate", json={"token": token, "password": password})


async def test_activation_makes_an_account_under_ids_that_lead_nowhere(
    client: httpx.AsyncClient, resources: Resources, token: str, superusers: dict[str, Any], people: People
) -> None:
    """S0-18, S0-25: the row holds nothing in clear, and four different random ids."""
    answer = await activate(client, token)
    assert (answer.status_code, answer.content) == (204, b"")
    row = await resources.identity.fetchrow("SELECT * FROM accounts")
    assert row
    assert len({row["account_id"], row["person_id"], row["log_subject_id"], row["consent_subject_id"]}) == 4
    assert row["locale"] == "nl"
    assert row["consented_statement_id"] is None
    assert row["password_hash"].startswith("$argon2id$")
    dump = await superusers["identity"].fetchval("SELECT a::text FROM accounts AS a")
    assert b"canaryname".hex() not in dump.lower()
    assert b"kim@mail".hex() not in dump.lower()
    assert "canaryname" not in dump.lower()
    assert await resources.identity.fetchval("SELECT count(*) FROM registrations") == 0
    assert await resources.vault.fetchval("SELECT count(*) FROM persons") == 0
    assert (await people.sign_in(EMAIL)).status_code == 201


async def test_of_fifty_parallel_uses_one_succeeds(client: httpx.AsyncClient, resources: Resources, token: str) -> None:
    answers = await asyncio.gather(*(activate(client, token) for _ in range(USES)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * (USES - 1)
    assert await resources.identity.fetchval("SELECT count(*) FROM accounts") == 1


async def test_a_used_token_is_404(client: httpx.AsyncClient, token: str) -> None:
    await activate(client, token)
    again = await activate(client, token)
    assert (again.status_code, again.json()["code"]) == (404, "unknown-token")


async def test_an_expired_token_is_404_with_the_same_body_as_an_unknown_one(
    client: httpx.AsyncClient, clock: TravellingClock, token: str
) -> None:
    clock.travel(timedelta(hours=48, seconds=1))
    expired, unknown = await activate(client, token), await activate(client, "vat_unknown")
    assert expired.status_code == 404
    assert expired.content == unknown.content


@pytest.mark.parametrize("password", ["too short 123", "passwordpassword1", "kim@mail.example", "aaaaaaaaaaaaaaaaaaaaaaaa"])
async def test_a_weak_password_is_400_and_leaves_the_token_unspent(
    client: httpx.AsyncClient, token: str, password: str
) -> None:
    """ASVS 6.2.4, 6.2.12; NIST SP 800-63B-4."""
    weak = await activate(client, token, password)
    assert weak.status_code == 400
    assert [error["pointer"] for error in weak.json()["errors"]] == ["/password"]
    assert (await activate(client, token)).status_code == 204


async def test_every_wish_of_the_address_is_spent_by_one_activation(
    client: httpx.AsyncClient, people: People, resources: Resources, link: str
) -> None:
    await wish(people, resources, link)
    await wish(people, resources, link)
    await run_jobs(resources)
    first, second = [mail.params["token"] for mail in await waiting_mails(resources)]
    assert (await activate(client, second)).status_code == 204
    assert (await activate(client, first)).status_code == 404
    assert await resources.identity.fetchval("SELECT count(*) FROM accounts") == 1


async def test_a_wish_decided_before_another_one_was_activated_makes_no_second_account(
    client: httpx.AsyncClient, people: People, resources: Resources, token: str
) -> None:
    await people.account(email=EMAIL)
    assert (await activate(client, token)).status_code == 404
    assert await resources.identity.fetchval("SELECT count(*) FROM accounts") == 1


async def test_before_activation_signing_in_looks_like_a_wrong_password(people: People, token: str) -> None:
    """S0-25."""
    assert token
    pending = await people.sign_in(EMAIL)
    await people.account(email="other@mail.example")
    wrong = await people.sign_in("other@mail.example", password="not the right one, at all")
    assert (pending.status_code, pending.json()["code"]) == (401, "invalid-credentials")
    assert pending.content == wrong.content
