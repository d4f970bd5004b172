"""Brings a store to head: plain SQL files, forward only, each applied once and whole, two runs at once safe."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

import asyncpg
import msgspec

from vitalapp.core.failures import Failure
from vitalapp.core.settings import Store

JOBS_SCHEMA_SHA256 = "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"

_PACKAGED = Path(__file__).parents[1] / "migrations"
MIGRATIONS_DIR = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[3] / "migrations"


class MigrationError(Failure):
    """A store cannot be brought to head."""


class Migration(msgspec.Struct, frozen=True):
    """One file; its hash is recorded once it is applied, so that a later edit is seen."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """The file's hash."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def list_migrations(store: Store) -> list[Migration]:
    """The job queue's tables as its library ships them (no others, or MigrationError), then the store's files by number."""
    jobs = Migration("0000_procrastinate", (resources.files("procrastinate.sql") / "schema.sql").read_text("utf-8"))
    if jobs.sha256 != JOBS_SCHEMA_SHA256:
        raise MigrationError("Another procrastinate is installed than this version was made with: install the locked one.")
    files = sorted((MIGRATIONS_DIR / store).glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [jobs, *(Migration(file.stem, file.read_text("utf-8")) for file in files)]


CREATE_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)
"""
HAS_HISTORY = "SELECT to_regclass('public.schema_migrations') IS NOT NULL"
LIST_APPLIED = "SELECT name, sha256 FROM schema_migrations"
INSERT_APPLIED = "INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)"
TRY_LOCK = "SELECT pg_try_advisory_lock(1986622561)"


async def list_pending(dsn: str, migrations: list[Migration]) -> list[str]:
    """The names of what is still to be applied; MigrationError where an applied file was edited or is not known."""
    async with _connected(dsn) as connection:
        return [migration.name for migration in await _pending(connection, migrations)]


async def migrate(dsn: str, migrations: list[Migration]) -> list[str]:
    """Bring a store to head, one transaction per file, as the role that owns its tables; the names of what was applied.

    Raises: MigrationError; the file that failed has left nothing behind, those before it stand.
    Locks: a session advisory lock, polled for: a blocking one deadlocks with CREATE INDEX CONCURRENTLY.
    """
    async with _connected(dsn) as connection:
        await _lock(connection)
        await connection.execute(CREATE_HISTORY)
        pending = await _pending(connection, migrations)
        for migration in pending:
            try:
                async with connection.transaction():
                    await connection.execute(LOCK_TIMEOUT)
                    await connection.execute(migration.sql)
                    await connection.execute(INSERT_APPLIED, migration.name, migration.sha256)
            except asyncpg.PostgresError as error:
                raise MigrationError(f"Migration {migration.name} failed and was rolled back: {error}.") from error
        return [migration.name for migration in pending]


async def _pending(connection: asyncpg.Connection, migrations: list[Migration]) -> list[Migration]:
    has_history = await connection.fetchval(HAS_HISTORY)
    rows = await connection.fetch(LIST_APPLIED) if has_history else []
    applied: dict[str, str] = {row["name"]: row["sha256"] for row in rows}
    for migration in migrations:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationError(
                f"Migration {migration.name} was edited after it was applied: restore it and add a new one."
            )
    unknown = sorted(applied.keys() - {migration.name for migration in migrations})
    if unknown:
        raise MigrationError(f"The store is newer than this version: it has migration {unknown[-1]}, so upgrade first.")
    return [migration for migration in migrations if migration.name not in applied]


async def _lock(connection: asyncpg.Connection) -> None:
    """Wait for the store's migration lock, which the end of the connection gives back."""
    try:
        async with asyncio.timeout(120):
            while not await connection.fetchval(TRY_LOCK):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise MigrationError("Another migration of this store has been running for two minutes: wait for it.") from None


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise MigrationError(f"A store does not let us in ({type(error).__name__}): check its DSN.") from None
    try:
        yield connection
    finally:
        await connection.close()
