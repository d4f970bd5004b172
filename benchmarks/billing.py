"""`python -m benchmarks.billing`: a billing run over 250 and 1,000 contracts of 100 lines each, as an operator starts it.

The time must grow with the contracts and no faster, and the process must stay below 200 MB.
"""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import msgspec

from vitalapp.core.migrations import list_migrations, migrate
from vitalapp.dev import postgres
from vitalapp.dev.bootstrap import PARTS, StoreRoles, ensure_database, ensure_roles
from vitalapp.dev.programs import free_port, server_user, start

PERIOD = "2026-10"
LINES = 100
SIZES = (250, 1_000)
MOST_MIB = 200
# How much longer than by the number of contracts the larger run may take.
LINEAR = 1.2
PASSWORD = secrets.token_hex(16)
ROLES = StoreRoles("ledger", dict.fromkeys(PARTS, PASSWORD))

FILL = """
    WITH employer AS (
        INSERT INTO employers (
            employer_id, name, registration_scheme, registration_number, billing_email, created_at, street, postcode, city
        )
        SELECT gen_random_uuid(), 'Employer ' || n, 'KVK', (10000000 + n)::text, 'ap' || n || '@employer.example', now(),
               'Dam ' || n, '1012 JS', 'Amsterdam'
        FROM generate_series(1, $1::integer) AS n
        RETURNING employer_id
    ), endpoint AS (
        INSERT INTO webhook_endpoints (endpoint_id, employer_id, url, event_types, secret_sealed, created_at)
        SELECT gen_random_uuid(), employer_id, 'https://erp.example/', '{invoice.issued,confirmation.billing}', '', now()
        FROM employer
    ), contract AS (
        INSERT INTO contracts (
            contract_id, employer_id, reference, headcount, session_price_cents, cancellation_notice_hours, starts_on, created_at
        )
        SELECT gen_random_uuid(), employer_id, 'C-1', 250, 9500, 24, '2026-01-01', now() FROM employer
        RETURNING contract_id
    )
    INSERT INTO unbilled_lines (line_id, contract_id, kind, trajectory_reference, period)
    SELECT gen_random_uuid(), contract_id, 'session', gen_random_uuid(), $3 FROM contract, generate_series(1, $2::integer)
"""


class BillingRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of `vitalapp bill`.

    Units: `seconds` without, and `idle_seconds` of, the same command with nothing left to bill.
    """

    contracts: int
    seconds: float
    idle_seconds: float
    resident_mib: float


def ratio(runs: list[BillingRun]) -> float:
    """The time a contract takes in the largest run over that in the smallest; 1 is linear."""
    small, large = runs[0], runs[-1]
    return (large.seconds / large.contracts) / (small.seconds / small.contracts)


async def measure_billing(sizes: tuple[int, ...] = SIZES) -> list[BillingRun]:
    """Bill each number of contracts in a ledger of its own."""
    with _folder() as folder, _cluster(folder) as superuser:
        await postgres.wait_until_ready(superuser)
        return [await _bill(superuser, size) for size in sizes]


async def _bill(superuser: str, contracts: int) -> BillingRun:
    database = f"ledger_{contracts}"
    admin = await asyncpg.connect(superuser)
    await ensure_roles(admin, ROLES)
    await ensure_database(admin, ROLES, database)
    await admin.close()
    owner = postgres.redirect(superuser, database, role=ROLES.name("migration"), password=PASSWORD)
    await migrate(owner, list_migrations("ledger"))
    filler = await asyncpg.connect(owner)
    await filler.execute(FILL, contracts, LINES, PERIOD)
    await filler.execute("ANALYZE")
    application = postgres.redirect(superuser, database, role=ROLES.name("app"), password=PASSWORD)
    await asyncio.to_thread(_run_command, application, "2026-09")
    seconds, resident_mib = await asyncio.to_thread(_run_command, application, PERIOD)
    idle_seconds, _ = await asyncio.to_thread(_run_command, application, PERIOD)
    billed = await filler.fetchval("SELECT count(*) FROM invoices WHERE jsonb_array_length(document -> 'lines') = $1", LINES)
    await filler.close()
    assert billed == contracts, f"{billed} of {contracts} contracts were billed"
    return BillingRun(
        contracts=contracts, seconds=seconds - idle_seconds, idle_seconds=idle_seconds, resident_mib=resident_mib
    )


def _run_command(dsn: str, period: str) -> tuple[float, float]:
    """Seconds and peak resident memory of the command."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITALAPP_")}
    environment = {**inherited, "VITALAPP_LEDGER_DSN": dsn, "VITALAPP_IS_LOCAL_RUN": "true"}
    command = [sys.executable, "-m", "vitalapp", "bill", "--period", period]
    began = time.monotonic()
    _, status, usage = os.wait4(os.posix_spawn(sys.executable, command, environment), 0)
    assert status == 0, "the billing run failed"
    return time.monotonic() - began, usage.ru_maxrss / 1024


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="vitalapp-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    user = server_user()
    binaries = postgres.runnable(postgres.find_binaries(), user)
    cluster = postgres.Cluster(
        binaries=binaries, data_dir=folder / "postgres", port=free_port(), user=user, password=PASSWORD
    )
    postgres.make_cluster(binaries, cluster.data_dir, password=PASSWORD, user=user)
    process = start(cluster.program(folder / "postgres.log"))
    try:
        yield cluster.dsn()
    finally:
        process.terminate()
        process.wait()


def print_billing(runs: list[BillingRun]) -> None:
    """The figures beside their aims."""
    print(f"\nA billing run, {LINES} lines a contract")
    for run in runs:
        verdict = "reached" if run.resident_mib <= MOST_MIB else "missed"
        print(
            f"  {run.contracts:6,} contracts{run.seconds:8.2f} s{1000 * run.seconds / run.contracts:8.2f} ms each"
            f", beside {run.idle_seconds:.2f} s of starting"
            f"{run.resident_mib:8.0f} MiB (aim {MOST_MIB} {verdict})"
        )
    verdict = "reached" if ratio(runs) <= LINEAR else "missed"
    print(f"  time a contract, largest over smallest: {ratio(runs):.2f} (aim {LINEAR} {verdict})")


if __name__ == "__main__":
    print_billing(asyncio.run(measure_billing()))
