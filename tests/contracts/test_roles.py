"""No role reaches two stores, and what a test writes is gone after it."""

import asyncpg
import pytest

from tests.support.databases import Stores, roles_of
from vitalapp.core.settings import STORES, Store
from vitalapp.dev.bootstrap import PARTS


@pytest.mark.parametrize("store", STORES)
async def test_no_role_of_a_store_may_connect_to_another(
    store: Store, stores: Stores, superusers: dict[Store, asyncpg.Connection]
) -> None:
    for part in PARTS:
        for other in STORES:
            database = stores.of(other).superuser.rpartition("/")[2]
            may_connect = await superusers[store].fetchval(
                "SELECT has_database_privilege($1, $2, 'CONNECT')", roles_of(store).name(part), database
            )
            assert may_connect is (other == store)


@pytest.mark.parametrize("attempt", [1, 2])
async def test_a_test_finds_the_stores_as_migrations_left_them(attempt: int, stores: Stores) -> None:
    connection = await asyncpg.connect(stores.identity.app)
    try:
        assert await connection.fetchval("SELECT erasure_applied_through FROM store_state") == 0
        await connection.execute("UPDATE store_state SET erasure_applied_through = $1", attempt)
    finally:
        await connection.close()
