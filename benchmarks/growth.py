"""The same requests on a small and on a large table, in turn: a person's request must not feel how many others there are."""

import statistics
from contextlib import ExitStack

import msgspec

from benchmarks.comparison import Run, measure
from benchmarks.operations import OPERATIONS
from benchmarks.servers import serve_ours, wait_until_served
from benchmarks.world import World

DIARY = OPERATIONS[:2]


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """One operation's p99 by the number of entries in the table, and the largest table's over the smallest's.

    Units: milliseconds, medians of the rounds; `ratio` is the median of the rounds' own ratios.
    """

    operation: str
    p99_ms: dict[int, float]
    ratio: float


async def measure_growth(world: World, *, core: int, rounds: int, seconds: float) -> list[Growth]:
    """Measure the diary on every vault of the world."""
    sizes = sorted(world.vaults)
    runs: dict[tuple[str, int], list[Run]] = {(operation.name, size): [] for operation in DIARY for size in sizes}
    with ExitStack() as stack:
        log = world.folder / "servers.log"
        servers = {
            size: stack.enter_context(serve_ours(world.environment, vault_dsn=world.vaults[size], core=core, log=log))
            for size in sizes
        }
        for served in servers.values():
            await wait_until_served(served)
            for operation in DIARY:
                await measure(world, served, operation, seconds=min(2.0, seconds))
        for number in range(rounds):
            for operation in DIARY:
                for size in sizes if number % 2 else reversed(sizes):
                    run = await measure(world, servers[size], operation, seconds=seconds)
                    runs[operation.name, size].append(run)
    return [
        Growth(
            operation=operation.name,
            p99_ms={size: statistics.median(run.p99_ms for run in runs[operation.name, size]) for size in sizes},
            ratio=statistics.median(
                large.p99_ms / small.p99_ms
                for small, large in zip(runs[operation.name, sizes[0]], runs[operation.name, sizes[-1]], strict=True)
            ),
        )
        for operation in DIARY
    ]
