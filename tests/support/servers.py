"""One PostgreSQL for the whole run and one Valkey per process, embedded unless the environment names servers.

`VITALAPP_TEST_POSTGRES_DSN` (a superuser's, to any database) and `VITALAPP_TEST_REDIS_URL` take over;
`VITALAPP_TEST_POSTGRES_MAJOR` picks another embedded version that the system has.
"""

import asyncio
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.databases import build_templates, drop_databases
from vitalapp.dev import postgres, valkey
from vitalapp.dev.programs import free_port, server_user, start

POSTGRES_DSN = "VITALAPP_TEST_POSTGRES_DSN"
REDIS_URL = "VITALAPP_TEST_REDIS_URL"
RUN_ID = "VITALAPP_TEST_RUN_ID"

_cleanup = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """With xdist the controller starts the cluster, so that its workers find it in their environment."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        start_postgres()


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _cleanup.close()


def start_postgres() -> str:
    """The superuser's address of the run's cluster, its template databases built; started if nobody has yet."""
    if RUN_ID in os.environ:
        return os.environ[POSTGRES_DSN]
    os.environ[RUN_ID] = secrets.token_hex(4)
    _cleanup.callback(os.environ.pop, RUN_ID)
    if POSTGRES_DSN not in os.environ:
        os.environ[POSTGRES_DSN] = _start_embedded()
        _cleanup.callback(os.environ.pop, POSTGRES_DSN)
    else:
        _cleanup.callback(_drop_databases, os.environ[POSTGRES_DSN], os.environ[RUN_ID])
    asyncio.run(build_templates(os.environ[POSTGRES_DSN], os.environ[RUN_ID]))
    return os.environ[POSTGRES_DSN]


def _drop_databases(dsn: str, run_id: str) -> None:
    asyncio.run(drop_databases(dsn, run_id))


def _start_embedded() -> str:
    user = server_user()
    major = os.environ.get("VITALAPP_TEST_POSTGRES_MAJOR")
    binaries = postgres.runnable(postgres.find_binaries(major=int(major) if major else None), user)
    folder = _temporary_folder("postgres", mode=0o711)
    password = secrets.token_hex(16)
    cluster = postgres.Cluster(
        binaries=binaries, data_dir=folder / "data", port=free_port(), user=user, password=password, is_durable=False
    )
    postgres.make_cluster(binaries, cluster.data_dir, password=password, user=user, host_auth="trust")
    _stop_at_end(start(cluster.program(folder / "postgres.log")))
    asyncio.run(postgres.wait_until_ready(cluster.dsn()))
    return cluster.dsn()


def _temporary_folder(name: str, *, mode: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"vitalapp-test-{name}-"))
    folder.chmod(mode)
    _cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _stop_at_end(process: subprocess.Popen[bytes]) -> None:
    def stop() -> None:
        process.kill()
        process.wait()

    _cleanup.callback(stop)


@pytest.fixture(scope="session")
def postgres_dsn() -> str:
    """The superuser's address of the run's PostgreSQL cluster."""
    return start_postgres()


@pytest.fixture(scope="session")
def embedded_valkey(worker_id: str) -> Iterator[valkey.Valkey]:
    """This process's own Valkey, with the application's and push's users."""
    folder = _temporary_folder(f"valkey-{worker_id}", mode=0o700)
    server = valkey.Valkey(
        server=valkey.find_server(), folder=folder, port=free_port(), app_password="app", push_password="push"
    )
    process = start(server.program(folder / "valkey.log"))
    asyncio.run(valkey.wait_until_ready(server.url))
    yield server
    process.kill()
    process.wait()


@pytest.fixture(scope="session")
def session_redis_url(request: pytest.FixtureRequest, worker_id: str) -> str:
    """The Redis of this process: database 1 and up of the server in the environment, else an embedded one."""
    if REDIS_URL in os.environ:
        number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
        return f"{os.environ[REDIS_URL].rstrip('/')}/{number}"
    return request.getfixturevalue("embedded_valkey").url
