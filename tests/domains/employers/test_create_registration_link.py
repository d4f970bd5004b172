"""Registration links: shown once, kept as a hash, good for registering until they are ended."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.application import TravellingClock
from tests.support.contracting import enter_contract, enter_employer
from tests.support.staff import Worker
from vitalapp.core.keys import token_hash
from vitalapp.core.resources import Resources


@pytest.fixture
async def links(operator: Worker) -> str:
    employer = await enter_employer(operator)
    contract = await enter_contract(operator, employer["id"])
    return f"/admin/v1/employers/{employer['id']}/contracts/{contract['id']}/registration-links"


async def register(client: httpx.AsyncClient, resources: Resources, token: str) -> httpx.Response:
    wish: dict[str, Any] = {
        "link_token": token,
        "email": "sam@mail.example",
        "display_name": "Sam",
        "is_16_or_older": True,
        "accepted_terms_version": resources.legal_texts.current("terms", resources.clock()).version,
    }
    return await client.post("/v1/registrations", json=wish)


async def test_a_link_registers_people_and_only_its_hash_is_kept(
    operator: Worker, links: str, client: httpx.AsyncClient, resources: Resources
) -> None:
    """Rule: S0-16, S0-24."""
    made = (await operator.post(links, json={})).json()
    assert set(made) == {"link_token", "url", "expires_at"}
    assert made["url"].endswith(f"#link={made['link_token']}"), "no server sees the fragment"
    row = await resources.identity.fetchrow("SELECT * FROM registration_links")
    assert row is not None
    assert row["link_hash"] == token_hash(made["link_token"])
    assert (await register(client, resources, made["link_token"])).status_code == 202


async def test_a_link_ends_when_it_was_told_to(
    operator: Worker, links: str, client: httpx.AsyncClient, resources: Resources, clock: TravellingClock
) -> None:
    ends = clock() + timedelta(days=1)
    made = (await operator.post(links, json={"expires_at": ends.isoformat()})).json()
    assert (await register(client, resources, made["link_token"])).status_code == 202
    clock.travel(timedelta(days=1, seconds=1))
    assert (await register(client, resources, made["link_token"])).json()["code"] == "unknown-registration-link"


async def test_links_that_went_astray_are_ended_together_at_once(
    operator: Worker, links: str, client: httpx.AsyncClient, resources: Resources
) -> None:
    made = [(await operator.post(links, json={})).json()["link_token"] for _ in range(2)]
    assert (await operator.delete(links)).status_code == 204
    for token in made:
        assert (await register(client, resources, token)).json()["code"] == "unknown-registration-link"
    fresh = (await operator.post(links, json={})).json()["link_token"]
    assert (await register(client, resources, fresh)).status_code == 202


@pytest.mark.parametrize("body", [{"expires_at": "2026-12-01T10:00:00"}, {"expires_at": 1}, {"department": "Finance"}])
async def test_bad_input_is_400_and_makes_no_link(
    operator: Worker, links: str, resources: Resources, body: dict[str, object]
) -> None:
    assert (await operator.post(links, json=body)).status_code == 400
    assert await resources.identity.fetchval("SELECT count(*) FROM registration_links") == 0
