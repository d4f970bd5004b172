"""Ours beside the peers: every operation on every server in turn, round after round, so that noise hits all of them."""

import statistics
from collections.abc import Mapping
from contextlib import ExitStack

import msgspec

from benchmarks.load import Load, put_load
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.servers import Served, children, cpu_seconds, serve_ours, serve_peer, wait_until_served
from benchmarks.world import World

CONNECTIONS = 8
OURS, BARE, FASTAPI = "ours", "bare Litestar + asyncpg", "FastAPI + SQLAlchemy"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One load on one server.

    Units: `server_us` is the server's processor time for one request, in microseconds; `*_core` are shares of one core.
    """

    operation: str
    server: str
    per_second: float
    p50_ms: float
    p99_ms: float
    server_us: float
    server_core: float
    postgres_core: float
    client_core: float


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """How ours does beside a peer: medians of the rounds' own ratios, by requests and by processor time."""

    operation: str
    peer: str
    by_requests: float
    by_processor: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What the comparison found."""

    runs: list[Run]
    ratios: list[Ratio]
    resident_mib: dict[str, dict[str, float]]


async def compare(world: World, *, core: int, rounds: int, seconds: float) -> Comparison:
    """Measure the three servers on the smallest vault."""
    runs: list[Run] = []
    with ExitStack() as stack:
        log = world.folder / "servers.log"
        dsn = world.vaults[min(world.vaults)]
        servers = [
            stack.enter_context(serve_ours(world.environment, vault_dsn=dsn, core=core, log=log, name=OURS)),
            stack.enter_context(serve_peer("benchmarks.peers.bare:app", dsn=world.peers, core=core, log=log, name=BARE)),
            stack.enter_context(
                serve_peer("benchmarks.peers.fastapi_sqlalchemy:app", dsn=world.peers, core=core, log=log, name=FASTAPI)
            ),
        ]
        for served in servers:
            await wait_until_served(served)
        for served in servers:
            for operation in OPERATIONS:
                await measure(world, served, operation, seconds=min(2.0, seconds))
        for number in range(rounds):
            for operation in OPERATIONS:
                turn = number % len(servers)
                runs += [
                    await measure(world, served, operation, seconds=seconds) for served in servers[turn:] + servers[:turn]
                ]
        resident = {served.name: served.resident_mib() for served in servers}
    return Comparison(runs=runs, ratios=_ratios(runs), resident_mib=resident)


async def measure(world: World, served: Served, operation: Operation, *, seconds: float) -> Run:
    """Load one server with one operation, and see what it took from whom."""
    backends = [world.postgres_pid, *children(world.postgres_pid)]
    server_before, postgres_before = cpu_seconds(served.processes), cpu_seconds(backends)
    load: Load = await put_load(
        served.port,
        operation.requests(world.people),
        status=operation.status,
        connections=CONNECTIONS,
        seconds=seconds,
    )
    server = cpu_seconds(served.processes) - server_before
    postgres = cpu_seconds([world.postgres_pid, *children(world.postgres_pid)]) - postgres_before
    return Run(
        operation=operation.name,
        server=served.name,
        per_second=load.per_second,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
        server_us=server / load.requests * 1e6,
        server_core=server / load.seconds,
        postgres_core=postgres / load.seconds,
        client_core=load.client_core,
    )


def median(runs: list[Run], server: str, operation: str) -> Mapping[str, float]:
    """The medians of one server's runs of one operation."""
    chosen = [run for run in runs if run.server == server and run.operation == operation]
    names = [name for name in Run.__struct_fields__ if name not in ("operation", "server")]
    return {name: statistics.median(getattr(run, name) for run in chosen) for name in names}


def _ratios(runs: list[Run]) -> list[Ratio]:
    ratios: list[Ratio] = []
    for operation in OPERATIONS:
        of = {
            server: [run for run in runs if run.server == server and run.operation == operation.name]
            for server in (OURS, BARE, FASTAPI)
        }
        for peer in (BARE, FASTAPI):
            pairs = list(zip(of[OURS], of[peer], strict=True))
            ratios.append(
                Ratio(
                    operation=operation.name,
                    peer=peer,
                    by_requests=statistics.median(ours.per_second / theirs.per_second for ours, theirs in pairs),
                    by_processor=statistics.median(theirs.server_us / ours.server_us for ours, theirs in pairs),
                )
            )
    return ratios
