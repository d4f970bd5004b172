"""Killed at every step from attendance to a delivered webhook: one confirmation, one invoice line, one effect at the receiver."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.support.application import TravellingClock
from tests.support.coaching import Coaches
from tests.support.employers import Employers, TestEmployer
from tests.support.jobs import run_jobs
from tests.support.mailbox import Mailbox, open_mailbox
from tests.support.people import People
from tests.support.receiver import Receiver, open_receiver
from vitalapp.core.outbox import redefer_outbox
from vitalapp.core.resources import Resources
from vitalapp.domains.billing.mail import redefer_invoice_mails
from vitalapp.domains.billing.service import bill_period, release_confirmations
from vitalapp.domains.webhooks.tasks import redefer_deliveries

NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
LOST = timedelta(minutes=11)
# What happens between attendance and a delivered webhook, in that order.
STEPS = [
    "vitalapp.domains.coaching.carriers.record_line",
    "vitalapp.domains.billing.run_queries.release_intakes",
    "vitalapp.domains.billing.run_queries.lock_contracts",
    "vitalapp.domains.billing.run_queries.take_sessions",
    "vitalapp.domains.billing.run_queries.take_invoice_numbers",
    "vitalapp.domains.billing.run_queries.insert_invoices",
    "vitalapp.domains.billing.service.defer_jobs",
    "vitalapp.domains.billing.run_queries.insert_billing_confirmations",
    "vitalapp.domains.billing.service.announce",
    "vitalapp.domains.webhooks.queries.insert_deliveries",
    "vitalapp.domains.webhooks.service.defer_jobs",
    "vitalapp.domains.billing.mail.hand_over",
    "vitalapp.domains.billing.queries.delete_invoice_mail",
    "vitalapp.domains.webhooks.queries.lease_delivery",
    "vitalapp.domains.webhooks.delivery.post",
    "vitalapp.domains.webhooks.queries.end_delivery",
]


class Killed(BaseException):
    """Nothing after this step has happened."""


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
async def mailbox(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mailbox]:
    async with open_mailbox() as opened:
        monkeypatch.setattr(resources, "settings", msgspec.structs.replace(resources.settings, smtp_url=opened.url))
        yield opened


@pytest.fixture
async def employer(
    clock: TravellingClock, employers: Employers, people: People, coaches: Coaches, receiver: Receiver
) -> TestEmployer:
    """An employer with an endpoint, one of whose people has completed an intake and attended a session: nothing carried yet."""
    clock.freeze(NOW)
    employer = await employers.make()
    added = await employer.request("POST", "/employer/v1/webhook-endpoints", json={"url": receiver.url})
    assert added.status_code == 201, added.text
    person = await people.signed_in(contract_id=employer.contract_id)
    coach = await coaches.with_agenda()
    booked = await coaches.book(person, coach, NOW + timedelta(hours=2))
    path = f"/admin/v1/trajectories/{booked['trajectory_id']}/intake-completion"
    assert (await coach.post(path, json={})).status_code == 200
    clock.freeze(NOW + timedelta(hours=3))
    again = await coaches.workers.again(coach)
    attended = await again.post(f"/admin/v1/appointments/{booked['id']}/attendance", json={"status": "attended"})
    assert attended.status_code == 200, attended.text
    return employer


async def carry_on(resources: Resources, clock: TravellingClock) -> None:
    """What processes do that start anew: find what was lost, then all the steps."""
    clock.freeze(clock() + LOST)
    for store in ("vault", "ledger"):
        await redefer_outbox(resources.pools[store], written_before=clock())
    await redefer_invoice_mails(resources, clock())
    await redefer_deliveries(resources, clock())
    await run_jobs(resources, "vault")
    await release_confirmations(resources)
    async for _ in bill_period(resources, "2026-10"):
        pass
    await run_jobs(resources, "ledger")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rpartition(".")[2])
async def test_killed_at_any_step_there_is_one_confirmation_one_line_and_one_effect(
    *,
    employer: TestEmployer,
    resources: Resources,
    clock: TravellingClock,
    receiver: Receiver,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    moment: str,
) -> None:
    """Rule: issue 5, Must show; pitfall 21. The job under way is lost with the process."""
    module, _, name = step.rpartition(".")
    original = getattr(__import__(module, fromlist=[name]), name)

    async def die(*arguments: Any, **keywords: Any) -> Any:
        if moment == "after":
            await original(*arguments, **keywords)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(step, die)
        with pytest.raises(Killed):
            await carry_on(resources, clock)
        with suppress(Killed):
            await carry_on(resources, clock)
    for _ in range(3):
        await carry_on(resources, clock)

    confirmations = (await employer.get("/employer/v1/confirmations")).json()["items"]
    assert Counter(item["kind"] for item in confirmations) == {"intake": 1, "billing": 1}
    [line] = next(item["lines"] for item in confirmations if item["kind"] == "billing")
    assert line["sessions"] == 1
    [invoice] = (await employer.get("/employer/v1/invoices")).json()["items"]
    assert invoice["number"] == "VA2026-000001"
    effects = {headers["webhook-id"]: msgspec.json.decode(body) for headers, body in receiver.requests}
    assert Counter(event["type"] for event in effects.values()) == {
        "confirmation.intake": 1,
        "confirmation.billing": 1,
        "invoice.issued": 1,
    }
    assert len({message["Message-ID"] for message in mailbox.messages}) == 1
    for table in ("unbilled_lines", "invoice_mails", "procrastinate_jobs"):
        assert await resources.ledger.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    assert await resources.ledger.fetchval("SELECT count(*) FROM webhook_deliveries WHERE status <> 'delivered'") == 0
    kinds = "SELECT count(*) FROM outbox WHERE kind = 'unbilled_line'"
    assert await resources.vault.fetchval(kinds) == 0
