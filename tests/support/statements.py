"""Asks PostgreSQL whether a role may run a statement, without running it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.support.databases import Stores
from vitalapp.core.settings import STORES, Store

RUNTIME_PARTS = ("app", "retention")
Roles = dict[tuple[Store, str], asyncpg.Connection]


@asynccontextmanager
async def open_roles(stores: Stores) -> AsyncIterator[Roles]:
    """A connection of every role that a process or command runs statements under."""
    roles: Roles = {}
    try:
        for store in STORES:
            for part in RUNTIME_PARTS:
                roles[store, part] = await asyncpg.connect(getattr(stores.of(store), part))
        yield roles
    finally:
        for connection in roles.values():
            connection.terminate()


async def complaint(role: asyncpg.Connection, statement: str) -> str | None:
    """Why a role cannot run a statement: unknown names, wrong types, missing grants; None where it can.

    EXPLAIN checks the grants, which PREPARE alone does not.
    """
    try:
        prepared = await role.prepare(statement)
        nulls = ", ".join(["NULL"] * len(prepared.get_parameters()))
        await role.execute(f"PREPARE explained AS {statement}")
        try:
            await role.execute(f"EXPLAIN EXECUTE explained{f'({nulls})' if nulls else ''}")
        finally:
            await role.execute("DEALLOCATE explained")
    except asyncpg.PostgresError as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None
