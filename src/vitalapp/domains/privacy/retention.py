"""Every retention rule of the data map, carried out: what is past its term goes, in batches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import asyncpg

from vitalapp.core.data_map import Table
from vitalapp.core.failures import Failure
from vitalapp.core.resources import Resources
from vitalapp.core.settings import STORES, Store
from vitalapp.core.stores import Connection

_BATCH: Final = 2_000


async def expire(resources: Resources, *, as_of: datetime, is_dry_run: bool = False) -> dict[str, int]:
    """Delete the rows that are past their term at an instant: how many, by `store.table`; a dry run counts them only.

    A store whose retention role this process does not know is left out.
    Raises: Failure where no store's retention role is known.
    Rule: GDPR 5(1)(e); S1-10, S3-11, S4-11.
    """
    stores: list[Store] = [store for store in STORES if resources.settings.retention_dsn(store) is not None]
    if not stores:
        raise Failure("No retention role is known; set VITALAPP_IDENTITY_RETENTION_DSN and those of the other stores.")
    gone: dict[str, int] = {}
    for store in stores:
        async with _open(resources, store) as connection:
            for table in resources.personal_data.tables:
                if table.store == store and (table.retention or table.kept):
                    gone[f"{store}.{table.name}"] = await _expire(connection, table, as_of=as_of, is_dry_run=is_dry_run)
    return gone


@asynccontextmanager
async def _open(resources: Resources, store: Store) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(
        resources.settings.retention_dsn(store), server_settings={"application_name": "vitalapp retention"}
    )
    try:
        yield connection
    finally:
        await connection.close()


async def _expire(connection: Connection, table: Table, *, as_of: datetime, is_dry_run: bool) -> int:
    gone = 0
    if table.retention:
        if is_dry_run:
            gone += await connection.fetchval(table.count_expired_sql, as_of)
        else:
            while batch := _count(await connection.execute(table.expire_sql, as_of, _BATCH)):
                gone += batch
    if table.kept:
        if is_dry_run:
            gone += await connection.fetchval(table.count_kept_ended_sql, as_of)
        else:
            gone += _count(await connection.execute(table.end_kept_sql, as_of))
    return gone


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
