"""The servers under test: each one granian worker with the same options, all pinned to the same core."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from vitalapp.dev.programs import free_port

ROOT = Path(__file__).parent.parent
READY_SECONDS = 60
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PIN = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); os.execv(sys.argv[2], sys.argv[2:])"
PEER_OPTIONS = ["--interface", "asgi", "--loop", "uvloop", "--workers", "1", "--no-ws", "--host", "127.0.0.1"]


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """One server: its name in the report, its port, its processes (the launcher first, then what serves)."""

    name: str
    port: int
    pid: int

    @property
    def processes(self) -> list[int]:
        """The launcher and its workers."""
        return [self.pid, *children(self.pid)]

    def resident_mib(self) -> dict[str, float]:
        """Memory: of the process that serves, and of the launcher beside it."""
        launcher, *workers = (_resident_mib(pid) for pid in self.processes)
        return {"worker": max(workers), "launcher": launcher}


@contextmanager
def serve_ours(
    environment: Mapping[str, str], *, vault_dsn: str, core: int, log: Path, name: str = "ours"
) -> Iterator[Served]:
    """Our API with everything on."""
    port = free_port()
    command = [sys.executable, "-m", "vitalapp", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {key: value for key, value in environment.items() if "LEDGER" not in key}
    with _running(
        command, {**environment, "VITALAPP_VAULT_DSN": vault_dsn}, core=core, log=log, port=port, name=name
    ) as served:
        yield served


@contextmanager
def serve_peer(target: str, *, dsn: str, core: int, log: Path, name: str) -> Iterator[Served]:
    """One of the peers."""
    port = free_port()
    command = [sys.executable, "-m", "granian", *PEER_OPTIONS, "--port", str(port), target]
    with _running(command, {"BENCH_DSN": dsn}, core=core, log=log, port=port, name=name) as served:
        yield served


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], *, core: int, log: Path, port: int, name: str
) -> Iterator[Served]:
    inherited = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TZ")}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", PIN, str(core), *command],
            env={**inherited, **environment},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Served(name=name, port=port, pid=process.pid)
    finally:
        for pid in (*children(process.pid), process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()


async def wait_until_served(served: Served) -> None:
    """Return once the port is open.

    Raises: TimeoutError.
    """
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", served.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


def children(pid: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    try:
        direct = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
    return [descendant for child in direct for descendant in (child, *children(child))]


def cpu_seconds(pids: list[int]) -> float:
    """The processor time that processes have taken so far, in user and system mode, ended children included."""
    return sum(_ticks(pid) for pid in pids) / TICKS_PER_SECOND


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return sum(int(field) for field in fields[11:15])


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))
