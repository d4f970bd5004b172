"""After an erasure the administration stands as it stood, and nothing in it leads to a person."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from tests.support.application import TravellingClock
from tests.support.coaching import Coaches
from tests.support.employers import Employers, TestEmployer
from tests.support.jobs import run_jobs
from tests.support.people import People
from tests.support.residue import LIST_TABLES, tables_with
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store
from vitalapp.domains.billing.service import bill_period, release_confirmations

NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HASH = re.compile(r"\\\\x([0-9a-f]{32,})")


async def everything_in(superuser: asyncpg.Connection) -> str:
    """Every row of every table of a store, as text."""
    tables = [name for (name,) in await superuser.fetch(LIST_TABLES)]
    rows = [row for table in tables for row in await superuser.fetch(f"SELECT r::text FROM {table} AS r")]
    return "\n".join(text for (text,) in rows)


async def ids_in_the_ledger(superuser: asyncpg.Connection) -> set[UUID | bytes | str]:
    """Every id, hash and reference that stands in any row of the ledger."""
    ledger = await everything_in(superuser)
    found: set[UUID | bytes | str] = {UUID(text) for text in _UUID.findall(ledger)}
    found |= {bytes.fromhex(text) for text in _HASH.findall(ledger) if len(text) % 2 == 0}
    found |= set(re.findall(r"V[IR]-[0-9A-F]{16}|VA[0-9]{4}-[0-9]{6}", ledger))
    assert len(found) > 10
    return found


async def read_all(employer: TestEmployer) -> list[bytes]:
    pages = [(await employer.get(f"/employer/v1/{name}")).json()["items"] for name in ("confirmations", "invoices")]
    paths = [f"confirmations/{item['id']}" for item in pages[0]]
    paths += [f"invoices/{item['id']}{form}" for item in pages[1] for form in ("", "/ubl", "/pdf")]
    return [(await employer.get(f"/employer/v1/{path}")).content for path in paths]


async def test_an_erasure_changes_no_document_and_no_id_in_the_ledger_leads_to_anybody(
    *,
    employers: Employers,
    people: People,
    coaches: Coaches,
    resources: Resources,
    clock: TravellingClock,
    superusers: dict[Store, asyncpg.Connection],
) -> None:
    """Rule: issue 5, Must show; pitfalls 8 and 22."""
    clock.freeze(NOW)
    employer = await employers.make()
    person = await people.signed_in(contract_id=employer.contract_id)
    await people.signed_in(contract_id=employer.contract_id)
    coach = await coaches.with_agenda()
    booked = await coaches.book(person, coach, NOW + timedelta(hours=2))
    await coach.post(f"/admin/v1/trajectories/{booked['trajectory_id']}/intake-completion", json={})
    cancelled = await person.post(f"/v1/appointments/{booked['id']}/cancel", json={}, headers={"If-Match": '"1"'})
    assert cancelled.json()["is_late"], cancelled.text
    await run_jobs(resources, "vault")
    await release_confirmations(resources)
    assert [billed async for billed in bill_period(resources, "2026-10")] == [True]
    before = await read_all(employer)
    assert len(before) == 5
    ids = {person.account_id, person.person_id, person.session.log_subject_id, coach.staff_id}
    ids |= {UUID(booked[name]) for name in ("id", "trajectory_id")}
    ids.add(
        await resources.identity.fetchval("SELECT consent_subject_id FROM accounts WHERE person_id = $1", person.person_id)
    )
    assert {place for place in await tables_with(superusers, ids) if place.startswith("ledger")} == set()

    shared = await ids_in_the_ledger(superusers["ledger"])
    shared.remove(employer.contract_id)
    assert {place for place in await tables_with(superusers, shared) if not place.startswith("ledger")} == set(), (
        "the contract is all that the stores share, before the erasure too"
    )

    erased = await person.request("DELETE", "/v1/me", json={"password": person.password})
    assert erased.status_code == 200, erased.text
    assert await read_all(employer) == before
    found = await ids_in_the_ledger(superusers["ledger"])
    found.remove(employer.contract_id)
    assert {place for place in await tables_with(superusers, found) if not place.startswith("ledger")} == set()
