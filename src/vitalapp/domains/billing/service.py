"""Confirmations, invoices and credit notes: made once, never edited."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from vitalapp.core.jobs import defer_job
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.billing import queries
from vitalapp.domains.billing.documents import build_credit, build_invoice, new_reference
from vitalapp.domains.billing.errors import BillingRefused
from vitalapp.domains.billing.presentation import show_billing, show_intake, show_invoice
from vitalapp.domains.billing.schemas import DocumentLine, InvoiceDocument
from vitalapp.domains.billing.seller import load_seller
from vitalapp.domains.webhooks.service import announce

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LEAST_HEADCOUNT = 25
LEAST_TRAJECTORIES = 10
RETENTION_YEARS = 7
MAIL_TASK = "send_invoice_mail"
_PAGE = 100
_PERIOD = re.compile(r"^[0-9]{4}-(0[1-9]|1[0-2])$")


def release_day(today: date) -> date:
    """The Monday of a day's week, which every confirmation released in that week carries."""
    return today - timedelta(days=today.weekday())


def retained_until(issued_on: date) -> date:
    """The last day on which administration must be there.

    Rule: AWR 52(4), seven years from the end of the book year; S1-33.
    """
    return date(issued_on.year + RETENTION_YEARS, 12, 31)


async def release_confirmations(resources: Resources) -> int:
    """Release every waiting intake confirmation together; how many there were.

    Rule: S1-36; weekly, in random order, so that none tells on which day somebody came.
    """
    monday = release_day(resources.clock().astimezone(AMSTERDAM).date())
    async with transaction(resources.ledger) as ledger:
        rows = await queries.release_intakes(
            ledger, confirmed_on=monday, retained_until=retained_until(monday), least_headcount=LEAST_HEADCOUNT
        )
        for row in rows:
            await announce(
                resources, ledger, employer_id=row["employer_id"], event_type="confirmation.intake", data=show_intake(row)
            )
    return len(rows)


def check_period(period: str, *, today: date, is_unfinished_allowed: bool) -> None:
    """Refuse what is no month, and a month that is not over.

    Raises: BillingRefused.
    """
    if not _PERIOD.match(period):
        raise BillingRefused(f"{period} is not a month; write it as YYYY-MM.")
    this_month = today.strftime("%Y-%m")
    if period > this_month or (period == this_month and not is_unfinished_allowed):
        raise BillingRefused(f"{period} is not over yet; bill it from the first day of the next month.")


async def bill_period(resources: Resources, period: str) -> AsyncIterator[bool]:
    """Bill every contract with unbilled sessions up to `period`, one transaction each; yields for each whether it was billed now.

    A contract that has its invoice for the period is left alone: sessions that came in late go onto the next period's.
    Rule: S1-29, S1-36; pitfall 21.
    """
    after = None
    while contracts := await queries.list_billable_contracts(resources.ledger, period=period, after=after, limit=_PAGE):
        for contract_id in contracts:
            yield await _bill_contract(resources, contract_id, period)
        after = contracts[-1]


async def _bill_contract(resources: Resources, contract_id: UUID, period: str) -> bool:
    async with transaction(resources.ledger) as ledger:
        contract = await queries.lock_billed_contract(ledger, contract_id=contract_id, period=period)
        if contract is None:
            return False
        sessions = await queries.take_sessions(ledger, contract_id=contract_id, period=period)
        if not sessions:
            return False
        is_small = contract["headcount"] < LEAST_HEADCOUNT or len(sessions) < LEAST_TRAJECTORIES
        price = contract["session_price_cents"]
        shown = [(None, sum(sessions))] if is_small else [(new_reference(), count) for count in sessions]
        issued_on = resources.clock().astimezone(AMSTERDAM).date()
        document = build_invoice(
            number=await _next_number(ledger, issued_on),
            contract=dict(contract),
            seller=load_seller(resources.settings.seller_file),
            period=period,
            issued_on=issued_on,
            lines=[
                DocumentLine(reference=reference, sessions=count, unit_price_cents=price, amount_cents=count * price)
                for reference, count in shown
            ],
        )
        invoice_id = await _issue(resources, ledger, document, contract["employer_id"], contract_id, corrects=None)
        confirmation_id = uuid4()
        await queries.insert_billing_confirmation(
            ledger,
            confirmation_id,
            contract["employer_id"],
            contract_id,
            release_day(issued_on),
            invoice_id,
            retained_until(issued_on),
        )
        confirmation = show_billing(confirmation_id, contract_id, invoice_id, document)
        await announce(
            resources, ledger, employer_id=contract["employer_id"], event_type="confirmation.billing", data=confirmation
        )
    return True


async def credit_invoice(resources: Resources, number: str, *, sessions: int | None) -> str:
    """Give back an invoice, or `sessions` of it, by a credit note; the credit note's number.

    Raises: BillingRefused.
    """
    async with transaction(resources.ledger) as ledger:
        invoice = await queries.lock_invoice_by_number(ledger, number=number)
        if invoice is None:
            raise BillingRefused(f"There is no invoice {number}.")
        if invoice["is_credited"]:
            raise BillingRefused(f"Invoice {number} has its credit note already.")
        corrected = queries.decode_document(invoice)
        billed = sum(line.sessions for line in corrected.lines)
        if sessions is not None and not 0 < sessions <= billed:
            raise BillingRefused(f"Invoice {number} bills {billed} sessions; credit 1 to {billed} of them.")
        issued_on = resources.clock().astimezone(AMSTERDAM).date()
        document = build_credit(
            corrected, number=await _next_number(ledger, issued_on), issued_on=issued_on, sessions=sessions
        )
        await _issue(
            resources, ledger, document, invoice["employer_id"], invoice["contract_id"], corrects=invoice["invoice_id"]
        )
    return document.number


async def _next_number(ledger: Connection, issued_on: date) -> str:
    return f"VA{issued_on.year}-{await queries.next_invoice_number(ledger, book_year=issued_on.year):06d}"


async def _issue(
    resources: Resources,
    ledger: Connection,
    document: InvoiceDocument,
    employer_id: UUID,
    contract_id: UUID,
    *,
    corrects: UUID | None,
) -> UUID:
    invoice_id = uuid4()
    await queries.insert_invoice(
        ledger,
        invoice_id,
        document.number,
        document.kind,
        corrects,
        employer_id,
        contract_id,
        document.period,
        document.issued_on,
        document.due_on,
        msgspec.json.encode(document).decode(),
        retained_until(document.issued_on),
    )
    await queries.insert_invoice_mail(ledger, invoice_id=invoice_id, now=resources.clock())
    await defer_job(ledger, task=MAIL_TASK, queue="employer", arguments={"invoice_id": invoice_id})
    event_type = "invoice.issued" if document.kind == "invoice" else "credit_note.issued"
    data = show_invoice(invoice_id, corrects, contract_id, document)
    await announce(resources, ledger, employer_id=employer_id, event_type=event_type, data=data)
    return invoice_id
