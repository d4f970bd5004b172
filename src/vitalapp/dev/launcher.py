"""`vitalapp dev`: everything on this machine, from stores to sinks, until SIGINT or SIGTERM."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.console import Console

from vitalapp.core.commands import ENVIRONMENT_FILE
from vitalapp.core.settings import load_settings
from vitalapp.core.startup import open_resources
from vitalapp.dev.folder import Folder, stop_left_behind
from vitalapp.dev.processes import Ports, Surroundings
from vitalapp.dev.programs import LocalRunError, free_port, free_ports
from vitalapp.dev.seed import seed_stores
from vitalapp.dev.sinks import open_sinks
from vitalapp.dev.stores import REDIS_VARIABLE, open_redis, open_stores
from vitalapp.dev.supervisor import Supervisor

_READY_SECONDS = 60
_STORE_SERVERS = {"postgres", "valkey"}
_HIGHEST_PORT = 65_535

console = Console(highlight=False, soft_wrap=True)


class Options(msgspec.Struct, frozen=True):
    """What the command line says."""

    port: int
    data_dir: Path
    is_fresh: bool
    has_strict_limits: bool


async def run_locally(options: Options) -> None:
    """Run until told to stop; whatever was started is stopped again, within ten seconds.

    Raises: LocalRunError, MigrationError.
    """
    run = asyncio.create_task(_run(options))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({run, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    run.cancel()
    await asyncio.wait({run})
    if not run.cancelled():
        run.result()


async def _run(options: Options) -> None:
    began = time.monotonic()
    folder = Folder(options.data_dir)
    folder.make()
    with folder.lock():
        stop_left_behind(folder)
        is_new = options.is_fresh or not folder.facts.exists()
        if is_new:
            folder.empty()
            folder.make()
        (folder.root / "dev.json").unlink(missing_ok=True)
        ports = _pick_ports(options.port)
        async with AsyncExitStack() as stack:
            surroundings, facts = await _start(options, folder, ports, stack, is_new=is_new)
            document = _describe(surroundings, facts)
            stack.callback((folder.write("dev.json", document)).unlink, missing_ok=True)
            _summarise(document, folder, time.monotonic() - began)
            await asyncio.Event().wait()


async def _start(
    options: Options, folder: Folder, ports: Ports, stack: AsyncExitStack, *, is_new: bool
) -> tuple[Surroundings, dict[str, Any]]:
    secrets = folder.secrets()
    supervisor = await stack.enter_async_context(_supervisor(folder))
    stores, redis = await asyncio.gather(
        open_stores(folder, secrets, supervisor, is_new=is_new, may_drop=options.is_fresh),
        open_redis(folder, secrets, supervisor),
    )
    surroundings = Surroundings(
        stores=stores,
        redis=redis,
        key_files=folder.key_files(),
        anchor=folder.anchor,
        ports=ports,
        has_strict_limits=options.has_strict_limits,
    )
    environment = surroundings.command_environment()
    folder.write(ENVIRONMENT_FILE, environment)
    await stack.enter_async_context(open_sinks(smtp_port=ports.smtp, mailbox_port=ports.mailbox, push_port=ports.push_inbox))
    for program in surroundings.programs(folder):
        await supervisor.start(program)
    facts = await _seed(folder, environment)
    await asyncio.gather(*(_wait_until_ready(folder, name, port) for name, port in _apis(ports).items()))
    return surroundings, facts


@asynccontextmanager
async def _supervisor(folder: Folder) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(folder, say=lambda sentence: console.print(f"[yellow]{sentence}[/]"))
    try:
        yield supervisor
    finally:
        await supervisor.stop(last=_STORE_SERVERS)
        folder.processes.unlink(missing_ok=True)


async def _seed(folder: Folder, environment: dict[str, str]) -> dict[str, Any]:
    facts = folder.read(folder.facts.name)
    async with open_resources(load_settings(environment), audience="worker") as resources:
        await seed_stores(resources, facts)
    folder.write(folder.facts.name, facts)
    return facts


def _pick_ports(port: int) -> Ports:
    """The API's port as asked for; the others beside it where they are free.

    Raises: LocalRunError where the API's port is taken.
    """
    if not 0 <= port <= _HIGHEST_PORT:
        raise LocalRunError(f"There is no port {port}: choose one up to {_HIGHEST_PORT}, or 0 to have one picked.")
    if port and free_port(preferred=port) != port:
        raise LocalRunError(f"Port {port} is taken: stop what listens there, or choose another with --port (0 picks one).")
    return Ports(*free_ports(*(port + step if port else 0 for step in range(len(Ports.__struct_fields__)))))


def _apis(ports: Ports) -> dict[str, int]:
    return {"api-app": ports.app, "api-employer": ports.employer, "api-operator": ports.operator}


async def _wait_until_ready(folder: Folder, name: str, port: int) -> None:
    try:
        async with asyncio.timeout(_READY_SECONDS), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            while not await _is_ready(client):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise LocalRunError(f"{name} was not ready after {_READY_SECONDS} seconds: see {folder.log_file(name)}.") from None


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        answer = await client.get("/health/ready")
    except httpx.TransportError:
        return False
    return answer.status_code == HTTPStatus.OK


def _describe(surroundings: Surroundings, facts: dict[str, Any]) -> dict[str, Any]:
    """What stands in `dev.json`."""
    ports = surroundings.ports
    return {
        "api_url": f"http://127.0.0.1:{ports.app}",
        "employer_api_url": f"http://127.0.0.1:{ports.employer}",
        "operator_api_url": f"http://127.0.0.1:{ports.operator}",
        "docs_url": f"http://127.0.0.1:{ports.app}/schema",
        "mailbox_url": f"http://127.0.0.1:{ports.mailbox}/",
        "push_inbox_url": f"http://127.0.0.1:{ports.push_inbox}/",
        **{name: facts[name] for name in ("registration_link_token", "employer", "staff")},
        "stores": {store: dsns.roles["app"] for store, dsns in surroundings.stores.items()},
        "superuser_dsns": {store: dsns.superuser for store, dsns in surroundings.stores.items()},
        "redis_url": surroundings.redis[REDIS_VARIABLE],
    }


def _summarise(document: dict[str, Any], folder: Folder, seconds: float) -> None:
    """What a person wants to know first."""
    console.print(f"[bold]Ready[/] after {seconds:.1f} s, with fictitious data. Ctrl-C stops everything.")
    for label, where in {
        "API for the app": document["api_url"],
        "its documentation": document["docs_url"],
        "API for employers": document["employer_api_url"],
        "API for operators": document["operator_api_url"],
        "mails that were sent": document["mailbox_url"],
        "pushes that were sent": document["push_inbox_url"],
        "tokens and passwords": folder.root / "dev.json",
        "logs": folder.logs,
    }.items():
        console.print(f"  {label:<22} {where}")
