"""The run's own folder: its lock, its secrets, its key files, and which processes a killed run left behind."""

import fcntl
import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from vitalapp.core.keys import KeyFile, new_key_material
from vitalapp.core.settings import STORES, Store
from vitalapp.core.signing import write_signing_key
from vitalapp.dev.bootstrap import PARTS, Part, StoreRoles
from vitalapp.dev.programs import LocalRunError, process_start_time

_NEEDED_BYTES = 300 * 1024 * 1024
_LEFT_BEHIND_SECONDS = 8


class Secrets(msgspec.Struct, frozen=True):
    """What the run made up at its first start and needs again at the next."""

    superuser: str
    roles: dict[Store, dict[Part, str]]
    redis_app: str
    redis_push: str

    def store_roles(self, store: Store) -> StoreRoles:
        """One store's roles with their passwords."""
        return StoreRoles(store, self.roles[store])


class Folder(msgspec.Struct, frozen=True):
    """The paths of one local run."""

    root: Path

    @property
    def keys(self) -> Path:
        """Key files, each of mode 0600."""
        return self.root / "keys"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.root / "logs"

    @property
    def anchor(self) -> Path:
        """The append-only anchor."""
        return self.root / "anchor"

    @property
    def postgres_record(self) -> Path:
        """Where the cluster's data directory is, if it could not be in this folder."""
        return self.root / "postgres.path"

    @property
    def facts(self) -> Path:
        """What the seed told outsiders; a run without it was never ready, and is started anew."""
        return self.root / "facts.json"

    @property
    def processes(self) -> Path:
        """The processes that the run started, for the next start after a kill."""
        return self.root / "processes.json"

    def log_file(self, name: str) -> Path:
        """One process's log."""
        return self.logs / f"{name}.log"

    def make(self) -> None:
        """Make the folder, passable for the database's user, its secrets readable by nobody else.

        Raises: LocalRunError where it cannot be written or its disk is full.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o711)
            for folder in (self.keys, self.logs, self.anchor):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise LocalRunError(
                f"{self.root} cannot be written ({error.strerror}): choose another place with --data-dir."
            ) from None
        if shutil.disk_usage(self.root).free < _NEEDED_BYTES:
            raise LocalRunError(f"The disk of {self.root} is full: free 300 MB, or choose another place with --data-dir.")

    def empty(self) -> None:
        """Delete what former runs left, the lock excepted."""
        if self.postgres_record.exists():
            shutil.rmtree(self.postgres_record.read_text(), ignore_errors=True)
        for path in self.root.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()

    def write(self, name: str, document: Any) -> Path:
        """Replace a JSON file of mode 0600 as a whole."""
        fresh = self.root / f".{name}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(document), indent=2))
        return fresh.replace(self.root / name)

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of this folder, empty where there is none."""
        with suppress(FileNotFoundError):
            return msgspec.json.decode((self.root / name).read_bytes())
        return {}

    def secrets(self) -> Secrets:
        """The run's passwords, made up at the first start."""
        known = self.read("secrets.json")
        if not known:
            made_up = Secrets(
                superuser=secrets.token_urlsafe(24),
                roles={store: {part: secrets.token_urlsafe(24) for part in PARTS} for store in STORES},
                redis_app=secrets.token_urlsafe(24),
                redis_push=secrets.token_urlsafe(24),
            )
            self.write("secrets.json", made_up)
            return made_up
        return msgspec.convert(known, Secrets)

    def key_files(self) -> dict[str, Path]:
        """The key files by the variable that names them, made at the first start."""
        files = {
            "VITALAPP_KEK_FILE": self.keys / "kek.json",
            "VITALAPP_LEDGER_KEY_FILE": self.keys / "ledger-key.json",
            "VITALAPP_SIGNING_KEY_FILE": self.keys / "signing-key.json",
            "VITALAPP_SESSION_KEY_FILE": self.keys / "session.key",
        }
        for variable, path in files.items():
            if path.exists():
                continue
            if variable == "VITALAPP_SIGNING_KEY_FILE":
                write_signing_key(path)
            elif variable == "VITALAPP_SESSION_KEY_FILE":
                path.touch(mode=0o600)
                path.write_bytes(os.urandom(32))
            else:
                KeyFile(path).save(new_key_material())
        return files

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only run of this folder for the length of the block.

        Raises: LocalRunError where another run holds it.
        """
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise LocalRunError(
                    f"A local run of {self.root} is going on already: stop it, or choose another place with --data-dir."
                ) from None
            yield


class StartedProcess(msgspec.Struct, frozen=True):
    """A process as one can tell it from a later one with the same number."""

    pid: int
    started: int
    death_signal: int


def stop_left_behind(folder: Folder) -> None:
    """End what a killed run left: asked first, then made to."""
    left = [msgspec.convert(each, StartedProcess) for each in folder.read(folder.processes.name).get("processes", [])]
    deadline = time.monotonic() + _LEFT_BEHIND_SECONDS
    for each in left:
        if _is_running(each):
            _signal(each, each.death_signal)
    while any(_is_running(each) for each in left) and time.monotonic() < deadline:
        time.sleep(0.05)
    for each in left:
        if _is_running(each):
            _signal(each, signal.SIGKILL)


def started_process(pid: int, death_signal: signal.Signals) -> StartedProcess:
    """A process that was just started."""
    return StartedProcess(pid, process_start_time(pid) or 0, int(death_signal))


def _is_running(process: StartedProcess) -> bool:
    return process_start_time(process.pid) == process.started


def _signal(process: StartedProcess, number: int) -> None:
    with suppress(ProcessLookupError):
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)
