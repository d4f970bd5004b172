"""Programs that the local run starts: as which user, with which arguments, and never outliving who started them."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class LocalRunError(Exception):
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
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "start_new_session": True,
        "preexec_fn": _dies_with_launcher(program.death_signal),
        "env": dict(program.environment) if program.environment is not None else None,
        "cwd": program.working_directory,
    }
    if program.user is not None:
        entry = pwd.getpwnam(program.user)
        options |= {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return options


def start(program: Program) -> subprocess.Popen[bytes]:
    """Start it, its output appended to its log file."""
    with program.log_file.open("ab") as log:
        return subprocess.Popen(program.arguments, stdout=log, stderr=subprocess.STDOUT, **process_options(program))


def free_port(*, preferred: int = 0) -> int:
    """A loopback port that nobody listens on: the preferred one if it is free, else any."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise LocalRunError("No free port on 127.0.0.1: stop some of what listens there.")


def server_user() -> str | None:
    """Who runs what refuses to run as root; None where the launcher is not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def is_reachable(path: Path, user: str | None) -> bool:
    """Whether `user` may open what is under `path`."""
    if user is None:
        return os.access(path, os.R_OK | os.X_OK)
    entry = pwd.getpwnam(user)
    test = subprocess.run(
        ["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', str(path)],
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        check=False,
        cwd="/",
    )
    return test.returncode == 0


def _dies_with_launcher(death_signal: signal.Signals) -> Callable[[], None]:
    launcher = os.getpid()

    def ask_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != launcher:
            os.kill(os.getpid(), signal.SIGKILL)

    return ask_kernel
