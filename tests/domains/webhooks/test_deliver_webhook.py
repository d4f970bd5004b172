"""Standard Webhooks 1.0: signed, retried for three days, once at the receiver by its id, and never sent inside."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.support.application import TravellingClock
from tests.support.employers import Employers, TestEmployer
from tests.support.receiver import Receiver, open_receiver
from vitalapp.core.resources import Resources
from vitalapp.domains.billing.service import release_confirmations
from vitalapp.domains.webhooks.delivery import RETRY_DELAYS, deliver_webhook, retry_after
from vitalapp.domains.webhooks.destinations import Refused, is_allowed, resolve

DAY = date(2026, 11, 17)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as opened:
        yield opened


async def add_endpoint(employer: TestEmployer, receiver: Receiver, **settings: Any) -> dict[str, Any]:
    answer = await employer.request("POST", "/employer/v1/webhook-endpoints", json={"url": receiver.url, **settings})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def release_one(employer: TestEmployer, resources: Resources) -> None:
    await employer.deliver("intake", on=DAY)
    await release_confirmations(resources)


async def waiting(resources: Resources) -> list[UUID]:
    rows = await resources.ledger.fetch("SELECT delivery_id FROM webhook_deliveries WHERE status = 'pending'")
    return [row["delivery_id"] for row in rows]


async def test_an_event_arrives_signed_with_the_confirmation_and_nothing_else(
    employers: Employers, resources: Resources, receiver: Receiver
) -> None:
    employer = await employers.make()
    endpoint = await add_endpoint(employer, receiver)
    await release_one(employer, resources)
    [delivery] = await waiting(resources)
    await deliver_webhook(resources, delivery)
    [(headers, body)] = receiver.requests
    sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == Webhook(endpoint["secret"]).sign(headers["webhook-id"], sent_at, body.decode())
    event = json.loads(body)
    assert set(event) == {"type", "timestamp", "data"}
    [item] = (await employer.get("/employer/v1/confirmations")).json()["items"]
    assert (event["type"], event["data"]) == ("confirmation.intake", item)


async def test_a_delivered_event_is_not_sent_again(employers: Employers, resources: Resources, receiver: Receiver) -> None:
    employer = await employers.make()
    await add_endpoint(employer, receiver)
    await release_one(employer, resources)
    [delivery] = await waiting(resources)
    await asyncio.gather(*(deliver_webhook(resources, delivery) for _ in range(10)))
    await deliver_webhook(resources, delivery)
    assert len(receiver.requests) == 1


async def test_a_failed_delivery_waits_longer_each_time_and_is_dead_after_three_days(
    employers: Employers, resources: Resources, receiver: Receiver, clock: TravellingClock
) -> None:
    employer = await employers.make()
    endpoint = await add_endpoint(employer, receiver)
    await release_one(employer, resources)
    [delivery] = await waiting(resources)
    receiver.answers = [500] * 20
    start, last_wait = clock(), timedelta()
    for attempt in range(1, len(RETRY_DELAYS) + 1):
        await deliver_webhook(resources, delivery)
        await deliver_webhook(resources, delivery)
        assert len(receiver.requests) == attempt, "not before its time"
        [shown] = (await employer.get(f"/employer/v1/webhook-endpoints/{endpoint['id']}/deliveries")).json()["items"]
        assert (shown["status"], shown["attempts"], shown["response_status"]) == ("pending", attempt, 500)
        wait = await resources.ledger.fetchval("SELECT next_attempt_at FROM webhook_deliveries") - clock()
        assert wait > last_wait * 0.6
        last_wait = wait
        clock.travel(wait)
    assert timedelta(days=2) < clock() - start < timedelta(days=4)
    await deliver_webhook(resources, delivery)
    [shown] = (await employer.get(f"/employer/v1/webhook-endpoints/{endpoint['id']}/deliveries")).json()["items"]
    assert (shown["status"], shown["next_attempt_at"]) == ("dead", None)
    ids = {headers["webhook-id"] for headers, _ in receiver.requests}
    assert ids == {shown["event_id"]}, "every attempt carries the same id"


async def test_a_dead_delivery_is_replayed_under_the_same_id(
    employers: Employers, resources: Resources, receiver: Receiver
) -> None:
    employer = await employers.make()
    endpoint = await add_endpoint(employer, receiver)
    await release_one(employer, resources)
    [delivery] = await waiting(resources)
    await deliver_webhook(resources, delivery)
    path = f"/employer/v1/webhook-endpoints/{endpoint['id']}/deliveries/{delivery}/replay"
    assert (await employer.request("POST", path)).status_code == 202
    await deliver_webhook(resources, delivery)
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    assert len(receiver.requests) == 2


async def test_a_410_disables_the_endpoint_until_its_owner_enables_it(
    employers: Employers, resources: Resources, receiver: Receiver
) -> None:
    employer = await employers.make()
    endpoint = await add_endpoint(employer, receiver)
    receiver.answers = [410]
    await release_one(employer, resources)
    [delivery] = await waiting(resources)
    await deliver_webhook(resources, delivery)
    path = f"/employer/v1/webhook-endpoints/{endpoint['id']}"
    shown = (await employer.get(path)).json()
    assert (shown["is_enabled"], shown["disabled_reason"]) == (False, "gone")
    await release_one(employer, resources)
    assert await waiting(resources) == []
    again = await employer.request("PUT", path, json={"url": receiver.url, "is_enabled": True})
    assert (again.json()["is_enabled"], again.json()["disabled_reason"]) == (True, None)


async def test_both_secrets_sign_for_a_day_after_a_rotation(
    employers: Employers, resources: Resources, receiver: Receiver, clock: TravellingClock
) -> None:
    employer = await employers.make()
    first = await add_endpoint(employer, receiver)
    path = f"/employer/v1/webhook-endpoints/{first['id']}"
    second = (await employer.request("PUT", path, json={"url": receiver.url, "rotate_secret": True})).json()
    assert second["secret"] != first["secret"]
    assert "secret" not in (await employer.get(path)).json()
    for step, expected in ((timedelta(0), 2), (timedelta(days=1, seconds=1), 1)):
        clock.travel(step)
        await release_one(employer, resources)
        [delivery] = await waiting(resources)
        await deliver_webhook(resources, delivery)
        headers, body = receiver.requests[-1]
        sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signatures = headers["webhook-signature"].split(" ")
        signed = [
            Webhook(secret).sign(headers["webhook-id"], sent_at, body.decode())
            for secret in (second["secret"], first["secret"])
        ]
        assert signatures == signed[:expected]


async def test_a_redirect_is_a_failure_and_is_not_followed(
    employers: Employers, resources: Resources, receiver: Receiver
) -> None:
    employer = await employers.make()
    await add_endpoint(employer, receiver)
    receiver.answers, receiver.location = [307], "http://169.254.169.254/"
    await release_one(employer, resources)
    [delivery] = await waiting(resources)
    await deliver_webhook(resources, delivery)
    assert await resources.ledger.fetchval("SELECT response_status FROM webhook_deliveries") == 307
    assert len(receiver.requests) == 1


async def test_a_kill_between_the_answer_and_our_note_repeats_the_same_id(
    employers: Employers, resources: Resources, receiver: Receiver, clock: TravellingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    employer = await employers.make()
    await add_endpoint(employer, receiver)
    await release_one(employer, resources)
    [delivery] = await waiting(resources)

    async def die(*_arguments: object, **_keywords: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr("vitalapp.domains.webhooks.queries.end_delivery", die)
        with pytest.raises(ConnectionResetError):
            await deliver_webhook(resources, delivery)
    clock.travel(timedelta(minutes=1))
    await deliver_webhook(resources, delivery)
    assert [headers["webhook-id"] for headers, _ in receiver.requests] == [receiver.requests[0][0]["webhook-id"]] * 2


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://0.0.0.0/",
        "https://name-that-does-not-resolve.invalid/",
    ],
)
async def test_outside_the_local_run_no_private_address_is_a_destination(url: str) -> None:
    with pytest.raises(Refused):
        await resolve(url, is_local_run=False)


async def test_a_name_that_has_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(*_arguments: object, **_keywords: object) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer, raising=False)
    with pytest.raises(Refused):
        await resolve("https://rebinding.example/", is_local_run=False)


@given(st.ip_addresses())
def test_only_global_addresses_are_allowed(address: Any) -> None:
    if is_allowed(address, is_local_run=False):
        assert address.is_global
        assert not address.is_multicast


@given(st.integers(1, 20), st.floats(-1, 1))
def test_a_wait_is_its_step_of_the_schedule_give_or_take_a_fifth(attempts: int, jitter: float) -> None:
    wait = retry_after(attempts, jitter=jitter)
    if attempts > len(RETRY_DELAYS):
        assert wait is None
    else:
        assert wait is not None
        assert abs(wait / RETRY_DELAYS[attempts - 1] - 1) <= 0.2000001


async def test_a_destination_inside_is_refused_with_a_problem(
    employers: Employers, employer_client: httpx.AsyncClient
) -> None:
    employer = await employers.make()
    for url in ("https://10.0.0.1/", "https://169.254.169.254/"):
        answer = await employer.request("POST", "/employer/v1/webhook-endpoints", json={"url": url})
        assert (answer.status_code, answer.json()["code"]) == (422, "webhook-destination-refused")
    for body in (
        {"url": "ftp://x"},
        {"url": "https://user:pass@x.example/"},
        {"url": 1},
        {},
        {"url": "https://x.example", "x": 1},
    ):
        answer = await employer.request("POST", "/employer/v1/webhook-endpoints", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "validation-failed"), body


async def test_another_employers_endpoint_is_a_404_like_one_that_does_not_exist(
    employers: Employers, receiver: Receiver
) -> None:
    one, other = await employers.make(), await employers.make()
    endpoint = await add_endpoint(one, receiver)
    for method, tail, body in (
        ("GET", "", None),
        ("PUT", "", {"url": receiver.url}),
        ("DELETE", "", None),
        ("GET", "/deliveries", None),
        ("POST", f"/deliveries/{endpoint['id']}/replay", None),
    ):
        paths = [f"/employer/v1/webhook-endpoints/{each}{tail}" for each in (endpoint["id"], UUID(int=1))]
        foreign, nothing = [await other.request(method, path, json=body) for path in paths]
        assert foreign.status_code == nothing.status_code == 404, (method, tail)
        assert {**foreign.json(), "instance": ""} == {**nothing.json(), "instance": ""}
    assert msgspec.json.decode((await one.get(f"/employer/v1/webhook-endpoints/{endpoint['id']}")).content)["is_enabled"]
