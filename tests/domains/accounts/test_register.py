"""POST /v1/registrations: a wish that says nothing about who has an account."""

from typing import Any

import httpx
import pytest

from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import People
from vitalapp.core.resources import Resources
from vitalapp.domains.accounts.service import create_registration_link

EMPTY = "SELECT NOT EXISTS (SELECT FROM registrations) AND NOT EXISTS (SELECT FROM procrastinate_jobs)"


@pytest.fixture
async def link(people: People, resources: Resources) -> str:
    """The link of a contract whose employer manages mail on two domains."""
    contract_id = await people.contract(mail_domains=("employer.example", "bücher.example"))
    return await create_registration_link(resources, contract_id=contract_id)


def wish(resources: Resources, link: str, **changes: Any) -> dict[str, Any]:
    """A registration that is in order, but for `changes`."""
    terms = resources.legal_texts.current("terms", resources.clock())
    return {
        "link_token": link,
        "email": "kim@mail.example",
        "display_name": "Kim",
        "is_16_or_older": True,
        "accepted_terms_version": terms.version,
        **changes,
    }


async def register(client: httpx.AsyncClient, resources: Resources, link: str, **changes: Any) -> httpx.Response:
    return await client.post("/v1/registrations", json=wish(resources, link, **changes))


async def test_an_unknown_address_gets_a_mail_with_a_token_and_no_account_yet(
    client: httpx.AsyncClient, resources: Resources, link: str
) -> None:
    """S0-24, S0-25."""
    answer = await register(client, resources, link, locale="en")
    assert (answer.status_code, answer.json()) == (202, {})
    assert await waiting_mails(resources) == []
    await run_jobs(resources)
    (mail,) = await waiting_mails(resources)
    assert (mail.to, mail.template, mail.locale) == ("kim@mail.example", "activation", "en")
    assert len(mail.params["token"]) >= 43
    assert await resources.identity.fetchval("SELECT count(*) FROM accounts") == 0
