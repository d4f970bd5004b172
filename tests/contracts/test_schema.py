"""`schema.sql` beside the migrations is what they make, on every PostgreSQL version that we support."""

import os

import asyncpg
import pytest

from tests.support.databases import Stores
from tests.support.schema_dump import dump_schema
from vitalapp.core.migrations import MIGRATIONS_DIR
from vitalapp.core.settings import STORES, Store


@pytest.mark.parametrize("store", STORES)
async def test_schema_sql_equals_head(store: Store, stores: Stores) -> None:
    connection = await asyncpg.connect(stores.of(store).superuser)
    try:
        head = await dump_schema(connection)
    finally:
        await connection.close()
    file = MIGRATIONS_DIR / store / "schema.sql"
    if os.environ.get("VITALAPP_UPDATE_SCHEMA"):
        file.write_text(head)
    assert file.read_text() == head, "run `make schema` and look at the difference"
