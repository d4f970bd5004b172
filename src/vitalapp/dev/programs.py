"""Programs that the local run starts: as which user, with which arguments, and never outliving who started them."""

import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from vitalapp.core.failures import Failure
from vitalapp.core.processes import die_with_parent


class LocalRunError(Failure):
    """The local run cannot start; the message is one sentence that says what to do."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """One program and how to start it; `user` is who it runs as where the launcher is root."""

    name: str
    arguments: tuple[str, ...]
    log_file: Path
    working_directory: Path | None = None
    environment: Mapping[str, str] | None = None
    user: str | None = None
    death_signal: signal.Signals = signal.SIGTERM


def process_options(program: Program) -> dict[str, Any]:
    """The keyword arguments with which `subprocess` and `asyncio` start it: own session, dies with the launcher."""
    return {
        "stdin": subprocess.DEVNULL,
        "start_new_session": True,
        "preexec_fn": partial(die_with_parent, program.death_signal, parent=os.getpid()),
        "env": dict(program.environment) if program.environment is not None else None,
        "cwd": program.working_directory,
        **as_user(program.user),
    }


def start(program: Program) -> subprocess.Popen[bytes]:
    """Start it, its output appended to its log file."""
    with program.log_file.open("ab") as log:
        return subprocess.Popen[bytes](
            program.arguments, stdout=log, stderr=subprocess.STDOUT, text=False, **process_options(program)
        )


def free_ports(*preferred: int) -> list[int]:
    """As many different loopback ports that nobody listens on: each the preferred one if it is free, else any."""
    with ExitStack() as held:
        return [_hold(held, port) for port in preferred]


def free_port(*, preferred: int = 0) -> int:
    """One such port."""
    return free_ports(preferred)[0]


def _hold(held: ExitStack, preferred: int) -> int:
    probe = held.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", preferred))
    except (OSError, OverflowError):
        probe.bind(("127.0.0.1", 0))
    return probe.getsockname()[1]


def server_user() -> str | None:
    """Who runs what refuses to run as root; None where the launcher is not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def is_reachable(path: Path, user: str | None, *, to_read: bool = True) -> bool:
    """Whether `user` may open what is under `path`, and list it where it is `to_read`."""
    test = 'test -x "$0" && test -r "$0"' if to_read else 'test -x "$0"'
    command = ["/bin/sh", "-c", test, str(path)]
    return subprocess.call(command, cwd="/", **as_user(user)) == 0


def as_user(user: str | None) -> dict[str, Any]:
    """The keyword arguments with which `subprocess` runs a program as `user`, none where the launcher is not root."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def process_start_time(pid: int) -> int | None:
    """When a process started (clock ticks since boot), None where it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])
