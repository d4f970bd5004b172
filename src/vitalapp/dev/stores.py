"""The local run's stores: embedded, or on the servers that the environment names; migrated in either case."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import asyncpg
import msgspec

from vitalapp.core.migrations import list_migrations, migrate
from vitalapp.core.settings import STORES, Store
from vitalapp.dev import postgres, valkey
from vitalapp.dev.bootstrap import PARTS, Part, ensure_database, ensure_roles, make_room
from vitalapp.dev.folder import Folder, Secrets
from vitalapp.dev.programs import LocalRunError, free_port, is_reachable, server_user
from vitalapp.dev.supervisor import Supervisor

POSTGRES_VARIABLE = "VITALAPP_POSTGRES_DSN"
REDIS_VARIABLE = "VITALAPP_REDIS_URL"
_OWNER = "run.path"
PUSH_REDIS_VARIABLE = "PUSH_REDIS_URL"


class StoreDsns(msgspec.Struct, frozen=True):
    """One store's addresses: for each of its roles, and for the superuser."""

    roles: dict[Part, str]
    superuser: str


async def open_stores(
    folder: Folder, secrets: Secrets, supervisor: Supervisor, *, is_new: bool, may_drop: bool
) -> dict[Store, StoreDsns]:
    """The three stores at head, on the cluster that the environment names or on an embedded one.

    Shape: a new run wants empty stores, and drops those of another run only where it `may_drop` them.

    Raises: LocalRunError, MigrationError.
    """
    superuser = os.environ.get(POSTGRES_VARIABLE) or await _start_cluster(folder, secrets, supervisor)
    await _bootstrap(superuser, secrets, is_new=is_new, may_drop=may_drop)
    dsns: dict[Store, StoreDsns] = {store: _dsns(superuser, secrets, store) for store in STORES}
    await asyncio.gather(*(migrate(dsns[store].roles["migration"], list_migrations(store)) for store in STORES))
    return dsns


async def open_redis(folder: Folder, secrets: Secrets, supervisor: Supervisor) -> Mapping[str, str]:
    """The variables that name Redis: the environment's, or those of an embedded Valkey."""
    given = os.environ.get(REDIS_VARIABLE)
    if given:
        return {REDIS_VARIABLE: given, PUSH_REDIS_VARIABLE: os.environ.get(PUSH_REDIS_VARIABLE, given)}
    home = folder.root / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    server = valkey.Valkey(
        server=valkey.find_server(),
        folder=home,
        port=free_port(),
        app_password=secrets.redis_app,
        push_password=secrets.redis_push,
    )
    await supervisor.start(server.program(folder.log_file("valkey")))
    try:
        await valkey.wait_until_ready(server.url)
    except TimeoutError:
        raise LocalRunError(f"Valkey did not start: see {folder.log_file('valkey')}.") from None
    return {REDIS_VARIABLE: server.url, PUSH_REDIS_VARIABLE: server.push_url}


async def _start_cluster(folder: Folder, secrets: Secrets, supervisor: Supervisor) -> str:
    user = server_user()
    data_dir = _data_dir(folder, user)
    binaries = postgres.runnable(postgres.find_binaries(major=postgres.data_major(data_dir)), user)
    if postgres.data_major(data_dir) is None:
        shutil.rmtree(data_dir, ignore_errors=True)
        postgres.make_cluster(binaries, data_dir, password=secrets.superuser, user=user)
    cluster = postgres.Cluster(binaries=binaries, data_dir=data_dir, port=free_port(), user=user, password=secrets.superuser)
    postgres.forget_dead_server(data_dir)
    await supervisor.start(cluster.program(folder.log_file("postgres")))
    try:
        await postgres.wait_until_ready(cluster.dsn())
    except TimeoutError:
        raise LocalRunError(_why_not_started(folder.log_file("postgres"))) from None
    return cluster.dsn()


def _data_dir(folder: Folder, user: str | None) -> Path:
    """Where the cluster is: in the run's folder, or where the database's user gets at it, which the folder then records."""
    if folder.postgres_record.exists():
        return Path(folder.postgres_record.read_text())
    if is_reachable(folder.root, user, to_read=False):
        return folder.root / "postgres"
    elsewhere = postgres.SHARED_DIR / hashlib.sha256(str(folder.root).encode()).hexdigest()[:16] / "postgres"
    _forget_deleted_runs()
    elsewhere.parent.mkdir(parents=True, exist_ok=True)
    for parent in (postgres.SHARED_DIR, elsewhere.parent):
        parent.chmod(0o755)
    shutil.rmtree(elsewhere, ignore_errors=True)
    (elsewhere.parent / _OWNER).write_text(str(folder.root))
    folder.postgres_record.write_text(str(elsewhere))
    return elsewhere


def _forget_deleted_runs() -> None:
    """Delete the clusters of runs whose own folder somebody has deleted."""
    for owner in postgres.SHARED_DIR.glob(f"*/{_OWNER}"):
        if not Path(owner.read_text()).exists():
            shutil.rmtree(owner.parent, ignore_errors=True)


async def _bootstrap(superuser_dsn: str, secrets: Secrets, *, is_new: bool, may_drop: bool) -> None:
    try:
        superuser = await asyncpg.connect(superuser_dsn, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise LocalRunError(f"{POSTGRES_VARIABLE} does not let us in ({type(error).__name__}): check it.") from None
    try:
        for store in STORES:
            if is_new and not await make_room(superuser, f"vitalapp_{store}", may_drop=may_drop):
                raise LocalRunError(
                    f"The server of {POSTGRES_VARIABLE} has a database vitalapp_{store} already:"
                    " use --fresh to delete it, or name another server."
                )
            await ensure_roles(superuser, secrets.store_roles(store))
            await ensure_database(superuser, secrets.store_roles(store), f"vitalapp_{store}")
    finally:
        await superuser.close()


def _dsns(superuser_dsn: str, secrets: Secrets, store: Store) -> StoreDsns:
    roles = secrets.store_roles(store)
    database = f"vitalapp_{store}"
    return StoreDsns(
        roles={
            part: postgres.redirect(superuser_dsn, database, role=roles.name(part), password=roles.passwords[part])
            for part in PARTS
        },
        superuser=postgres.redirect(superuser_dsn, database),
    )


def _why_not_started(log_file: Path) -> str:
    tail = ""
    with suppress(OSError):
        tail = log_file.read_text(errors="replace")[-4000:]
    if "No space left on device" in tail:
        return "The disk is full: free 300 MB, or choose another place with --data-dir."
    return f"PostgreSQL did not start: see {log_file}."
