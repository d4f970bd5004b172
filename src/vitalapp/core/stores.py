"""Connections to the three stores: pools, transactions, and the two checks that a process makes of them.

A process refuses to start where one credential reaches two stores; a store that is older than the anchor (restored from a
backup) serves nothing until its erasures have been replayed.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit

import asyncpg

from vitalapp.core.anchor import Anchor, AnchorUnavailable
from vitalapp.core.settings import Settings, SettingsError, Store

Pool = asyncpg.Pool
Connection = asyncpg.Connection

_CONNECT_SECONDS = 3
_STATEMENT_SECONDS = 10


class StoreOutdated(Exception):
    """A store stands before an erasure that the anchor knows: it was restored and not replayed."""


SELECT_APPLIED_THROUGH = """
    SELECT erasure_applied_through FROM store_state
"""


async def check_erasures_applied(connection: Connection, store: Store, anchor: Anchor) -> None:
    """Refuse a restored store before its erasures are replayed.

    Raises: StoreOutdated. An anchor that is away cannot be compared with and refuses nothing.
    Rule: pitfall 11.
    """
    try:
        known = anchor.started_through() if store == "identity" else anchor.completed_through()
    except AnchorUnavailable:
        return
    if await connection.fetchval(SELECT_APPLIED_THROUGH) < known:
        raise StoreOutdated(f"The {store} store was restored from a backup; run `vitalapp erasures replay`.")


async def open_pool(settings: Settings, store: Store, *, anchor: Anchor | None, role_suffix: str = "") -> Pool:
    """A pool on one store, which need not be up yet; each new connection passes `check_erasures_applied`."""
    dsn = settings.dsn(store)
    if dsn is None:
        raise SettingsError(f"VITALAPP_{store.upper()}_DSN is missing; this process needs the {store} store.")

    async def admit(connection: Connection) -> None:
        if anchor is not None and store != "ledger":
            await check_erasures_applied(connection, store, anchor)

    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=settings.pool_size,
        init=admit,
        reset=_keep_session,
        timeout=_CONNECT_SECONDS,
        command_timeout=_STATEMENT_SECONDS,
        server_settings={"application_name": f"vitalapp{role_suffix}", "jit": "off"},
    )


async def _keep_session(_connection: Connection) -> None:
    """No statement here leaves session state behind, so the pool's reset round trip is saved."""


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction on one store: committed at the end, rolled back on any exception."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


def refuse_shared_credentials(settings: Settings) -> None:
    """Refuse two stores behind one user name.

    Raises: SettingsError.
    Rule: S0-18, pitfall 22.
    """
    users: dict[str, Store] = {}
    for store in ("identity", "vault", "ledger"):
        dsn = settings.dsn(store)
        if dsn is None:
            continue
        user = unquote(urlsplit(dsn).username or "")
        if user in users:
            raise SettingsError(f"One database user reaches both {users[user]} and {store}; give each store its own.")
        users[user] = store


SELECT_REACHABLE_STORES = """
    SELECT d.datname FROM pg_database d
    WHERE d.datname <> current_database() AND d.datallowconn AND NOT d.datistemplate AND d.datname <> 'postgres'
      AND has_database_privilege(current_user, d.oid, 'CONNECT')
"""


async def refuse_wide_credentials(pools: dict[Store, Pool], names: Callable[[], Awaitable[set[str]]]) -> None:
    """Refuse to start where a store's role may connect to another store's database.

    Raises: SettingsError.
    Rule: S0-18, pitfall 22.
    """
    stores = await names()
    for store, pool in pools.items():
        rows = await pool.fetch(SELECT_REACHABLE_STORES)
        reached = {row["datname"] for row in rows} & stores
        if reached:
            raise SettingsError(f"The {store} role may connect to {', '.join(sorted(reached))}; revoke CONNECT from it.")
