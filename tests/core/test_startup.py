"""What a process holds at start."""

import asyncpg
import msgspec
import pytest

from tests.support.databases import Stores
from vitalapp.core.resources import Resources
from vitalapp.core.settings import STORES, Settings, SettingsError
from vitalapp.core.startup import open_resources
from vitalapp.core.stores import refuse_wide_credentials


async def test_a_worker_reaches_every_store_and_redis(resources: Resources) -> None:
    for store in STORES:
        assert await resources.pools[store].fetchval("SELECT current_user") == f"vitalapp_{store}_app"
    assert await resources.redis.ping()


async def test_a_process_refuses_a_credential_that_opens_two_stores(stores: Stores, session_settings: Settings) -> None:
    wide = msgspec.structs.replace(session_settings, vault_dsn=stores.vault.superuser)
    with pytest.raises(SettingsError, match="user of the vault store can open the identity store"):
        await refuse_wide_credentials(wide)


async def test_the_employers_process_refuses_to_be_told_of_people(session_settings: Settings) -> None:
    with pytest.raises(SettingsError, match="VITALAPP_LEDGER_DSN alone"):
        async with open_resources(session_settings, audience="employer"):
            pass


async def test_only_the_application_and_retention_roles_are_kept_from_altering_tables(stores: Stores) -> None:
    for role in (stores.vault.app, stores.vault.retention):
        connection = await asyncpg.connect(role)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("ALTER TABLE persons ADD COLUMN surprise text")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("CREATE TABLE surprise (id integer)")
        finally:
            await connection.close()
