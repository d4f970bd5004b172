"""The employers' processes, started for real: all they need is the ledger, and more they refuse."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest

from tests.support.employers import Employers
from tests.support.mailbox import open_mailbox
from tests.support.phone import eventually
from tests.support.receiver import open_receiver
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings
from vitalapp.dev.programs import free_port
from vitalapp.domains.billing.service import bill_period, release_confirmations

SERVE = ("serve", "--audience", "employer")
WORK = ("worker", "--audience", "employer")


@pytest.fixture
def ledger_alone(resources: Resources, session_settings: Settings) -> dict[str, str]:
    """What the employers' processes are told: the ledger, and the key of its own."""
    return {
        "VITALAPP_LEDGER_DSN": str(session_settings.ledger_dsn),
        "VITALAPP_LEDGER_KEY_FILE": str(session_settings.ledger_key_file),
        "VITALAPP_IS_LOCAL_RUN": "true",
    }


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITALAPP_")}
    return subprocess.Popen(
        [sys.executable, "-m", "vitalapp", *arguments],
        env=inherited | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(process.wait, 20)
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture
async def served(ledger_alone: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """The employers' API in a process of its own."""
    port = free_port()
    process = start(ledger_alone, *SERVE, "--port", str(port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:

        async def is_ready() -> bool:
            return (await client.get("/health/ready")).json() == {"status": "ok", "checks": {"ledger": "ok"}}

        try:
            await eventually(is_ready)
            yield client
        finally:
            await stop(process)


async def test_with_the_ledger_alone_everything_is_served_and_sent(
    served: httpx.AsyncClient, ledger_alone: dict[str, str], employers: Employers, resources: Resources
) -> None:
    """Rule: issue 5, Must show; architecture, "Processes"."""
    employer = await employers.make()
    employer.client = served
    async with open_receiver() as receiver, open_mailbox() as mailbox:
        worker = start({**ledger_alone, "VITALAPP_SMTP_URL": mailbox.url}, *WORK)
        try:
            added = await employer.request("POST", "/employer/v1/webhook-endpoints", json={"url": receiver.url})
            assert added.status_code == 201, added.text
            await employer.deliver("intake", on=date(2026, 10, 14))
            await employer.deliver_sessions(12, on=date(2026, 10, 14))
            await release_confirmations(resources)
            assert [billed async for billed in bill_period(resources, "2026-10")] == [True]

            async def has_arrived() -> bool:
                return len(receiver.requests) == 3 and len(mailbox.messages) == 1

            await eventually(has_arrived)
        finally:
            await stop(worker)
    items: list[dict[str, Any]] = []
    for name in ("confirmations", "invoices", "webhook-endpoints"):
        listed = await employer.get(f"/employer/v1/{name}")
        assert listed.status_code == 200, listed.text
        items += [{"path": f"/employer/v1/{name}/{item['id']}"} for item in listed.json()["items"]]
    paths = [item["path"] for item in items]
    paths += [f"{path}/{form}" for path in paths if "/invoices/" in path for form in ("ubl", "pdf")]
    paths += [f"{path}/deliveries" for path in paths if "/webhook-endpoints/" in path]
    assert len(paths) == 7
    for path in paths:
        assert (await employer.get(path)).status_code == 200, path


@pytest.mark.parametrize("is_local_run", [True, False])
@pytest.mark.parametrize("known", ["identity_dsn", "vault_dsn", "kek_file", "session_key_file"])
@pytest.mark.parametrize("arguments", [SERVE, WORK], ids=["serve", "worker"])
async def test_a_process_for_employers_that_knows_of_employees_does_not_start(
    ledger_alone: dict[str, str],
    session_settings: Settings,
    arguments: tuple[str, ...],
    known: str,
    is_local_run: bool,
) -> None:
    told = {**ledger_alone, f"VITALAPP_{known.upper()}": str(getattr(session_settings, known))}
    told["VITALAPP_IS_LOCAL_RUN"] = str(is_local_run).lower()
    process = start(told, *arguments, *(("--port", str(free_port())) if arguments is SERVE else ()))
    output, _ = await asyncio.to_thread(process.communicate, None, 60)
    assert process.returncode == 1
    assert output == ("Error: The employer's process takes VITALAPP_LEDGER_DSN alone; unset the other stores and keys.\n")
