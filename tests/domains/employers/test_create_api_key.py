"""API keys: shown once, kept as a hash, rotated without a gap, ended at the next request."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from tests.support.application import TravellingClock
from tests.support.contracting import enter_employer, make_key
from tests.support.staff import Worker
from vitalapp.core.keys import token_hash
from vitalapp.core.resources import Resources

PATHS = {
    "confirmations": "/employer/v1/confirmations",
    "invoices": "/employer/v1/invoices",
    "webhooks": "/employer/v1/webhook-endpoints",
}


async def statuses(employer_client: httpx.AsyncClient, key: str) -> dict[str, int]:
    return {
        scope: (await employer_client.get(path, headers={"Authorization": f"Bearer {key}"})).status_code
        for scope, path in PATHS.items()
    }


async def test_a_key_is_shown_once_and_only_its_hash_is_kept(operator: Worker, resources: Resources) -> None:
    employer = await enter_employer(operator)
    made = await make_key(operator, employer["id"])
    row = await resources.ledger.fetchrow("SELECT * FROM api_keys")
    assert row is not None
    assert row["key_hash"] == token_hash(made["key"])
    [listed] = (await operator.get(f"/admin/v1/employers/{employer['id']}/api-keys")).json()["items"]
    assert listed == {name: made[name] for name in ("id", "scopes", "created_at", "expires_at")} | {"revoked_at": None}
    assert made["key"].encode() not in b"".join(repr(value).encode() for value in row.values())


@pytest.mark.parametrize("scope", PATHS)
async def test_a_key_opens_its_scopes_and_no_others(
    operator: Worker, employer_client: httpx.AsyncClient, scope: str
) -> None:
    employer = await enter_employer(operator)
    made = await make_key(operator, employer["id"], scopes=[scope])
    found = await statuses(employer_client, made["key"])
    assert found == {each: 200 if each == scope else 403 for each in PATHS}


async def test_a_key_is_rotated_without_a_gap_and_the_old_one_ends_at_the_next_request(
    operator: Worker, employer_client: httpx.AsyncClient
) -> None:
    employer = await enter_employer(operator)
    old, new = [await make_key(operator, employer["id"]) for _ in range(2)]
    for key in (old, new):
        assert set((await statuses(employer_client, key["key"])).values()) == {200}
    path = f"/admin/v1/employers/{employer['id']}/api-keys/{old['id']}"
    assert (await operator.delete(path)).status_code == 204
    assert set((await statuses(employer_client, old["key"])).values()) == {401}
    assert set((await statuses(employer_client, new["key"])).values()) == {200}
    assert (await operator.delete(path)).status_code == 204, "ending it again changes nothing"


async def test_a_key_ends_when_it_was_told_to(
    operator: Worker, employer_client: httpx.AsyncClient, clock: TravellingClock
) -> None:
    employer = await enter_employer(operator)
    made = await make_key(operator, employer["id"], expires_at=(clock() + timedelta(hours=1)).isoformat())
    assert set((await statuses(employer_client, made["key"])).values()) == {200}
    clock.travel(timedelta(hours=1))
    assert set((await statuses(employer_client, made["key"])).values()) == {401}


async def test_another_employers_key_cannot_be_ended(operator: Worker, employer_client: httpx.AsyncClient) -> None:
    one, other = await enter_employer(operator), await enter_employer(operator, registration_number="0" * 20)
    made = await make_key(operator, one["id"])
    foreign, nothing = [
        await operator.delete(f"/admin/v1/employers/{other['id']}/api-keys/{key_id}") for key_id in (made["id"], uuid4())
    ]
    assert foreign.status_code == nothing.status_code == 404
    assert {**foreign.json(), "instance": ""} == {**nothing.json(), "instance": ""}
    assert set((await statuses(employer_client, made["key"])).values()) == {200}


@pytest.mark.parametrize(
    "body", [{"scopes": []}, {"scopes": ["accounts"]}, {"expires_at": "2026-12-01T10:00:00"}, {"name": "ERP"}]
)
async def test_bad_input_is_400_and_makes_no_key(operator: Worker, resources: Resources, body: dict[str, object]) -> None:
    employer = await enter_employer(operator)
    assert (await operator.post(f"/admin/v1/employers/{employer['id']}/api-keys", json=body)).status_code == 400
    assert await resources.ledger.fetchval("SELECT count(*) FROM api_keys") == 0


async def test_an_employer_has_at_most_ten_endpoints_even_when_they_are_added_at_once(
    operator: Worker, employer_client: httpx.AsyncClient, resources: Resources
) -> None:
    employer = await enter_employer(operator)
    made = await make_key(operator, employer["id"])
    headers = {"Authorization": f"Bearer {made['key']}"}
    answers = await asyncio.gather(
        *(
            employer_client.post(PATHS["webhooks"], json={"url": "http://127.0.0.1:9/hooks"}, headers=headers)
            for _ in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 10
    assert await resources.ledger.fetchval("SELECT count(*) FROM webhook_endpoints") == 10
