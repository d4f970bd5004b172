"""`make bench`: what all the privacy costs in speed, beside what others would use; writes bench.json.

make bench ARGS="--quick"     a minute, with fewer rounds and 100,000 entries in the large table
"""

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop

from benchmarks.billing import BillingRun, measure_billing, print_billing
from benchmarks.comparison import BARE, FASTAPI, OURS, Comparison, compare, median
from benchmarks.growth import Growth, measure_growth
from benchmarks.operations import OPERATIONS
from benchmarks.world import open_world

RESULT = Path("bench.json")
PEOPLE = 50
SMALL, LARGE, QUICK_LARGE = 10_000, 1_000_000, 100_000
AIMS = {BARE: 0.60, FASTAPI: 2.5}
RESIDENT_AIM_MIB, GROWTH_AIM = 150, 1.2


async def main(arguments: argparse.Namespace) -> int:
    cores = sorted(os.sched_getaffinity(0))
    server_core, others = cores[-1], set(cores[:-1]) or set(cores)
    large = QUICK_LARGE if arguments.quick else LARGE
    sizes = [SMALL] if arguments.only_comparison else [SMALL, large]
    seconds, rounds = (1.0, 3) if arguments.quick else (arguments.seconds, arguments.rounds)
    print(f"Filling the stores with {' and '.join(f'{size:,}' for size in sizes)} entries …", flush=True)
    async with open_world(people=PEOPLE, sizes=sizes, cores=others) as world:
        print(
            f"Servers on core {server_core}, stores and load on {sorted(others)}; {rounds} rounds of {seconds} s.",
            flush=True,
        )
        comparison = await compare(world, core=server_core, rounds=rounds, seconds=seconds)
        _print_comparison(comparison)
        growth = (
            []
            if arguments.only_comparison
            else await measure_growth(world, core=server_core, rounds=rounds, seconds=seconds)
        )
        _print_growth(growth)
    os.sched_setaffinity(0, cores)
    billing = [] if arguments.only_comparison else await measure_billing()
    if billing:
        print_billing(billing)
    _write(comparison, growth, billing, len(cores))
    print(f"Written to {RESULT}.")
    return 0


def _write(comparison: Comparison, growth: list[Growth], billing: list[BillingRun], cores: int) -> None:
    machine = {"platform": platform.platform(), "python": platform.python_version(), "cores": cores}
    document = {
        "at": datetime.now(UTC).isoformat(),
        "machine": machine,
        "comparison": msgspec.to_builtins(comparison),
        "growth": msgspec.to_builtins(growth),
        "billing": msgspec.to_builtins(billing),
    }
    RESULT.write_text(json.dumps(document, indent=2) + "\n")


def _print_comparison(comparison: Comparison) -> None:
    for operation in OPERATIONS:
        print(f"\n{operation.name}")
        print(f"  {'':26}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'µs CPU':>9}{'server':>9}{'postgres':>10}{'load':>7}")
        for server in (OURS, BARE, FASTAPI):
            row = median(comparison.runs, server, operation.name)
            print(
                f"  {server:26}{row['per_second']:8.0f}{row['p50_ms']:9.2f}{row['p99_ms']:9.2f}{row['server_us']:9.0f}"
                f"{row['server_core']:9.0%}{row['postgres_core']:10.0%}{row['client_core']:7.0%}"
            )
        for ratio in comparison.ratios:
            if ratio.operation == operation.name:
                aim = AIMS[ratio.peer]
                verdict = "reached" if ratio.by_requests >= aim else "missed"
                print(
                    f"  {ratio.by_requests:.2f} x {ratio.peer} (by processor time {ratio.by_processor:.2f};"
                    f" aim {aim:.2f} {verdict})"
                )
    print("\nResident memory, MiB")
    for server, parts in comparison.resident_mib.items():
        print(f"  {server:26}{parts['worker']:8.0f} serving, {parts['launcher']:.0f} launching it")
    verdict = "reached" if comparison.resident_mib[OURS]["worker"] <= RESIDENT_AIM_MIB else "missed"
    print(f"  aim for ours {RESIDENT_AIM_MIB} {verdict}")


def _print_growth(growth: list[Growth]) -> None:
    print("\np99 as the table grows")
    for line in growth:
        verdict = "reached" if line.ratio <= GROWTH_AIM else "missed"
        figures = ", ".join(f"{size:,} entries {p99:.2f} ms" for size, p99 in line.p99_ms.items())
        print(f"  {line.operation:24}{figures}:x {line.ratio:.2f} (aim {GROWTH_AIM} {verdict})")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a rough picture in a minute")
    parser.add_argument("--only-comparison", action="store_true", help="leave the large table out")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each load lasts")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(uvloop.run(main(parse())))
