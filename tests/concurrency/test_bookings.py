"""Two hundred people at one slot, over real connections to three API processes: one has it, the others are told, nobody waits.

Rule: pitfall 1, ASVS 2.3.4.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from tests.support.coaching import Coaches
from tests.support.people import People, Person
from tests.support.staff import Worker
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings, Store
from vitalapp.dev.programs import free_port

PROCESSES = 3
CROWD = 200
READY_SECONDS = 60
# Far above what it takes (some seconds), far below what a pile of deadlocks takes.
LONGEST_SECONDS = 60

COUNT_OVERLAPS = """
    SELECT count(*)
    FROM coach_occupancy AS one JOIN coach_occupancy AS other USING (coach_id)
    WHERE one.occupancy_id < other.occupancy_id AND one.during && other.during
"""
COUNT_APPOINTMENT_OVERLAPS = """
    SELECT count(*)
    FROM appointments AS one JOIN appointments AS other USING (coach_id, status)
    WHERE one.appointment_id < other.appointment_id AND status = 'booked'
      AND tstzrange(one.starts_at, one.ends_at) && tstzrange(other.starts_at, other.ends_at)
      AND NOT (one.kind = 'group' AND other.kind = 'group' AND one.starts_at = other.starts_at)
"""
COUNT_WITHOUT_SEAT = """
    SELECT count(*)
    FROM appointments
    WHERE status = 'booked' AND NOT EXISTS (
        SELECT FROM coach_seats JOIN coach_occupancy USING (coach_id, occupancy_id)
        WHERE booking_id = appointment_id AND coach_seats.coach_id = appointments.coach_id
          AND coach_occupancy.starts_at = appointments.starts_at
    )
"""
COUNT_DEADLOCKS = """
    SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()
"""
EXPIRE_HOLDS = """
    UPDATE coach_seats SET hold_expires_at = now() - interval '1 second' WHERE hold_expires_at IS NOT NULL
"""

Attempt = Callable[[Person, httpx.AsyncClient], Awaitable[httpx.Response]]


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as a process is told them."""
    told: dict[str, str] = {}
    for name, value in msgspec.structs.asdict(settings).items():
        if value not in (None, (), ""):
            told[f"VITALAPP_{name.upper()}"] = ",".join(value) if isinstance(value, tuple) else str(value)  # pyright: ignore[reportUnknownArgumentType]
    return told


