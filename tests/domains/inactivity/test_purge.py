"""The purge: warned in time, gone on the day, back in the last minute, nobody forgotten and nobody by surprise."""

import asyncio
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from tests.dev.test_commands import vitalapp
from tests.domains.inactivity.people import make_contract, make_crowd
from tests.domains.privacy.conftest import ids_of, leave_traces
from tests.support.jobs import waiting_mails
from tests.support.people import People
from tests.support.residue import tables_with
from vitalapp.core.mail_sender import Bounce
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store
from vitalapp.domains.inactivity import queries
from vitalapp.domains.inactivity.schemas import PurgeReport
from vitalapp.domains.inactivity.service import explain, list_bounced, purge_inactive
from vitalapp.domains.inactivity.tasks import BOUNCE_HANDLERS, escalate_bounce
from vitalapp.domains.privacy import erasure

USED_ON = date(2027, 3, 10)
ANNIVERSARY = date(2028, 3, 10)
SET_LAST_USE = "UPDATE accounts SET last_used_on = $2 WHERE account_id = $1"
COUNT = "SELECT count(*) FROM accounts"

Superusers = dict[Store, asyncpg.Connection]


async def run(resources: Resources, day: date, **options: Any) -> PurgeReport:
    return await purge_inactive(resources, as_of=datetime.combine(day, time(2, 15), UTC), **options)


async def member(resources: Resources, superusers: Superusers, **contract: Any) -> UUID:
    contract_id = await make_contract(superusers, **contract)
    (made,) = await make_crowd(resources, superusers, contract_id=contract_id, last_used=[USED_ON])
    return made.account_id


async def templates(resources: Resources) -> list[tuple[str, str | None]]:
    return [(mail.template, mail.params.get("delete_on")) for mail in await waiting_mails(resources)]


async def test_three_notices_name_the_day_and_on_the_day_everything_goes(
    resources: Resources, superusers: Superusers
) -> None:
    """Rule: S0-30, S2-19; pitfall 12: day -1, 0, +1."""
    await member(resources, superusers)
    day = ANNIVERSARY - timedelta(days=31)
    while day < ANNIVERSARY:
        report = await run(resources, day)
        assert report.purged == 0
        day += timedelta(days=1)

    on_day = "2028-03-10"
    assert await templates(resources) == [
        ("inactivity_30_days", on_day),
        ("inactivity_7_days", on_day),
        ("inactivity_1_day", on_day),
    ]
    assert (await run(resources, ANNIVERSARY)).purged == 1
    assert await superusers["identity"].fetchval(COUNT) == 0
    assert await superusers["vault"].fetchval("SELECT count(*) FROM persons") == 0
    assert (await run(resources, ANNIVERSARY + timedelta(days=1))) == PurgeReport()


async def test_a_purge_is_the_same_erasure_as_a_deletion(
    people: People, resources: Resources, superusers: Superusers
) -> None:
    """Rule: pitfall 8."""
    person = await leave_traces(people)
    await superusers["identity"].execute(SET_LAST_USE, person.account_id, USED_ON)
    await run(resources, ANNIVERSARY - timedelta(days=30))

    assert (await run(resources, ANNIVERSARY)).purged == 1

    assert await tables_with(superusers, ids_of(person)) == set()
    assert (await person.get("/v1/consent")).status_code == 401
    events = await superusers["identity"].fetch("SELECT DISTINCT method FROM consent_events WHERE event = 'withdrawn'")
    assert [event["method"] for event in events] == ["inactivity"]
    assert await superusers["identity"].fetchval("SELECT ground FROM erasure_ledger") == "inactivity"
    assert await superusers["identity"].fetchval("SELECT count(*) FROM erasures") == 0


@pytest.mark.parametrize("late", [0, 10, 400])
async def test_nobody_goes_within_thirty_days_of_the_first_notice(
    late: int, resources: Resources, superusers: Superusers
) -> None:
    """However long no run took place, or the clock jumped."""
    await member(resources, superusers)
    first = ANNIVERSARY + timedelta(days=late)

    assert (await run(resources, first)).notices_sent == 1
    assert (await run(resources, first + timedelta(days=29))).purged == 0
    assert (await run(resources, first + timedelta(days=30))).purged == 1


async def test_the_leap_day_has_its_anniversary_on_the_28th(resources: Resources, superusers: Superusers) -> None:
    contract_id = await make_contract(superusers)
    await make_crowd(resources, superusers, contract_id=contract_id, last_used=[date(2028, 2, 29)])
    await run(resources, date(2029, 1, 29))

    assert (await run(resources, date(2029, 2, 27))).purged == 0
    assert (await run(resources, date(2029, 2, 28))).purged == 1


