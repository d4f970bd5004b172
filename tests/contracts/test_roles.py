"""No role reaches two stores, and what a test writes is gone after it."""

import asyncpg
import pytest

from tests.support.databases import Stores, dsn_to, roles_of
from vitalapp.core.settings import STORES, Store
from vitalapp.dev.bootstrap import PARTS, Part


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


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("store", STORES)
async def test_an_attempt_to_open_another_store_fails(store: Store, part: Part, stores: Stores) -> None:
    """Rule: S0-18, pitfall 22."""
    for other in STORES:
        database = stores.of(other).superuser.rpartition("/")[2]
        opening = asyncpg.connect(dsn_to(stores.of(other).superuser, database, role=roles_of(store).name(part)))
        if other == store:
            await (await opening).close()
        else:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await opening


@pytest.mark.parametrize("attempt", [1, 2])
async def test_a_test_finds_the_stores_as_migrations_left_them(attempt: int, stores: Stores) -> None:
    connection = await asyncpg.connect(stores.identity.app)
    try:
        assert await connection.fetchval("SELECT erasure_applied_through FROM store_state") == 0
        await connection.execute("UPDATE store_state SET erasure_applied_through = $1", attempt)
    finally:
        await connection.close()