@pytest.fixture(scope="module")
def addresses(session_resources: dict[str, Resources], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Three API processes over the test's stores."""
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    environment = inherited | environment_of(session_resources["app"].settings)
    folder = tmp_path_factory.mktemp("api")
    ports = [free_port() for _ in range(PROCESSES)]
    processes: list[subprocess.Popen[bytes]] = []
    for port in ports:
        command = [sys.executable, "-m", "vitalapp", "serve", "--port", str(port)]
        with (folder / f"{port}.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, cwd=Path.cwd(), stdout=log, stderr=log)
        processes.append(process)
    yield [f"http://127.0.0.1:{port}" for port in ports]
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=20)


@pytest.fixture
async def servers(addresses: list[str], resources: Resources) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each process, with a connection for each of its people."""
    async with AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=CROWD, max_keepalive_connections=CROWD)
        made = [httpx.AsyncClient(base_url=address, limits=limits, timeout=LONGEST_SECONDS) for address in addresses]
        clients = [await stack.enter_async_context(client) for client in made]
        for client in clients:
            await _ready(client)
        yield clients


async def _ready(client: httpx.AsyncClient) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            if (await client.get("/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < until, "the API did not get ready"
        await asyncio.sleep(0.1)


@pytest.fixture
async def crowd(people: People) -> list[Person]:
    """Two hundred signed-in people."""
    return [await people.signed_in() for _ in range(CROWD)]


def booking(coach: Worker, starts_at: datetime, kind: str = "session") -> Attempt:
    """Book a slot."""

    async def attempt(person: Person, server: httpx.AsyncClient) -> httpx.Response:
        body = {"coach_id": str(coach.staff_id), "starts_at": starts_at.isoformat(), "kind": kind, "mode": "video"}
        headers = {**person.headers, "Idempotency-Key": str(uuid4())}
        return await server.post("/v1/appointments", json=body, headers=headers)

    return attempt


def holding(coach: Worker, starts_at: datetime) -> Attempt:
    """Hold a slot."""

    async def attempt(person: Person, server: httpx.AsyncClient) -> httpx.Response:
        body = {"starts_at": starts_at.isoformat(), "kind": "session"}
        return await server.post(f"/v1/coaches/{coach.staff_id}/holds", json=body, headers=person.headers)

    return attempt


def moving(appointment: dict[str, Any], starts_at: datetime) -> Attempt:
    """Move an appointment to a slot."""

    async def attempt(person: Person, server: httpx.AsyncClient) -> httpx.Response:
        path = f"/v1/appointments/{appointment['id']}/reschedule"
        headers = {**person.headers, "If-Match": '"1"'}
        return await server.post(path, json={"starts_at": starts_at.isoformat()}, headers=headers)

    return attempt


async def all_at_once(
    crowd: list[Person], attempts: list[Attempt], servers: list[httpx.AsyncClient], vault: asyncpg.Connection
) -> Counter[str]:
    """How often each outcome came; a success is "ok", a refusal its code. No overlap, no lost seat, no deadlock, ever."""
    deadlocks = await vault.fetchval(COUNT_DEADLOCKS)
    begun = time.monotonic()
    answers = await asyncio.gather(
        *(
            attempt(person, servers[number % PROCESSES])
            for number, (person, attempt) in enumerate(zip(crowd, attempts, strict=True))
        )
    )
    assert time.monotonic() - begun < LONGEST_SECONDS
    for count in (COUNT_OVERLAPS, COUNT_APPOINTMENT_OVERLAPS, COUNT_WITHOUT_SEAT):
        assert await vault.fetchval(count) == 0
    assert await vault.fetchval(COUNT_DEADLOCKS) == deadlocks
    return Counter("ok" if answer.is_success else f"{answer.status_code} {answer.json()['code']}" for answer in answers)


async def test_one_of_200_bookings_of_a_slot_succeeds(
    coaches: Coaches, crowd: list[Person], servers: list[httpx.AsyncClient], superusers: dict[Store, asyncpg.Connection]
) -> None:
    coach = await coaches.with_agenda()
    found = await all_at_once(crowd, [booking(coach, coaches.slot())] * CROWD, servers, superusers["vault"])
    assert found == {"ok": 1, "409 slot-taken": CROWD - 1}


async def test_one_of_200_bookings_and_moves_to_a_slot_succeeds(
    coaches: Coaches, crowd: list[Person], servers: list[httpx.AsyncClient], superusers: dict[Store, asyncpg.Connection]
) -> None:
    coach = await coaches.with_agenda()
    half = CROWD // 2
    booked = [await coaches.book(person, coach, coaches.slot(number + 1)) for number, person in enumerate(crowd[:half])]
    attempts = [moving(appointment, coaches.slot()) for appointment in booked]
    attempts += [booking(coach, coaches.slot())] * half
    found = await all_at_once(crowd, attempts, servers, superusers["vault"])
    assert found == {"ok": 1, "409 slot-taken": CROWD - 1}


async def test_a_group_takes_as_many_of_200_as_it_has_seats(
    coaches: Coaches, crowd: list[Person], servers: list[httpx.AsyncClient], superusers: dict[Store, asyncpg.Connection]
) -> None:
    coach = await coaches.with_agenda(capacity=8)
    found = await all_at_once(crowd, [booking(coach, coaches.slot(), "group")] * CROWD, servers, superusers["vault"])
    assert found == {"ok": 8, "409 slot-taken": CROWD - 8}


async def test_overlapping_slots_and_their_buffers_exclude_each_other(
    coaches: Coaches, crowd: list[Person], servers: list[httpx.AsyncClient], superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Hours that were opened half an hour apart offer slots that overlap, or touch by a buffer alone."""
    coach = await coaches.with_agenda(weekly=[], buffer_before_minutes=10, buffer_after_minutes=15)
    starts = [coaches.slot() + timedelta(minutes=minutes) for minutes in (0, 30, 55)]
    for begin in starts:
        body = {"from": begin.isoformat(), "to": (begin + timedelta(minutes=50)).isoformat(), "kind": "open"}
        assert (await coach.post("/admin/v1/availability/exceptions", json=body)).status_code == 201
    attempts = [booking(coach, starts[number % len(starts)]) for number in range(CROWD)]
    found = await all_at_once(crowd, attempts, servers, superusers["vault"])
    assert found["ok"] == 1
    assert found == {"ok": 1, "409 slot-taken": CROWD - 1}


async def test_of_holds_and_bookings_one_succeeds_also_where_a_hold_has_just_expired(
    coaches: Coaches, crowd: list[Person], servers: list[httpx.AsyncClient], superusers: dict[Store, asyncpg.Connection]
) -> None:
    coach, vault = await coaches.with_agenda(), superusers["vault"]
    assert (await holding(coach, coaches.slot())(crowd[0], servers[0])).status_code == 201
    for _ in range(3):
        await vault.execute(EXPIRE_HOLDS)
        attempts = [(holding if number % 2 else booking)(coach, coaches.slot()) for number in range(CROWD)]
        found = await all_at_once(crowd, attempts, servers, vault)
        assert found["ok"] <= 1
        assert set(found) <= {"ok", "409 slot-taken", "409 appointment-overlap"}
    assert await vault.fetchval("SELECT count(*) FROM coach_seats WHERE hold_expires_at IS NULL") <= 1
    assert await vault.fetchval("SELECT count(*) FROM coach_occupancy") == 1


async def test_bookings_cancellations_and_deletions_of_accounts_at_once_leave_no_deadlock(
    coaches: Coaches, crowd: list[Person], servers: list[httpx.AsyncClient], superusers: dict[Store, asyncpg.Connection]
) -> None:
    """A third books, a third cancels, a third deletes the account, all at a group and at the slots around it."""
    coach, vault = await coaches.with_agenda(capacity=50), superusers["vault"]
    third = CROWD // 3
    leavers, cancellers = crowd[:third], crowd[third : 2 * third]
    for number, person in enumerate(leavers):
        await coaches.book(person, coach, coaches.slot(number % 4), kind="group")
    booked = [
        await coaches.book(person, coach, coaches.slot(number % 4), kind="group") for number, person in enumerate(cancellers)
    ]

    async def leave(person: Person, server: httpx.AsyncClient) -> httpx.Response:
        body = {"password": person.password}
        return await server.request("DELETE", "/v1/me", json=body, headers=person.headers)

    def cancelling(appointment: dict[str, Any]) -> Attempt:
        async def attempt(person: Person, server: httpx.AsyncClient) -> httpx.Response:
            headers = {**person.headers, "If-Match": '"1"'}
            return await server.post(f"/v1/appointments/{appointment['id']}/cancel", json={}, headers=headers)

        return attempt

    attempts: list[Attempt] = [leave] * third + [cancelling(appointment) for appointment in booked]
    attempts += [booking(coach, coaches.slot(number % 4), "group") for number in range(CROWD - len(attempts))]
    found = await all_at_once(crowd, attempts, servers, vault)
    assert set(found) <= {"ok", "409 slot-taken"}
    assert await vault.fetchval("SELECT count(*) FROM coach_seats") == CROWD - 2 * third - found["409 slot-taken"]
