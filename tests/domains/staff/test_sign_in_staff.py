"""Staff sign in with two factors, from listed networks, once confidentiality is signed."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import msgspec
import pytest

from tests.support.application import TravellingClock, open_client
from tests.support.people import People
from tests.support.staff import Worker, Workers
from vitalapp.core.staff_sessions import StaffRole


def credentials(worker: Worker, **changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "email": worker.secrets.email,
        "password": worker.secrets.password,
        "second_factor": worker.code,
        "device": {"name": "Desk", "platform": "web"},
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


async def sign_in(worker: Worker, **changes: object) -> httpx.Response:
    return await worker.client.post("/admin/v1/sessions", json=credentials(worker, **changes))


async def test_password_and_code_open_a_session_in_the_apps_and_the_operators_process(
    workers: Workers, operator_client: httpx.AsyncClient, clock: TravellingClock
) -> None:
    worker = await workers.created("operator")
    for client in (workers.client, operator_client):
        clock.travel(timedelta(seconds=60))
        answer = await client.post("/admin/v1/sessions", json=credentials(worker))
        assert answer.status_code == 201, answer.text
        pair = answer.json()
        assert pair["token_type"] == "Bearer"
        assert pair["access_token"].startswith("vas_")
        assert pair["refresh_token"].startswith("vsr_")
        me = await client.get("/admin/v1/me", headers={"Authorization": f"Bearer {pair['access_token']}"})
        assert me.json()["role"] == "operator"
        assert me.json()["email"] == worker.secrets.email


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"second_factor": None}, "second-factor-required"),
        ({"second_factor": "000000"}, "invalid-credentials"),
        ({"password": "wrong"}, "invalid-credentials"),
        ({"password": "wrong", "second_factor": None}, "invalid-credentials"),
        ({"email": "nobody@care.example"}, "invalid-credentials"),
    ],
)
async def test_neither_factor_is_optional(workers: Workers, changes: dict[str, object], code: str) -> None:
    """C8, S1-14."""
    answer = await sign_in(await workers.created(), **changes)
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_a_code_works_once_however_many_try(workers: Workers) -> None:
    """Pitfall 6, ASVS 6.5.1."""
    worker = await workers.created()
    body = credentials(worker)
    answers = await asyncio.gather(*(worker.client.post("/admin/v1/sessions", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 7


async def test_nobody_works_before_confidentiality_is_signed(workers: Workers) -> None:
    """S1-13."""
    answer = await sign_in(await workers.created(has_signed=False))
    assert (answer.status_code, answer.json()["code"]) == (403, "staff-inactive")


async def test_a_session_ends_after_an_hour_without_use_and_after_twelve_hours(
    workers: Workers, clock: TravellingClock
) -> None:
    idle = await workers.signed_in()
    clock.travel(timedelta(minutes=59))
    assert (await idle.get("/admin/v1/me")).status_code == 200
    clock.travel(timedelta(minutes=61))
    assert (await idle.get("/admin/v1/me")).status_code == 401
    busy = await workers.signed_in()
    for _ in range(23):
        clock.travel(timedelta(minutes=31))
        assert (await busy.get("/admin/v1/me")).status_code == 200
    clock.travel(timedelta(minutes=31))
    assert (await busy.get("/admin/v1/me")).status_code == 401


async def test_a_refresh_gives_the_same_successor_until_it_is_used_and_is_no_use_itself(
    workers: Workers, clock: TravellingClock
) -> None:
    """Pitfall 4."""
    worker = await workers.created()
    first = (await sign_in(worker)).json()

    async def refresh(token: str) -> httpx.Response:
        return await worker.client.post("/admin/v1/sessions/refresh", json={"refresh_token": token})

    second = await refresh(first["refresh_token"])
    assert second.status_code == 200
    assert (await refresh(first["refresh_token"])).json() == second.json()
    headers = {"Authorization": f"Bearer {second.json()['access_token']}"}
    assert (await worker.client.get("/admin/v1/me", headers=headers)).status_code == 200
    reused = await refresh(first["refresh_token"])
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh-token-reused")
    assert (await worker.client.get("/admin/v1/me", headers=headers)).status_code == 401

    clock.travel(timedelta(minutes=1))
    pair = (await sign_in(worker)).json()
    for _ in range(4):
        clock.travel(timedelta(minutes=14))
        pair = (await refresh(pair["refresh_token"])).json()
    clock.travel(timedelta(minutes=14))
    assert (await refresh(pair["refresh_token"])).status_code == 401


async def test_an_employees_token_is_refused_on_a_staff_route_and_a_staff_token_on_an_employees(
    workers: Workers, people: People
) -> None:
    person, worker = await people.signed_in(), await workers.signed_in()
    for answer in (await person.get("/admin/v1/me"), await worker.get("/v1/coaches"), await worker.delete("/v1/me")):
        if answer.status_code != 404:
            assert (answer.status_code, answer.json()["code"]) == (403, "wrong-role")


@pytest.mark.parametrize(
    ("networks", "role", "forwarded_for", "status"),
    [
        ((), "coach", "203.0.113.9", 403),
        (("203.0.113.0/24",), "coach", "203.0.113.9", 201),
        (("203.0.113.0/24",), "coach", "198.51.100.1, 203.0.113.9", 201),
        (("203.0.113.0/24",), "coach", "203.0.113.9, 198.51.100.1", 403),
        (("203.0.113.0/24", "operator=10.0.0.0/8"), "operator", "203.0.113.9", 403),
        (("203.0.113.0/24", "operator=10.0.0.0/8"), "operator", "10.1.2.3", 201),
        (("203.0.113.0/24", "operator=10.0.0.0/8"), "coach", "10.1.2.3", 403),
    ],
)
async def test_staff_come_from_the_networks_of_their_role(
    workers: Workers, networks: tuple[str, ...], role: StaffRole, forwarded_for: str, status: int
) -> None:
    """S0-33; what a client writes into X-Forwarded-For itself counts for nothing."""
    worker = await workers.created(role)
    settings = msgspec.structs.replace(
        workers.resources.settings, staff_networks=networks, trusted_proxies=("127.0.0.1/32",), is_local_run=False
    )
    resources = replace(workers.resources, settings=settings)
    async with open_client(resources, audience="app") as client:
        headers = {"X-Forwarded-For": forwarded_for}
        answer = await client.post("/admin/v1/sessions", json=credentials(worker), headers=headers)
        assert answer.status_code == status, answer.text
        if status == 403:
            assert answer.json()["code"] == "network-not-allowed"
            return
        headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        assert (await client.get("/admin/v1/me", headers=headers)).status_code == 200
        headers["X-Forwarded-For"] = "192.0.2.1"
        assert (await client.get("/admin/v1/me", headers=headers)).status_code == 403


async def test_signing_out_ends_the_session(workers: Workers) -> None:
    worker = await workers.signed_in()
    assert (await worker.delete("/admin/v1/sessions/current")).status_code == 204
    assert (await worker.get("/admin/v1/me")).status_code == 401


async def test_a_new_password_ends_the_other_sessions(workers: Workers) -> None:
    worker = await workers.signed_in()
    pair = (await sign_in(worker)).json()
    body = {"password": "wrong", "new_password": "a long enough sentence"}
    refused = await worker.put("/admin/v1/me/password", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong-password")
    body["password"] = worker.secrets.password
    assert (await worker.put("/admin/v1/me/password", json=body)).status_code == 204
    assert (await worker.get("/admin/v1/me")).status_code == 200
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert (await worker.client.get("/admin/v1/me", headers=headers)).status_code == 401
