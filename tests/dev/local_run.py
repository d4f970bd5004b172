"""A local run in a process of its own, driven from outside: started, killed in parts, stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

READY_SECONDS = 120
RECOVERY_SECONDS = 45


class LocalRun:
    """`vitalapp dev` on a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.launcher: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> dict[str, Any]:
        """Start it and return `dev.json`."""
        (self.data_dir / "dev.json").unlink(missing_ok=True)
        self.launcher = launch(self.data_dir, *arguments)
        wait_until(lambda: (self.data_dir / "dev.json").exists() or self.has_ended(), READY_SECONDS)
        assert not self.has_ended(), self.output()
        return json.loads((self.data_dir / "dev.json").read_text())

    def has_ended(self) -> bool:
        """Whether the launcher is gone."""
        return self.launcher is not None and self.launcher.poll() is not None

    def output(self) -> str:
        """What the launcher said."""
        return (self.data_dir.parent / "output.txt").read_text()

    def processes(self) -> dict[str, int]:
        """What the launcher started: process numbers by the last words of the command."""
        known = json.loads((self.data_dir / "processes.json").read_text())["processes"]
        return {command_line(each["pid"]): each["pid"] for each in known}

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Tell the launcher to stop; how long that took, in seconds."""
        assert self.launcher is not None
        began = time.monotonic()
        self.launcher.send_signal(number)
        assert self.launcher.wait(30) == 0
        return time.monotonic() - began

    def kill(self) -> None:
        """`kill -9` of the launcher."""
        assert self.launcher is not None
        self.launcher.kill()
        self.launcher.wait()


def launch(data_dir: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start `vitalapp dev`, its output in a file beside the data directory."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VITALAPP_")}
    command = [sys.executable, "-m", "vitalapp", "dev", "--data-dir", str(data_dir), *(arguments or ("--port", "0"))]
    with (data_dir.parent / "output.txt").open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    """Return once it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether a GET gets 200."""
    try:
        return httpx.get(url, timeout=2).status_code == HTTPStatus.OK
    except httpx.TransportError:
        return False


def command_line(pid: int) -> str:
    """A process's command, empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ").strip()
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
