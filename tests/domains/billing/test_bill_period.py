"""S1-29, S1-33, S1-36: invoices that add up, once, without gaps, unchangeable for seven years."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from tests.support.application import TravellingClock
from tests.support.databases import Stores
from tests.support.employers import Employers
from vitalapp.core.resources import Resources
from vitalapp.domains.billing.data_map import TABLES
from vitalapp.domains.billing.errors import BillingRefused
from vitalapp.domains.billing.service import bill_period, check_period, credit_invoice

NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)
OCTOBER_DAY = date(2026, 10, 14)


async def bill(resources: Resources, period: str = "2026-10") -> int:
    return sum([is_billed async for is_billed in bill_period(resources, period)])


async def test_a_billing_confirmation_has_exactly_the_promised_fields_and_adds_up(
    employers: Employers, resources: Resources, clock: TravellingClock
) -> None:
    clock.travel_to(NOVEMBER)
    employer = await employers.make(price="95.50")
    trajectories = [uuid4() for _ in range(10)]
    for trajectory in [*trajectories, trajectories[0], trajectories[0]]:
        await employer.deliver("session", on=OCTOBER_DAY, trajectory=trajectory)
    assert await bill(resources) == 1

    [item] = (await employer.get("/employer/v1/confirmations?kind=billing")).json()["items"]
    assert set(item) == {"id", "kind", "period", "contract", "lines", "total", "currency", "invoice_id"}
    assert (item["period"], item["total"], item["currency"]) == ("2026-10", "1146.00", "EUR")
    assert all(set(line) == {"reference", "sessions", "unit_price", "amount"} for line in item["lines"])
    assert Counter(line["sessions"] for line in item["lines"]) == {1: 9, 3: 1}
    assert len({line["reference"] for line in item["lines"]}) == 10
    assert sum(Decimal(line["amount"]) for line in item["lines"]) == Decimal(item["total"])

    invoice = (await employer.get(f"/employer/v1/invoices/{item['invoice_id']}")).json()
    assert (invoice["net"], invoice["vat"], invoice["gross"]) == ("1146.00", "240.66", "1386.66")
    assert (invoice["number"], invoice["issued_on"], invoice["due_on"]) == ("VA2026-000001", "2026-11-02", "2026-12-02")


@pytest.mark.parametrize(("headcount", "trajectories"), [(250, 9), (24, 12)])
async def test_small_groups_get_one_line_of_totals_without_a_reference(
    employers: Employers, resources: Resources, headcount: int, trajectories: int
) -> None:
    employer = await employers.make(headcount=headcount)
    await employer.deliver_sessions(trajectories, on=OCTOBER_DAY)
    await bill(resources)
    [item] = (await employer.get("/employer/v1/confirmations")).json()["items"]
    assert item["lines"] == [
        {
            "reference": None,
            "sessions": trajectories,
            "unit_price": "95.00",
            "amount": f"{95 * trajectories}.00",
        }
    ]


async def test_pages_of_invoices_miss_and_repeat_nothing_newest_first(employers: Employers, resources: Resources) -> None:
    employer = await employers.make()
    for month in (8, 9, 10):
        await employer.deliver("session", on=date(2026, month, 1))
        await bill(resources, f"2026-{month:02}")
    seen: list[str] = []
    path = "/employer/v1/invoices?limit=1"
    while True:
        page = (await employer.get(path)).json()
        seen += [item["number"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"/employer/v1/invoices?limit=1&cursor={page['next_cursor']}"
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)


async def test_a_late_line_during_a_second_run_waits_for_the_next_period(
    employers: Employers, resources: Resources, stores: Stores
) -> None:
    """A run that waited for another one's lock sees what that one billed."""
    employer = await employers.make()
    await employer.deliver_sessions(2, on=OCTOBER_DAY)
    holder = await asyncpg.connect(stores.ledger.superuser)
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("SELECT FROM contracts FOR NO KEY UPDATE")
    runs = [asyncio.create_task(bill(resources)) for _ in range(2)]
    await asyncio.sleep(0.3)
    await employer.deliver("session", on=OCTOBER_DAY)
    await transaction.commit()
    await holder.close()
    assert sorted(await asyncio.gather(*runs)) == [0, 1]
    await employer.deliver("session", on=OCTOBER_DAY)
    assert await bill(resources) == 0
    assert await resources.ledger.fetchval("SELECT count(*) FROM unbilled_lines") == 1


async def test_references_are_fresh_in_every_document(employers: Employers, resources: Resources) -> None:
    employer = await employers.make()
    trajectories = [uuid4() for _ in range(12)]
    for day, period in ((date(2026, 9, 1), "2026-09"), (OCTOBER_DAY, "2026-10")):
        for trajectory in trajectories:
            await employer.deliver("session", on=day, trajectory=trajectory)
        await bill(resources, period)
    items = (await employer.get("/employer/v1/confirmations")).json()["items"]
    references = [line["reference"] for item in items for line in item["lines"]]
    assert len(references) == len(set(references)) == 24
    assert not set(references) & {str(trajectory) for trajectory in trajectories}


