"""`kill -9` of every process between a session and the employer's own systems: each effect is there, and there once."""

import asyncio
import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from pyotp.totp import TOTP

from tests.dev.local_run import LocalRun
from tests.support.coaching import AGENDA
from tests.support.phone import Phone, eventually
from tests.support.receiver import open_receiver

pytestmark = pytest.mark.xdist_group("local_run")

PROCESSES = ("vitalapp worker", "vitalapp worker --audience employer", "vitalapp serve --audience employer")


def kill_all(run: LocalRun) -> None:
    """`kill -9` of the workers and of the employers' API; the run starts them again."""
    for command, pid in run.processes().items():
        if any(command.endswith(name) or f"{name} --port" in command for name in PROCESSES):
            os.kill(pid, signal.SIGKILL)


async def command(data_dir: Path, *arguments: str) -> str:
    """What a command of the operator's says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vitalapp", *arguments, "--data-dir", str(data_dir)), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


async def coach_of(told: dict[str, Any], client: httpx.AsyncClient) -> dict[str, Any]:
    """A seeded coach, signed in, whose agenda is open day and night."""
    known = [person for person in told["staff"] if person["role"] == "coach"][-1]
    credentials = {
        "email": known["email"],
        "password": known["password"],
        "second_factor": TOTP(known["totp_secret"]).now(),
        "device": {"name": "Desk", "platform": "web"},
    }
    answer = await client.post("/admin/v1/sessions", json=credentials)
    assert answer.status_code == 201, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    opened = await client.put("/admin/v1/availability", json=AGENDA, headers=headers)
    assert opened.status_code == 200, opened.text
    return {"id": known["id"], "headers": headers}


async def test_killed_between_all_steps_the_employer_is_told_once(
    local_run: LocalRun, told: dict[str, Any], phone: Phone
) -> None:
    """Rule: issue 5, Must show."""
    await phone.set_up()
    key = {"Authorization": f"Bearer {told['employer']['api_key']}"}
    async with (
        open_receiver() as receiver,
        httpx.AsyncClient(base_url=told["employer_api_url"], headers=key, timeout=30) as employer,
    ):
        made = await employer.post("/employer/v1/webhook-endpoints", json={"url": receiver.url})
        assert made.status_code == 201, made.text
        coach = await coach_of(told, phone.client)
        starts_at = (datetime.now(UTC) + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
        body = {"coach_id": coach["id"], "starts_at": starts_at.isoformat(), "kind": "intake", "mode": "video"}
        booked = await phone.expect(201, "POST", "/v1/appointments", json=body, headers={"Idempotency-Key": str(uuid4())})
        path = f"/admin/v1/trajectories/{booked['trajectory_id']}/intake-completion"
        assert (await phone.client.post(path, json={}, headers=coach["headers"])).status_code == 200
        path = f"/v1/appointments/{booked['id']}/cancel"
        cancelled = await phone.expect(200, "POST", path, json={}, headers={"If-Match": '"1"'})
        assert cancelled["is_late"]
        kill_all(local_run)

        async def is_released() -> bool:
            return "1 intake" in await command(local_run.data_dir, "release-confirmations")

        await eventually(is_released, seconds=120)
        kill_all(local_run)
        period = starts_at.strftime("%Y-%m")

        async def is_billed() -> bool:
            return "1 contracts" in await command(local_run.data_dir, "bill", "--period", period)

        await eventually(is_billed, seconds=120)
        kill_all(local_run)

        async def has_arrived() -> bool:
            kill_once()
            return len({headers["webhook-id"] for headers, _ in receiver.requests}) == 3

        killed = iter([True, True, True])

        def kill_once() -> None:
            if receiver.requests and next(killed, False):
                kill_all(local_run)

        await eventually(has_arrived, seconds=240)
        assert "0 intake" in await command(local_run.data_dir, "release-confirmations")
        assert "0 contracts" in await command(local_run.data_dir, "bill", "--period", period)

        async def is_mailed() -> set[str]:
            mails = (await phone.client.get(told["mailbox_url"])).json()
            return {mail["headers"]["Message-ID"] for mail in mails if mail["to"] == "facturen@voorbeeldzorg.example"}

        assert len(await eventually(is_mailed, seconds=120)) == 1

        async def read() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
            answers = [await employer.get(f"/employer/v1/{name}") for name in ("confirmations", "invoices")]
            confirmations, invoices = [answer.json()["items"] for answer in answers]
            return confirmations, invoices

        confirmations, invoices = await eventually(read)
        assert Counter(item["kind"] for item in confirmations) == {"intake": 1, "billing": 1}
        assert [line["sessions"] for item in confirmations for line in item.get("lines", [])] == [1]
        assert len(invoices) == 1
        effects = {headers["webhook-id"]: msgspec.json.decode(body)["type"] for headers, body in receiver.requests}
        assert Counter(effects.values()) == {"confirmation.intake": 1, "confirmation.billing": 1, "invoice.issued": 1}
        await employer.delete(f"/employer/v1/webhook-endpoints/{made.json()['id']}")
