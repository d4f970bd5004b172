"""Serves the API of one audience with granian; stops gracefully, and its workers never outlive it."""

import os
from pathlib import Path

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server
from litestar.types import ASGIApp

from vitalapp.core.logs import LibraryLines, configure_logs
from vitalapp.core.processes import die_with_parent
from vitalapp.core.settings import load_settings

AUDIENCE_VARIABLE = "VITALAPP_AUDIENCE"
GRACE_SECONDS = 4
# Granian's own lines, by the handlers' names that it uses.
SERVER_LOGS = {
    "handlers": {name: {"class": f"{LibraryLines.__module__}.{LibraryLines.__name__}"} for name in ("console", "access")}
}


def create_served_app() -> ASGIApp:
    """The application that a worker process serves, made from the environment."""
    from vitalapp.app import create_app

    die_with_parent()
    audience = os.environ[AUDIENCE_VARIABLE]
    configure_logs(process=f"api_{audience}")
    return create_app(load_settings(os.environ), audience=audience)


def serve(*, audience: str, host: str, port: int, workers: int) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first, for at most some seconds."""
    os.environ[AUDIENCE_VARIABLE] = audience
    configure_logs(process=f"api_{audience}")
    Server(
        "vitalapp.serving:create_served_app",
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        log_access=False,
        log_level=LogLevels.warning,
        log_dictconfig=SERVER_LOGS,
        respawn_failed_workers=True,
        respawn_interval=0.2,
        workers_kill_timeout=GRACE_SECONDS,
        websockets=False,
        working_dir=Path.cwd(),
    ).serve()
