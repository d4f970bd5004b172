"""Migrations: each applied once and whole, edits refused, two runs at once safe."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.databases import dsn_to, roles_of
from vitalapp.core.migrations import Migration, MigrationError, list_migrations, list_pending, migrate
from vitalapp.core.settings import STORES, Store
from vitalapp.dev.bootstrap import ensure_database


@pytest.fixture
async def empty_database(postgres_dsn: str) -> AsyncIterator[str]:
    """An identity database before its first migration, the migration role's address."""
    name = f"vitalapp_test_{os.environ['VITALAPP_TEST_RUN_ID']}_empty_{secrets.token_hex(4)}"
    superuser = await asyncpg.connect(postgres_dsn)
    await ensure_database(superuser, roles_of("identity"), name)
    yield dsn_to(postgres_dsn, name, role="vitalapp_identity_migration")
    await superuser.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await superuser.close()


async def test_four_runs_at_once_apply_each_migration_once(empty_database: str) -> None:
    migrations = list_migrations("identity")
    applied = await asyncio.gather(*(migrate(empty_database, migrations) for _ in range(4)))
    assert sorted(name for names in applied for name in names) == sorted(migration.name for migration in migrations)


async def test_a_second_run_applies_nothing(empty_database: str) -> None:
    migrations = list_migrations("identity")
    await migrate(empty_database, migrations)
    assert await migrate(empty_database, migrations) == []


async def test_an_edited_migration_is_refused(empty_database: str) -> None:
    await migrate(empty_database, [Migration("0001_a", "CREATE TABLE a (id int);")])
    with pytest.raises(MigrationError, match="0001_a was edited after it was applied"):
        await migrate(empty_database, [Migration("0001_a", "CREATE TABLE a (id bigint);")])


async def test_a_failing_migration_leaves_nothing_and_the_ones_before_it_stand(empty_database: str) -> None:
    good = Migration("0001_a", "CREATE TABLE a (id int);")
    bad = Migration("0002_b", "CREATE TABLE b (id int); SELECT 1 / 0;")
    with pytest.raises(MigrationError, match="0002_b failed and was rolled back"):
        await migrate(empty_database, [good, bad])
    connection = await asyncpg.connect(empty_database)
    try:
        assert await connection.fetchval("SELECT to_regclass('b') IS NULL AND to_regclass('a') IS NOT NULL")
    finally:
        await connection.close()
    assert await list_pending(empty_database, [good, bad]) == ["0002_b"]


async def test_a_store_newer_than_this_version_is_refused(empty_database: str) -> None:
    await migrate(empty_database, [Migration("0001_a", "SELECT 1;"), Migration("0002_b", "SELECT 1;")])
    with pytest.raises(MigrationError, match="newer than this version"):
        await migrate(empty_database, [Migration("0001_a", "SELECT 1;")])


@pytest.mark.parametrize("store", STORES)
def test_each_number_is_used_once(store: Store) -> None:
    numbers = [migration.name[:4] for migration in list_migrations(store)[1:]]
    assert len(numbers) == len(set(numbers))
