"""A new version of the ledger's key: secrets go under it, deliveries go on, the old version opens nothing that is in use."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.application import TravellingClock
from tests.support.employers import Employers
from tests.support.jobs import run_jobs
from tests.support.receiver import Receiver, open_receiver
from vitalapp.core.keys import KeyFile, KeyRing, new_key_material
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import key_version
from vitalapp.domains.billing.service import release_confirmations
from vitalapp.domains.webhooks.service import reseal_secrets, rotate_ledger_key


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
def key_file(
    session_resources: dict[str, Resources], resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> KeyFile:
    """A ledger key of this test's own, which the worker and the employers' API hold."""
    file = KeyFile(tmp_path / "ledger-key.json")
    file.save(new_key_material())
    for audience in ("worker", "employer"):
        held = session_resources[audience]
        monkeypatch.setattr(held, "ledger_keys", KeyRing.of(file))
        monkeypatch.setattr(held, "settings", msgspec.structs.replace(held.settings, ledger_key_file=file.path))
    return file


async def test_secrets_move_to_the_new_version_and_events_still_arrive(
    employers: Employers, resources: Resources, receiver: Receiver, key_file: KeyFile, clock: TravellingClock
) -> None:
    employer = await employers.make()
    path = "/employer/v1/webhook-endpoints"
    made = (await employer.request("POST", path, json={"url": receiver.url})).json()
    again = {"url": receiver.url, "rotate_secret": True}
    await employer.request("PUT", f"{path}/{made['id']}", json=again)

    assert await rotate_ledger_key(resources) == (2, 1)

    sealed = await resources.ledger.fetchrow("SELECT secret_sealed, previous_secret_sealed FROM webhook_endpoints")
    assert sealed is not None
    assert [key_version(each) for each in sealed] == [2, 2]
    await employer.deliver("intake", on=date(2026, 10, 1))
    await release_confirmations(resources)
    await run_jobs(resources, "ledger")
    [(headers, _)] = receiver.requests
    assert headers["webhook-signature"].count("v1,") == 2
    fresh = (await employer.request("PUT", f"{path}/{made['id']}", json=again)).json()
    assert fresh["secret"].startswith("whsec_"), "a process that held the old file has read it again"
    assert await reseal_secrets(resources) <= 1
    clock.travel(timedelta(days=1, seconds=1))
    await reseal_secrets(resources)
    assert await resources.ledger.fetchval("SELECT previous_secret_sealed IS NULL FROM webhook_endpoints")
    assert sorted(key_file.load().versions) == [1, 2]
