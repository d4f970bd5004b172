"""`kill -9` of any process while people write: what was acknowledged is there, nothing twice, and the run recovers."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import redis.asyncio

from tests.dev.local_run import LocalRun
from tests.support.diarist import ENTRY
from tests.support.phone import Phone, eventually

pytestmark = pytest.mark.xdist_group("local_run")

PROCESSES = {
    "api": "vitalapp serve --audience app",
    "worker": "vitalapp worker",
    "postgres": "/postgres -D",
    "valkey": "valkey-server",
}
WRITERS = 4
SECONDS_OF_WRITING = 1.5


def process_of(run: LocalRun, name: str) -> int | None:
    """The number of one of the run's processes; None while it is away."""
    found = [pid for command, pid in run.processes().items() if PROCESSES[name] in command and "employer" not in command]
    return found[0] if found else None


class Writers:
    """A phone that writes entry after entry, each until it is acknowledged, as an offline-first app does."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.acknowledged: list[str] = []
        self.answers: Counter[int | str] = Counter()
        self.is_writing = True

    async def write(self) -> None:
        """Write until told to stop."""
        while self.is_writing:
            entry_id = str(uuid4())
            while not await self._attempt(entry_id):
                await asyncio.sleep(0.1)
            self.acknowledged.append(entry_id)

    async def _attempt(self, entry_id: str) -> bool:
        try:
            answer = await self.phone.request("PUT", f"/v1/diary/entries/{entry_id}", json=ENTRY)
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            return False
        self.answers[answer.status_code] += 1
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) > 0
            return False
        assert answer.status_code in {200, 201}, answer.text
        return True


@pytest.fixture(scope="module")
async def writing_phone(told: dict[str, Any]) -> AsyncIterator[Phone]:
    """The phone of somebody who may keep a diary, set up once for all kills."""
    async with Phone(told) as switched_on:
        yield await switched_on.set_up()


@pytest.fixture
async def writers(writing_phone: Phone) -> AsyncIterator[Writers]:
    """Somebody who is writing already."""
    busy = Writers(writing_phone)
    busy.acknowledged = await all_entries(writing_phone)
    tasks = [asyncio.ensure_future(busy.write()) for _ in range(WRITERS)]
    await asyncio.sleep(SECONDS_OF_WRITING)
    yield busy
    busy.is_writing = False
    await asyncio.gather(*tasks)


async def all_entries(phone: Phone) -> list[str]:
    """Every entry's id, page by page."""
    ids: list[str] = []
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = await phone.expect(200, "GET", "/v1/diary/entries", params=query)
        ids += [entry["id"] for entry in page["items"]]
        if page["next_cursor"] is None:
            return ids
        query["cursor"] = page["next_cursor"]


@pytest.mark.parametrize("name", PROCESSES)
async def test_what_was_acknowledged_is_there_once_and_the_run_recovers(
    local_run: LocalRun, writers: Writers, name: str
) -> None:
    """Rule: issue 2, Must show."""
    killed = process_of(local_run, name)
    assert killed
    os.kill(killed, signal.SIGKILL)
    acknowledged_before = len(writers.acknowledged)

    async def has_recovered() -> bool:
        fresh = process_of(local_run, name)
        return fresh not in (None, killed) and len(writers.acknowledged) > acknowledged_before + 2 * WRITERS

    await eventually(has_recovered)
    writers.is_writing = False

    async def is_settled() -> bool:
        return Counter(await all_entries(writers.phone)) == Counter(writers.acknowledged)

    await eventually(is_settled)
    allowed = {"postgres": {200, 201, 503}, "api": {200, 201, *writers.answers.keys() - set(range(600))}}
    assert set(writers.answers) <= allowed.get(name, {200, 201}), "Redis and the worker are no part of an answer"


async def test_a_mail_that_waits_for_a_killed_worker_goes_out(local_run: LocalRun, phone: Phone) -> None:
    worker = process_of(local_run, "worker")
    assert worker
    registration = asyncio.ensure_future(phone.register())
    os.kill(worker, signal.SIGKILL)
    await registration
    assert len({mail["headers"]["Message-ID"] for mail in await phone.mails() if "#token=" in mail["text"]}) == 1


async def test_requests_go_on_while_redis_does_not_answer(local_run: LocalRun, writing_phone: Phone) -> None:
    phone = writing_phone
    valkey = process_of(local_run, "valkey")
    assert valkey
    os.kill(valkey, signal.SIGSTOP)
    try:
        for _ in range(2):
            await phone.expect(201, "PUT", f"/v1/diary/entries/{uuid4()}", json=ENTRY)
        await phone.sign_in()
        await phone.expect(200, "GET", "/v1/diary/entries")
    finally:
        os.kill(valkey, signal.SIGCONT)


async def test_an_old_copy_of_a_revoked_session_put_back_into_redis_opens_nothing(
    told: dict[str, Any], writing_phone: Phone
) -> None:
    """Rule: Redis is a hint, never the authority."""
    phone, entry_id = writing_phone, str(uuid4())
    await phone.expect(201, "PUT", f"/v1/diary/entries/{entry_id}", json=ENTRY)
    async with redis.asyncio.Redis.from_url(told["redis_url"]) as client:
        keys = await client.keys("session:*")
        copies = {key: await client.dump(key) or b"" for key in keys}
        await phone.expect(204, "DELETE", "/v1/sessions/current")
        for method, path in (("GET", ""), ("PUT", f"/{uuid4()}"), ("GET", f"/{entry_id}")):
            for key, copy in copies.items():
                await client.restore(key, 600_000, copy, replace=True)
            answer = await phone.request(method, f"/v1/diary/entries{path}", json=ENTRY if method == "PUT" else None)
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid-session")
    await phone.sign_in()
    assert entry_id in await all_entries(phone)