async def test_who_comes_back_stays_and_is_warned_anew_the_next_time(resources: Resources, superusers: Superusers) -> None:
    account_id = await member(resources, superusers)
    for days in (30, 7, 1):
        await run(resources, ANNIVERSARY - timedelta(days=days))
    back_on = ANNIVERSARY - timedelta(days=1)
    await superusers["identity"].execute(SET_LAST_USE, account_id, back_on)

    for days in range(60):
        assert (await run(resources, ANNIVERSARY + timedelta(days=days))).purged == 0
    again = back_on.replace(year=back_on.year + 1)
    assert (await run(resources, again - timedelta(days=30))).notices_sent == 1
    assert (await run(resources, again)).purged == 1


async def test_the_end_of_a_contract_starts_the_same_clock_and_use_does_not_stop_it(
    resources: Resources, superusers: Superusers
) -> None:
    """Rule: S0-09."""
    ended_on = date(2027, 1, 15)
    await member(resources, superusers, ends_on=ended_on)

    await run(resources, date(2027, 12, 16))
    assert await templates(resources) == [("contract_ended", "2028-01-15")]
    assert (await run(resources, date(2028, 1, 14))).purged == 0
    assert (await run(resources, date(2028, 1, 15))).purged == 1
    assert await superusers["identity"].fetchval("SELECT ground FROM erasure_ledger") == "contract_end"


async def test_a_restricted_account_stays_and_is_counted(resources: Resources, superusers: Superusers) -> None:
    """Rule: GDPR 18(2), S2-27."""
    account_id = await member(resources, superusers)
    await run(resources, ANNIVERSARY - timedelta(days=30))
    await superusers["identity"].execute("UPDATE accounts SET is_restricted = true WHERE account_id = $1", account_id)

    report = await run(resources, ANNIVERSARY)

    assert (report.purged, report.restricted) == (0, 1)


async def test_a_bounced_notice_is_on_the_operators_list_and_keeps_nobody(
    resources: Resources, superusers: Superusers
) -> None:
    """Rule: pitfall 12."""
    account_id = await member(resources, superusers)
    await run(resources, ANNIVERSARY - timedelta(days=30))
    (row,) = await superusers["identity"].fetch("SELECT subject_index FROM mails")
    bounce = Bounce(template="inactivity_30_days", subject_index=row["subject_index"], to="")
    async with resources.identity.acquire() as identity:
        await escalate_bounce(resources, identity, bounce)

    assert [bounced.account_id for bounced in await list_bounced(resources)] == [account_id]
    assert {handler.template for handler in BOUNCE_HANDLERS} >= {"inactivity_30_days", "contract_ended"}
    assert (await run(resources, ANNIVERSARY)).purged == 1
    assert await list_bounced(resources) == []


async def test_a_dry_run_counts_and_changes_nothing(resources: Resources, superusers: Superusers) -> None:
    await member(resources, superusers)
    await run(resources, ANNIVERSARY - timedelta(days=30))

    assert (await run(resources, ANNIVERSARY - timedelta(days=7), is_dry_run=True)).notices_sent == 1
    assert (await run(resources, ANNIVERSARY, is_dry_run=True)).purged == 1
    assert await superusers["identity"].fetchval(COUNT) == 1
    assert len(await waiting_mails(resources)) == 1