async def test_the_same_period_twice_and_at_once_changes_nothing(employers: Employers, resources: Resources) -> None:
    employer = await employers.make()
    await employer.deliver_sessions(12, on=OCTOBER_DAY)
    billed = await asyncio.gather(*(bill(resources) for _ in range(8)))
    assert sum(billed) == 1
    before = (await employer.get("/employer/v1/invoices")).json()
    await employer.deliver("session", on=OCTOBER_DAY)
    assert await bill(resources) == 0
    assert (await employer.get("/employer/v1/invoices")).json() == before
    assert await resources.ledger.fetchval("SELECT count(*) FROM unbilled_lines") == 1, "the late line waits"
    assert await bill(resources, "2026-11") == 1, "and goes onto the next period"


async def test_numbers_have_no_gaps_even_after_a_run_that_broke(
    employers: Employers, resources: Resources, stores: Stores, clock: TravellingClock
) -> None:
    clock.travel_to(NOVEMBER)
    for _ in range(3):
        await (await employers.make()).deliver_sessions(2, on=OCTOBER_DAY)
    superuser = await asyncpg.connect(stores.ledger.superuser)
    await superuser.execute("ALTER TABLE confirmations ADD CONSTRAINT break CHECK (false) NOT VALID")
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await bill(resources)
    finally:
        await superuser.execute("ALTER TABLE confirmations DROP CONSTRAINT break")
        await superuser.close()
    assert await resources.ledger.fetchval("SELECT count(*) FROM invoices") == 0, "nothing half"
    assert await bill(resources) == 3
    numbers = [row["number"] for row in await resources.ledger.fetch("SELECT number FROM invoices ORDER BY number")]
    assert numbers == ["VA2026-000001", "VA2026-000002", "VA2026-000003"]


async def test_a_credit_note_corrects_and_the_invoice_stays(employers: Employers, resources: Resources) -> None:
    employer = await employers.make(price="10.00")
    await employer.deliver_sessions(10, on=OCTOBER_DAY)
    await bill(resources)
    [before] = (await employer.get("/employer/v1/invoices")).json()["items"]
    await credit_invoice(resources, before["number"], sessions=2)
    items = {item["kind"]: item for item in (await employer.get("/employer/v1/invoices")).json()["items"]}
    assert items["invoice"] == before
    credit = items["credit_note"]
    assert (credit["corrects"], credit["net"], credit["vat"], credit["gross"]) == (before["id"], "20.00", "4.20", "24.20")
    with pytest.raises(BillingRefused, match="has its credit note already"):
        await credit_invoice(resources, before["number"], sessions=None)


async def test_s1_33_administration_is_neither_changed_nor_deleted_before_seven_years(
    employers: Employers, resources: Resources, stores: Stores
) -> None:
    employer = await employers.make()
    await employer.deliver("session", on=OCTOBER_DAY)
    await bill(resources)
    for statement in ("UPDATE invoices SET due_on = due_on", "DELETE FROM invoices", "DELETE FROM confirmations"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await resources.ledger.execute(statement)
    for address in (stores.ledger.retention, stores.ledger.superuser):
        connection = await asyncpg.connect(address)
        try:
            for table in ("invoices", "confirmations"):
                with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="kept unchanged until"):
                    await connection.execute(f"DELETE FROM {table}")
        finally:
            await connection.close()


async def test_s1_33_nothing_is_entered_with_a_shorter_term(employers: Employers, resources: Resources) -> None:
    employer = await employers.make()
    await employer.deliver("session", on=OCTOBER_DAY)
    await bill(resources)
    copy = (
        "INSERT INTO invoices SELECT gen_random_uuid(), 'VA1999-1', 'credit_note', invoice_id, employer_id, contract_id, period,"
        " issued_on, due_on, document, issued_on + 30 FROM invoices"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="invoices_seven_years"):
        await resources.ledger.execute(copy)


async def test_s1_33_the_retention_role_removes_it_after_seven_years(
    employers: Employers, resources: Resources, stores: Stores, clock: TravellingClock
) -> None:
    clock.travel_to(datetime(2018, 11, 2, tzinfo=UTC))
    employer = await employers.make()
    await employer.deliver("session", on=date(2018, 10, 1))
    await bill(resources, "2018-10")
    await employer.deliver("session", on=OCTOBER_DAY)
    clock.travel_to(NOVEMBER)
    await bill(resources)
    retention = await asyncpg.connect(stores.ledger.retention)
    try:
        for table in TABLES:
            if table.retention is not None:
                await retention.execute(table.expire_sql, clock(), 100)
    finally:
        await retention.close()
    for table in ("confirmations", "invoices"):
        kept = [row["retained_until"] for row in await resources.ledger.fetch(f"SELECT retained_until FROM {table}")]
        assert kept == [date(2033, 12, 31)], "the one of 2018 is gone, after its confirmation"


@pytest.mark.parametrize(
    ("period", "today", "is_refused"),
    [
        ("2026-10", date(2026, 11, 1), False),
        ("2026-11", date(2026, 11, 30), True),
        ("2026-12", date(2026, 11, 30), True),
        ("2026-13", date(2026, 11, 30), True),
        ("october", date(2026, 11, 30), True),
    ],
)
def test_only_a_month_that_is_over_is_billed(period: str, today: date, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(BillingRefused):
            check_period(period, today=today, is_unfinished_allowed=False)
    else:
        check_period(period, today=today, is_unfinished_allowed=False)
