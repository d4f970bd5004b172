"""POST /v1/registrations: a wish that says nothing about who has an account."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.support.application import TravellingClock
from tests.support.databases import Stores
from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import People
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.domains.accounts.data_map import TABLES
from vitalapp.domains.accounts.registration_service import decide_registration
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


async def test_a_known_address_gets_the_same_answer_and_is_told_by_mail(
    client: httpx.AsyncClient, resources: Resources, link: str, people: People
) -> None:
    """Pitfall 7; S0-26."""
    await people.account(email="Kim@Mail.example")
    known = await register(client, resources, link)
    unknown = await register(client, resources, link, email="else@mail.example")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    ignored = {"x-request-id", "date"}
    assert {name: value for name, value in known.headers.items() if name not in ignored} == {
        name: value for name, value in unknown.headers.items() if name not in ignored
    }
    await run_jobs(resources)
    mails = await waiting_mails(resources)
    assert {(mail.to, mail.template) for mail in mails} == {
        ("Kim@mail.example", "account_exists"),
        ("else@mail.example", "activation"),
    }
    assert await resources.identity.fetchval("SELECT count(*) FROM registrations") == 1


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE registration_links SET revoked_at = now()",
        "UPDATE registration_links SET expires_at = now() - interval '1 minute'",
        "UPDATE contracts SET ends_on = current_date - 2",
        "UPDATE contracts SET starts_on = current_date + 2",
    ],
)
async def test_a_link_that_does_not_work_is_404_and_sends_nothing(
    client: httpx.AsyncClient, resources: Resources, link: str, spoil: str
) -> None:
    """S0-24: revoked, expired, or of a contract that does not run."""
    await resources.identity.execute(spoil)
    answer = await register(client, resources, link)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-registration-link")
    assert await resources.identity.fetchval(EMPTY)


async def test_an_altered_link_is_404(client: httpx.AsyncClient, resources: Resources, link: str) -> None:
    """S0-24."""
    assert len(link) >= 130
    altered = link[:-1] + ("A" if link[-1] != "A" else "B")
    answer = await register(client, resources, altered)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-registration-link")


@pytest.mark.parametrize("email", ["kim@employer.example", "kim@mail.EMPLOYER.example", "kim@xn--bcher-kva.example"])
async def test_an_address_of_the_employer_is_refused(
    client: httpx.AsyncClient, resources: Resources, link: str, email: str
) -> None:
    """S0-17, S0-26: domains below the employer's too, in either spelling."""
    answer = await register(client, resources, link, email=email)
    assert (answer.status_code, answer.json()["code"]) == (422, "use-private-address")
    assert await resources.identity.fetchval(EMPTY)


async def test_who_is_under_16_is_refused(client: httpx.AsyncClient, resources: Resources, link: str) -> None:
    """S4-16."""
    answer = await register(client, resources, link, is_16_or_older=False)
    assert (answer.status_code, answer.json()["code"]) == (403, "under-age")
    assert await resources.identity.fetchval(EMPTY)


async def test_other_terms_than_the_current_ones_are_refused(
    client: httpx.AsyncClient, resources: Resources, link: str
) -> None:
    """S4-10."""
    answer = await register(client, resources, link, accepted_terms_version="0.1")
    assert (answer.status_code, answer.json()["code"]) == (409, "terms-not-current")
    assert answer.json()["current_version"] == wish(resources, link)["accepted_terms_version"]
    assert await resources.identity.fetchval(EMPTY)


async def test_a_name_may_be_left_out(client: httpx.AsyncClient, resources: Resources, link: str) -> None:
    """S4-07, S0-17."""
    body = wish(resources, link)
    del body["display_name"]
    assert (await client.post("/v1/registrations", json=body)).status_code == 202


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "no address"}, "/email"),
        ({"email": "kim@mail"}, "/email"),
        ({"email": 7}, "/email"),
        ({"locale": "fr"}, "/locale"),
        ({"display_name": "x" * 81}, "/display_name"),
        ({"display_name": " "}, "/display_name"),
        ({"is_16_or_older": "yes"}, "/is_16_or_older"),
        ({"department": "Sales"}, "/department"),
    ],
)
async def test_a_wrong_field_is_400_with_its_pointer(
    client: httpx.AsyncClient, resources: Resources, link: str, change: dict[str, Any], pointer: str
) -> None:
    """S0-17: nothing more than a name and an address is taken."""
    answer = await register(client, resources, link, **change)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await resources.identity.fetchval(EMPTY)


async def test_the_mail_speaks_the_language_of_the_request(
    client: httpx.AsyncClient, resources: Resources, link: str
) -> None:
    await client.post("/v1/registrations", json=wish(resources, link), headers={"Accept-Language": "en"})
    await run_jobs(resources)
    assert [mail.locale for mail in await waiting_mails(resources)] == ["en"]


async def test_nothing_of_a_wish_stands_in_clear(
    client: httpx.AsyncClient, resources: Resources, link: str, superusers: dict[str, Any]
) -> None:
    """Canaries in every field; S0-18."""
    await register(client, resources, link, email="canary@mail.example", display_name="Canaryname")
    await run_jobs(resources)
    for table in ("registrations", "mails", "procrastinate_jobs", "procrastinate_events", "outbox"):
        dump = await superusers["identity"].fetchval(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} AS t")
        assert "canary" not in dump.lower()
        assert b"canary".hex() not in dump.lower()


async def test_one_wish_sends_one_mail_however_often_its_job_runs(
    client: httpx.AsyncClient, resources: Resources, link: str
) -> None:
    await register(client, resources, link)
    registration_id = await resources.identity.fetchval("SELECT registration_id FROM registrations")
    for _ in range(3):
        await decide_registration(resources, registration_id=registration_id)
    assert len(await waiting_mails(resources)) == 1


async def test_an_unanswered_wish_leaves_nothing_after_48_hours(
    client: httpx.AsyncClient, resources: Resources, link: str, clock: TravellingClock, stores: Stores
) -> None:
    await register(client, resources, link)
    (rule,) = [table for table in TABLES if table.name == "registrations"]
    retention = await asyncpg.connect(stores.identity.retention)
    try:
        await retention.execute(rule.expire_sql, clock(), 100)
        assert await resources.identity.fetchval("SELECT count(*) FROM registrations") == 1
        clock.travel(timedelta(hours=48, seconds=1))
        await retention.execute(rule.expire_sql, clock(), 100)
        assert await resources.identity.fetchval("SELECT count(*) FROM registrations") == 0
    finally:
        await retention.close()


async def test_a_link_of_an_unknown_contract_cannot_be_made(resources: Resources) -> None:
    with pytest.raises(NotFound):
        await create_registration_link(resources, contract_id=uuid4())