async def test_a_sign_in_during_the_run_wins(
    resources: Resources, superusers: Superusers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is used between the count and the lock; and once more under a lock that the run would have to wait for."""
    account_id = await member(resources, superusers)
    await run(resources, ANNIVERSARY - timedelta(days=30))
    original = queries.lock_due

    async def used_just_before(*arguments: Any, **named: Any) -> list[UUID]:
        await superusers["identity"].execute(SET_LAST_USE, account_id, ANNIVERSARY)
        return await original(*arguments, **named)

    monkeypatch.setattr(queries, "lock_due", used_just_before)
    report = await run(resources, ANNIVERSARY)

    assert (report.purged, report.skipped) == (0, 1)
    assert await superusers["identity"].fetchval(COUNT) == 1

    monkeypatch.undo()
    await superusers["identity"].execute(SET_LAST_USE, account_id, USED_ON)
    async with resources.identity.acquire() as signing_in, signing_in.transaction():
        await signing_in.execute(SET_LAST_USE, account_id, ANNIVERSARY)
        assert (await run(resources, ANNIVERSARY)).purged == 0
    assert (await run(resources, ANNIVERSARY)).purged == 0


async def test_two_runs_at_once_tell_and_purge_everybody_once(
    resources: Resources, superusers: Superusers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vitalapp.domains.inactivity import service

    monkeypatch.setattr(service, "BATCH", 7)
    contract_id = await make_contract(superusers)
    await make_crowd(resources, superusers, contract_id=contract_id, last_used=[USED_ON] * 60)

    for days, total in ((30, 60), (7, 60), (1, 60)):
        reports = await asyncio.gather(*(run(resources, ANNIVERSARY - timedelta(days=days)) for _ in range(3)))
        await run(resources, ANNIVERSARY - timedelta(days=days))
        assert sum(report.notices_sent for report in reports) <= total
    assert len(await waiting_mails(resources)) == 180

    reports = await asyncio.gather(*(run(resources, ANNIVERSARY) for _ in range(3)))
    purged = sum(report.purged for report in reports) + (await run(resources, ANNIVERSARY)).purged
    assert purged == 60
    assert await superusers["identity"].fetchval("SELECT count(*) FROM erasure_ledger") == 60
    assert [mail.template for mail in await waiting_mails(resources)].count("account_deleted") == 60
    assert resources.anchor.completed_through() == 60


async def test_a_run_that_is_killed_in_the_middle_is_finished_by_the_next(
    resources: Resources, superusers: Superusers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is whole or not begun; what was decided is finished by the worker, the rest by the next run."""
    from vitalapp.domains.inactivity import service
    from vitalapp.domains.privacy.tasks import sweep_erasures

    monkeypatch.setattr(service, "BATCH", 10)
    contract_id = await make_contract(superusers)
    await make_crowd(resources, superusers, contract_id=contract_id, last_used=[USED_ON] * 50)
    await run(resources, ANNIVERSARY - timedelta(days=30))
    batches = 0
    original = erasure.finish_erasures

    async def killed_in_the_third_batch(*arguments: Any, **named: Any) -> Any:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise asyncio.CancelledError
        return await original(*arguments, **named)

    monkeypatch.setattr("vitalapp.domains.privacy.service.finish_erasures", killed_in_the_third_batch)
    with pytest.raises(asyncio.CancelledError):
        await run(resources, ANNIVERSARY)
    monkeypatch.undo()
    assert await superusers["identity"].fetchval("SELECT count(*) FROM accounts WHERE NOT is_erasing") == 20

    assert (await run(resources, ANNIVERSARY)).purged == 20
    await sweep_erasures(resources, resources.clock() + timedelta(hours=1))

    assert await superusers["identity"].fetchval(COUNT) == 0
    assert await superusers["identity"].fetchval("SELECT count(*) FROM erasure_ledger") == 50
    assert resources.anchor.completed_through() == 50


async def test_an_account_is_explained(resources: Resources, superusers: Superusers) -> None:
    contract_id = await make_contract(superusers)
    (made,) = await make_crowd(resources, superusers, contract_id=contract_id, last_used=[USED_ON])
    await run(resources, ANNIVERSARY - timedelta(days=30))

    explained = await explain(resources, email=made.email.upper(), as_of=datetime.combine(ANNIVERSARY, time(), UTC))

    assert explained
    assert (explained.anniversary_on, explained.delete_on, explained.is_due) == (ANNIVERSARY, ANNIVERSARY, True)
    assert await explain(resources, email="nobody@mail.example", as_of=resources.clock()) is None


async def test_the_command_reports_and_refuses_the_future_in_production(
    resources: Resources, superusers: Superusers, operator_environment: dict[str, str]
) -> None:
    await member(resources, superusers)
    due = (ANNIVERSARY - timedelta(days=30)).isoformat()

    done = vitalapp("purge", "--as-of", due, "--json", **operator_environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == msgspec.to_builtins(PurgeReport(notices_sent=1))
    production = operator_environment | {"VITALAPP_IS_LOCAL_RUN": "false", "VITALAPP_PASSWORD_MEMORY_KIB": "19456"}
    assert vitalapp("purge", "--as-of", "2099-01-01", **production).returncode == 1
    assert vitalapp("purge", "--as-of", "2099-01-01", "--dry-run", **production).returncode == 0
    assert vitalapp("purge", "--explain", "nobody@mail.example", **operator_environment).returncode == 1
