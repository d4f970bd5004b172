"""Where a request's time goes: the application in this process, without a network, under cProfile.

.venv/bin/python -m benchmarks.profile put|get|post [ours|bare] [--lines 40] [--sort tottime]
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, cast

import uvloop

from benchmarks.load import NextRequest
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.world import World, open_world
from vitalapp.core.logs import configure_logs

CONCURRENT, WARM_UP, BATCH = 8, 5, 80
SHORT = dict(zip(("put", "get", "post"), OPERATIONS, strict=True))


async def main(arguments: argparse.Namespace) -> None:
    configure_logs(process="api")
    operation = SHORT[arguments.operation]
    async with open_world(people=10, sizes=[2000], cores=os.sched_getaffinity(0)) as world:
        apps = {server: _application(server, world) for server in ("ours", "bare")}
        async with apps["ours"].lifespan(), apps["bare"].lifespan():
            next_request = operation.requests(world.people)
            taken = await _measure_in_turn(apps, operation, next_request, batches=arguments.requests // BATCH)
            profile = cProfile.Profile()
            profile.enable()
            await _drive(apps[arguments.server], operation, next_request, arguments.requests)
            profile.disable()
    pstats.Stats(profile, stream=sys.stderr).sort_stats(arguments.sort).print_stats(arguments.lines)
    for server, batches in taken.items():
        quick = statistics.quantiles(batches, n=10)[1] / BATCH * 1e6
        print(f"{server:5} {quick:6.0f} µs of this process for one {operation.name}", file=sys.stderr)


async def _measure_in_turn(
    apps: dict[str, Any], operation: Operation, next_request: NextRequest, *, batches: int
) -> dict[str, list[float]]:
    """Processor seconds of small batches, in turn; the quick ones are those that nothing else on the machine disturbed."""
    taken: dict[str, list[float]] = {server: [] for server in apps}
    for number in range(batches + WARM_UP):
        for server, app in apps.items():
            started = time.process_time()
            await _drive(app, operation, next_request, BATCH)
            if number >= WARM_UP:
                taken[server].append(time.process_time() - started)
    return taken


def _application(server: str, world: World) -> Any:
    if server == "bare":
        os.environ["BENCH_DSN"] = world.peers
        from benchmarks.peers.bare import app

        return app
    from vitalapp.app import create_app
    from vitalapp.core.settings import load_settings

    environment = {key: value for key, value in world.environment.items() if "LEDGER" not in key}
    return create_app(load_settings({**environment, "VITALAPP_VAULT_DSN": next(iter(world.vaults.values()))}))


async def _drive(app: Any, operation: Operation, next_request: NextRequest, requests: int) -> None:
    async def drive_some() -> None:
        for _ in range(requests // CONCURRENT):
            await _call(app, next_request(), operation.status)

    await asyncio.gather(*(drive_some() for _ in range(CONCURRENT)))


async def _call(app: Callable[..., Any], request: bytes, status: int) -> None:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, target, _ = first.decode().split(" ")
    path, _, query = target.partition("?")
    headers = [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 80),
        "extensions": {},
        "state": {},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if sent[0]["status"] != status:
        raise AssertionError(cast(bytes, sent[-1]["body"]).decode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operation", choices=SHORT)
    parser.add_argument("server", choices=["ours", "bare"], nargs="?", default="ours")
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--sort", default="tottime")
    sys.exit(uvloop.run(main(parser.parse_args())))
