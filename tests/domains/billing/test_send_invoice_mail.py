"""The mail with an invoice: the PDF to the billing contact and nothing else, once the mail server is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import aiosmtplib
import msgspec
import pytest
from pypdf import PdfReader

from tests.support.application import TravellingClock
from tests.support.employers import Employers, TestEmployer
from tests.support.jobs import run_jobs
from tests.support.mailbox import Mailbox, open_mailbox
from vitalapp.core.resources import Resources
from vitalapp.domains.billing.mail import redefer_invoice_mails
from vitalapp.domains.billing.service import bill_period, credit_invoice

OCTOBER_DAY = date(2026, 10, 14)
NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
async def billed(employers: Employers, resources: Resources, clock: TravellingClock) -> TestEmployer:
    """An employer with one invoice whose mail has not gone out."""
    clock.travel_to(NOVEMBER)
    employer = await employers.make(billing_email="ap@acme.example")
    await employer.deliver_sessions(12, on=OCTOBER_DAY)
    assert [billed async for billed in bill_period(resources, "2026-10")] == [True]
    return employer


@asynccontextmanager
async def mail_server(resources: Resources, monkeypatch: pytest.MonkeyPatch, port: int = 0) -> AsyncIterator[Mailbox]:
    async with open_mailbox(port) as mailbox:
        settings = msgspec.structs.replace(resources.settings, smtp_url=mailbox.url)
        monkeypatch.setattr(resources, "settings", settings)
        yield mailbox


def parts_of(message: Any) -> dict[str, Any]:
    return {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}


async def test_the_mail_holds_the_pdf_and_no_more(
    billed: TestEmployer, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule: S1-29, S4-08, S4-21."""
    async with mail_server(resources, monkeypatch) as mailbox:
        assert await run_jobs(resources, "ledger") == 1 + 1, "the contract's terms, and the mail"
    assert mailbox.recipients == ["ap@acme.example"]
    [message] = mailbox.messages
    [invoice] = (await billed.get("/employer/v1/invoices")).json()["items"]
    parts = parts_of(message)
    assert set(parts) == {"text/plain", "text/html", "application/pdf"}
    [attachment] = list(message.iter_attachments())
    assert attachment.get_filename() == f"{invoice['number']}.pdf"
    assert parts["application/pdf"] == (await billed.get(f"/employer/v1/invoices/{invoice['id']}/pdf")).content
    assert message["Message-ID"].startswith(f"<{invoice['id']}@")
    for text in (message["Subject"], parts["text/plain"], parts["text/html"]):
        for told in (invoice["number"], invoice["gross"], "Acme", "12"):
            assert told not in text, "the mail itself says that there is something, no more"
    assert invoice["number"] in PdfReader(BytesIO(parts["application/pdf"])).pages[0].extract_text()
    assert await resources.ledger.fetchval("SELECT count(*) FROM invoice_mails") == 0


async def test_a_mail_server_that_is_away_is_tried_again_and_the_mail_goes_out_once(
    billed: TestEmployer, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with mail_server(resources, monkeypatch) as mailbox:
        port = mailbox.port
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await run_jobs(resources, "ledger")
    assert await resources.ledger.fetchval("SELECT count(*) FROM invoice_mails") == 1, "it waits"
    async with mail_server(resources, monkeypatch, port) as mailbox:
        await redefer_invoice_mails(resources, resources.clock() + timedelta(minutes=11))
        await run_jobs(resources, "ledger")
        await redefer_invoice_mails(resources, resources.clock() + timedelta(minutes=11))
        await run_jobs(resources, "ledger")
    assert len(mailbox.messages) == 1


async def test_a_kill_between_the_servers_250_and_our_commit_repeats_the_same_message(
    billed: TestEmployer, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_arguments: object, **_keywords: object) -> None:
        raise ConnectionResetError

    async with mail_server(resources, monkeypatch) as mailbox:
        with monkeypatch.context() as patch:
            patch.setattr("vitalapp.domains.billing.queries.delete_invoice_mail", die)
            with pytest.raises(ConnectionResetError):
                await run_jobs(resources, "ledger")
        await redefer_invoice_mails(resources, resources.clock() + timedelta(minutes=11))
        await run_jobs(resources, "ledger")
    first, second = mailbox.messages
    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])


async def test_a_refused_recipient_is_not_tried_for_ever(
    billed: TestEmployer, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with mail_server(resources, monkeypatch) as mailbox:
        mailbox.at_recipient = "550 nobody here"
        await run_jobs(resources, "ledger")
    assert await resources.ledger.fetchval("SELECT count(*) FROM invoice_mails") == 0
    assert len((await billed.get("/employer/v1/invoices")).json()["items"]) == 1, "the employer still fetches it"


async def test_a_credit_note_is_mailed_and_announced_as_well(
    billed: TestEmployer, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await resources.ledger.execute(
        "INSERT INTO webhook_endpoints (endpoint_id, employer_id, url, event_types, secret_sealed, created_at)"
        " VALUES (gen_random_uuid(), $1, 'http://127.0.0.1:9/', '{credit_note.issued}', '', now())",
        billed.employer_id,
    )
    [invoice] = (await billed.get("/employer/v1/invoices")).json()["items"]
    number = await credit_invoice(resources, invoice["number"], sessions=None)
    announced = msgspec.json.decode(await resources.ledger.fetchval("SELECT body FROM webhook_deliveries"))
    assert (announced["type"], announced["data"]["number"]) == ("credit_note.issued", number)
    assert announced["data"] == (await billed.get(f"/employer/v1/invoices/{announced['data']['id']}")).json()
    await resources.ledger.execute("DELETE FROM webhook_endpoints")
    async with mail_server(resources, monkeypatch) as mailbox:
        await run_jobs(resources, "ledger")
    texts = [
        PdfReader(BytesIO(parts_of(message)["application/pdf"])).pages[0].extract_text() for message in mailbox.messages
    ]
    assert sorted("Creditfactuur" in text for text in texts) == [False, True]
