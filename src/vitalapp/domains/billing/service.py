"""Confirmations, invoices and credit notes: made once, never edited."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg

from vitalapp.core.jobs import defer_jobs
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.billing import run_queries as queries
from vitalapp.domains.billing.documents import IssuedInvoice, build_credit, build_invoice, new_reference
from vitalapp.domains.billing.errors import BillingRefused
from vitalapp.domains.billing.lines import record_line
from vitalapp.domains.billing.presentation import show_billing, show_intake, show_invoice
from vitalapp.domains.billing.queries import decode_document
from vitalapp.domains.billing.schemas import DocumentLine
from vitalapp.domains.billing.seller import load_seller
from vitalapp.domains.webhooks.service import Announcement, announce

__all__ = ["record_line"]

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
    now = resources.clock()
    monday = release_day(now.astimezone(AMSTERDAM).date())
    async with transaction(resources.ledger) as ledger:
        rows = await queries.release_intakes(
            ledger, confirmed_on=monday, retained_until=retained_until(monday), least_headcount=LEAST_HEADCOUNT
        )
        told = [Announcement(row["employer_id"], "confirmation.intake", show_intake(row)) for row in rows]
        await announce(ledger, told, now=now)
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
    """Bill every contract with unbilled sessions up to `period`; yields for each whether it was billed now.

    A contract that has its invoice for the period is left alone: sessions that came in late go onto the next period's. A hundred
    contracts share a transaction, so a run that is cut off leaves nothing half and the next one ends it.
    Rule: S1-29, S1-36; pitfall 21.
    """
    after = None
    while contracts := await queries.list_billable_contracts(resources.ledger, period=period, after=after, limit=_PAGE):
        billed = await _bill_contracts(resources, [row["contract_id"] for row in contracts], period)
        for row in contracts:
            yield row["contract_id"] in billed
        after = contracts[-1]["created_at"], contracts[-1]["contract_id"]


async def _bill_contracts(resources: Resources, contract_ids: list[UUID], period: str) -> set[UUID]:
    now = resources.clock()
    issued_on = now.astimezone(AMSTERDAM).date()
    seller = load_seller(resources.settings.seller_file)
    async with transaction(resources.ledger) as ledger:
        contracts = await queries.lock_contracts(ledger, contract_ids=contract_ids)
        sessions = await queries.take_sessions(ledger, contract_ids=contract_ids, period=period)
        if not sessions:
            return set()
        billed = [contract for contract in contracts if contract["contract_id"] in sessions]
        numbers = await queries.take_invoice_numbers(ledger, book_year=issued_on.year, count=len(billed))
        invoices = [
            IssuedInvoice(
                invoice_id=uuid4(),
                corrects=None,
                employer_id=contract["employer_id"],
                contract_id=contract["contract_id"],
                document=build_invoice(
                    number=_format_number(issued_on, number),
                    contract=dict(contract),
                    seller=seller,
                    period=period,
                    issued_on=issued_on,
                    lines=_lines(contract, sessions[contract["contract_id"]]),
                ),
                retained_until=retained_until(issued_on),
            )
            for contract, number in zip(billed, numbers, strict=True)
        ]
        await _issue(ledger, invoices, now=now)
        await _confirm(ledger, invoices, now=now)
    return set(sessions)


def _lines(contract: asyncpg.Record, sessions: list[int]) -> list[DocumentLine]:
    """A line for each trajectory, or one of totals for a small group.

    Rule: C7, S1-36; the lines' order says nothing but the counts themselves.
    """
    is_small = contract["headcount"] < LEAST_HEADCOUNT or len(sessions) < LEAST_TRAJECTORIES
    price = contract["session_price_cents"]
    shown = [(None, sum(sessions))] if is_small else [(new_reference(), count) for count in sessions]
    return [
        DocumentLine(reference=reference, sessions=count, unit_price_cents=price, amount_cents=count * price)
        for reference, count in shown
    ]


async def _confirm(ledger: Connection, invoices: Sequence[IssuedInvoice], *, now: datetime) -> None:
    confirmation_ids = [uuid4() for _ in invoices]
    await queries.insert_billing_confirmations(
        ledger,
        confirmation_ids=confirmation_ids,
        invoice_ids=[invoice.invoice_id for invoice in invoices],
        confirmed_on=release_day(now.astimezone(AMSTERDAM).date()),
    )
    told = [
        Announcement(
            invoice.employer_id,
            "confirmation.billing",
            show_billing(confirmation_id, invoice.contract_id, invoice.invoice_id, invoice.document),
        )
        for confirmation_id, invoice in zip(confirmation_ids, invoices, strict=True)
    ]
    await announce(ledger, told, now=now)


async def credit_invoice(resources: Resources, number: str, *, sessions: int | None) -> str:
    """Give back an invoice, or `sessions` of it, by a credit note; the credit note's number.

    Raises: BillingRefused.
    """
    now = resources.clock()
    issued_on = now.astimezone(AMSTERDAM).date()
    async with transaction(resources.ledger) as ledger:
        invoice = await queries.lock_invoice_by_number(ledger, number=number)
        if invoice is None:
            raise BillingRefused(f"There is no invoice {number}.")
        if await queries.is_credited(ledger, invoice_id=invoice["invoice_id"]):
            raise BillingRefused(f"Invoice {number} has its credit note already.")
        corrected = decode_document(invoice)
        billed = sum(line.sessions for line in corrected.lines)
        if sessions is not None and not 0 < sessions <= billed:
            raise BillingRefused(f"Invoice {number} bills {billed} sessions; credit 1 to {billed} of them.")
        (taken,) = await queries.take_invoice_numbers(ledger, book_year=issued_on.year, count=1)
        credit = IssuedInvoice(
            invoice_id=uuid4(),
            corrects=invoice["invoice_id"],
            employer_id=invoice["employer_id"],
            contract_id=invoice["contract_id"],
            document=build_credit(
                corrected, number=_format_number(issued_on, taken), issued_on=issued_on, sessions=sessions
            ),
            retained_until=retained_until(issued_on),
        )
        await _issue(ledger, [credit], now=now)
    return credit.document.number


def _format_number(issued_on: date, number: int) -> str:
    return f"VA{issued_on.year}-{number:06d}"


async def _issue(ledger: Connection, invoices: Sequence[IssuedInvoice], *, now: datetime) -> None:
    await queries.insert_invoices(ledger, invoices=invoices, now=now)
    mails = [{"invoice_id": invoice.invoice_id} for invoice in invoices]
    await defer_jobs(ledger, task=MAIL_TASK, queue="employer", arguments=mails)
    told = [
        Announcement(
            invoice.employer_id,
            "invoice.issued" if invoice.document.kind == "invoice" else "credit_note.issued",
            show_invoice(invoice.invoice_id, invoice.corrects, invoice.contract_id, invoice.document),
        )
        for invoice in invoices
    ]
    await announce(ledger, told, now=now)
