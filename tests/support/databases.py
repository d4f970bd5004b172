"""The three stores as a test sees them: migrated to head, and empty but for what the migrations put there.

Templates are migrated once per run and cloned per process; what a test wrote is deleted after it.
"""

import asyncio
import os
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest
import redis.asyncio

from vitalapp.core.migrations import list_migrations, migrate
from vitalapp.core.settings import STORES, Store
from vitalapp.dev.bootstrap import PARTS, StoreRoles, ensure_database, ensure_roles
from vitalapp.dev.postgres import redirect

ROLE_PASSWORD = "only-in-tests"


class StoreAddresses(msgspec.Struct, frozen=True):
    """One store's address for each of its roles, and for the superuser that looks at rows."""

    app: str
    retention: str
    migration: str
    superuser: str


class Stores(msgspec.Struct, frozen=True):
    """The three stores of this test process."""

    identity: StoreAddresses
    vault: StoreAddresses
    ledger: StoreAddresses

    def of(self, store: Store) -> StoreAddresses:
        """One store's addresses."""
        return {"identity": self.identity, "vault": self.vault, "ledger": self.ledger}[store]


def roles_of(store: Store) -> StoreRoles:
    """A store's roles, as every test database has them."""
    return StoreRoles(store, dict.fromkeys(PARTS, ROLE_PASSWORD))


def dsn_to(dsn: str, database: str, *, role: str | None = None) -> str:
    """The same server's address of another database, for another role."""
    return redirect(dsn, database, role=role, password=ROLE_PASSWORD)


def template_name(run_id: str, store: Store) -> str:
    """The run's migrated database of one store, cloned by each test process."""
    return f"vitalapp_test_{run_id}_{store}"


LIST_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relname AS plain_name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'public'
  AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'schema_migrations'
ORDER BY c.relname
"""
# What each test's end runs: triggers and foreign keys off, so that append-only tables are emptied as well.
CREATE_RESET = """
CREATE SCHEMA pristine;
CREATE FUNCTION pristine.reset() RETURNS void LANGUAGE plpgsql
SET session_replication_role = replica SET lock_timeout = '5s' SET search_path = pg_catalog AS $$
BEGIN
{statements}
END;
$$
"""


async def build_templates(dsn: str, run_id: str) -> None:
    """Make the run's template databases, migrated to head."""
    await asyncio.gather(*(_build_template(dsn, run_id, store) for store in STORES))


async def _build_template(dsn: str, run_id: str, store: Store) -> None:
    database = template_name(run_id, store)
    superuser = await asyncpg.connect(dsn)
    try:
        await ensure_roles(superuser, roles_of(store))
        await ensure_database(superuser, roles_of(store), database)
    finally:
        await superuser.close()
    await migrate(dsn_to(dsn, database, role=roles_of(store).name("migration")), list_migrations(store))
    superuser = await asyncpg.connect(dsn_to(dsn, database))
    try:
        await _make_reset(superuser)
    finally:
        await superuser.close()


async def _make_reset(superuser: asyncpg.Connection) -> None:
    await superuser.execute(CREATE_RESET.format(statements="NULL;"))
    statements: list[str] = []
    for name, plain_name in await superuser.fetch(LIST_TABLES):
        statements.append(f"DELETE FROM {name};")
        if await superuser.fetchval(f"SELECT EXISTS (SELECT FROM {name})"):
            await superuser.execute(f'CREATE TABLE pristine."{plain_name}" AS TABLE {name}')
            statements.append(f'INSERT INTO {name} OVERRIDING SYSTEM VALUE TABLE pristine."{plain_name}";')
    await superuser.execute("DROP SCHEMA pristine CASCADE" if not statements else "DROP FUNCTION pristine.reset")
    create = CREATE_RESET.format(statements="\n".join(statements) or "NULL;")
    await superuser.execute(create.replace("CREATE SCHEMA", "CREATE SCHEMA IF NOT EXISTS"))


async def drop_databases(dsn: str, run_id: str) -> None:
    """Drop the run's databases from a server that was given, not started."""
    superuser = await asyncpg.connect(dsn)
    try:
        for (database,) in await superuser.fetch(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", f"vitalapp_test_{run_id}_"
        ):
            await superuser.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
    finally:
        await superuser.close()


async def clone(dsn: str, run_id: str, store: Store, label: str) -> StoreAddresses:
    """A fresh copy of a store's template."""
    database = f"{template_name(run_id, store)}_{label}"
    superuser = await asyncpg.connect(dsn)
    try:
        await ensure_database(superuser, roles_of(store), database, template=template_name(run_id, store))
    finally:
        await superuser.close()
    as_role = {part: dsn_to(dsn, database, role=roles_of(store).name(part)) for part in PARTS}
    return StoreAddresses(**as_role, superuser=dsn_to(dsn, database))


@pytest.fixture(scope="session")
async def session_stores(postgres_dsn: str, worker_id: str) -> Stores:
    """This process's databases; use `stores`, which cleans up."""
    run_id = os.environ["VITALAPP_TEST_RUN_ID"]
    return Stores(*[await clone(postgres_dsn, run_id, store, worker_id) for store in STORES])


@pytest.fixture(scope="session")
async def superusers(session_stores: Stores) -> AsyncIterator[dict[Store, asyncpg.Connection]]:
    """One open superuser connection per store, for looking at rows whatever the grants say."""
    connections: dict[Store, asyncpg.Connection] = {
        store: await asyncpg.connect(session_stores.of(store).superuser) for store in STORES
    }
    yield connections
    for connection in connections.values():
        await connection.close()


@pytest.fixture
async def stores(session_stores: Stores, superusers: dict[Store, asyncpg.Connection]) -> AsyncIterator[Stores]:
    """The three stores at head and empty; what the test writes is gone after it, what migrations insert is back."""
    yield session_stores
    await asyncio.gather(*(connection.execute("SELECT pristine.reset()") for connection in superusers.values()))


@pytest.fixture
async def redis_url(session_redis_url: str) -> AsyncIterator[str]:
    """An empty Redis, the application's user."""
    yield session_redis_url
    async with redis.asyncio.Redis.from_url(session_redis_url) as client:
        await client.flushdb()
