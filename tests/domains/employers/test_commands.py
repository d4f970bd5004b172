"""`vitalapp employer …`, `bill`, `release-confirmations`, `credit-invoice`, told by the environment alone, as an operator runs them."""

import asyncio
import json
import os
import sys
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.employers import TestEmployer
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings

EMPLOYER = (
    *("employer", "create", "--name", "Acme B.V.", "--kvk", "12345678", "--billing-email", "ap@acme.example"),
    *("--street", "Dam 1", "--postcode", "1012 JS", "--city", "Amsterdam"),
)
CONTRACT = ("--reference", "C-1", "--headcount", "250", "--session-price", "95.00", "--starts-on", "2024-01-01")


class CommandLine:
    """Commands with no more than the environment that they are given."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit status, output and errors of one command."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITALAPP_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "vitalapp", *arguments),
            env=inherited | self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode(), errors.decode()

    async def done(self, *arguments: str) -> Any:
        """What a command that succeeds prints, as JSON."""
        status, output, errors = await self.run(*arguments)
        assert status == 0, errors
        return json.loads(output) if output.startswith("{") else output


@pytest.fixture
def operator_line(resources: Resources, session_settings: Settings) -> CommandLine:
    """Told of identity and ledger."""
    names = ("identity_dsn", "ledger_dsn", "redis_url", "kek_file", "ledger_key_file", "session_key_file")
    told = {f"VITALAPP_{name.upper()}": str(getattr(session_settings, name)) for name in names}
    return CommandLine({**told, "VITALAPP_IS_LOCAL_RUN": "true"})


@pytest.fixture
def ledger_line(resources: Resources, session_settings: Settings) -> CommandLine:
    """Told of the ledger alone."""
    return CommandLine({"VITALAPP_LEDGER_DSN": str(session_settings.ledger_dsn), "VITALAPP_IS_LOCAL_RUN": "true"})


async def test_an_operator_enters_everything_and_bills_by_commands(
    operator_line: CommandLine, ledger_line: CommandLine, resources: Resources, employer_client: httpx.AsyncClient
) -> None:
    employer = await operator_line.done(*EMPLOYER)
    contract = await operator_line.done("employer", "contract", employer["id"], *CONTRACT)
    assert await resources.identity.fetchval("SELECT contract_id FROM contracts") == UUID(contract["id"])
    link = await operator_line.done("employer", "link", employer["id"], contract["id"])
    assert link["url"].endswith(link["link_token"])
    secret = await operator_line.done("employer", "key", employer["id"], "--scope", "confirmations", "--scope", "invoices")
    assert secret["scopes"] == ["confirmations", "invoices"]

    acme = TestEmployer(resources, employer_client, UUID(employer["id"]), UUID(contract["id"]), secret["key"])
    await acme.deliver("intake", on=date(2026, 10, 14))
    await acme.deliver_sessions(12, on=date(2026, 10, 14))
    released = await ledger_line.done("release-confirmations")
    assert released == "1 intake confirmations released.\n"
    assert await ledger_line.done("bill", "--period", "2026-10") == "2026-10: 1 contracts billed.\n"
    assert await ledger_line.done("bill", "--period", "2026-10") == "2026-10: 0 contracts billed.\n"
    [invoice] = (await acme.get("/employer/v1/invoices")).json()["items"]
    credited = await ledger_line.done("credit-invoice", invoice["number"], "--sessions", "2")
    assert credited.endswith(f"credits {invoice['number']}.\n")
    assert len((await acme.get("/employer/v1/invoices")).json()["items"]) == 2
    assert len((await acme.get("/employer/v1/confirmations")).json()["items"]) == 2

    await operator_line.done("employer", "revoke-links", employer["id"], contract["id"])
    assert await resources.identity.fetchval("SELECT revoked_at IS NOT NULL FROM registration_links")
    await operator_line.done("employer", "end-contract", employer["id"], contract["id"], "--ends-on", "2026-12-31")
    assert await resources.identity.fetchval("SELECT ends_on FROM contracts") == date(2026, 12, 31)
    await operator_line.done("employer", "revoke-key", employer["id"], secret["id"])
    assert (await acme.get("/employer/v1/invoices")).status_code == 401


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (
            ("bill", "--period", "2126-01"),
            1,
            "Error: 2126-01 is not over yet; bill it from the first day of the next month.\n",
        ),
        (("bill", "--period", "autumn"), 1, "Error: autumn is not a month; write it as YYYY-MM.\n"),
        (("credit-invoice", "VA1999-000001"), 1, "Error: There is no invoice VA1999-000001.\n"),
    ],
)
async def test_a_refusal_is_one_sentence(
    ledger_line: CommandLine, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    assert await ledger_line.run(*arguments) == (status, "", sentence)


async def test_outside_the_local_run_bills_need_a_sender(ledger_line: CommandLine, session_settings: Settings) -> None:
    ledger_line.environment.pop("VITALAPP_IS_LOCAL_RUN")
    status, _, errors = await ledger_line.run("bill", "--period", "2026-10")
    assert (status, errors) == (1, "Error: VITALAPP_SELLER_FILE is missing; it says who sends the invoices.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        (*EMPLOYER, "--oin", "0" * 20),
        tuple("1234567" if part == "12345678" else part for part in EMPLOYER),
        tuple("abcdefgh" if part == "12345678" else part for part in EMPLOYER),
        tuple("nobody" if part == "ap@acme.example" else part for part in EMPLOYER),
        ("employer", "contract", str(uuid4()), *CONTRACT[:-1], "soon"),
        ("employer", "contract", str(uuid4()), *(part.replace("95.00", "95,00") for part in CONTRACT)),
    ],
)
async def test_wrong_use_is_exit_status_two_and_enters_nothing(
    operator_line: CommandLine, resources: Resources, arguments: tuple[str, ...]
) -> None:
    status, output, _ = await operator_line.run(*arguments)
    assert (status, output) == (2, "")
    assert await resources.ledger.fetchval("SELECT count(*) FROM employers") == 0


async def test_an_unknown_employer_is_one_sentence(operator_line: CommandLine) -> None:
    status, output, errors = await operator_line.run("employer", "key", str(uuid4()))
    assert (status, output, errors.count("\n")) == (1, "", 1)
