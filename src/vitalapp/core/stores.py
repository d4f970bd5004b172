"""Connections to the three stores: pools, transactions, and the two checks that a process makes of them.

A process refuses to start where one credential reaches two stores; a store that is older than the anchor (restored from a
backup) serves nothing until its erasures have been replayed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import permutations
from urllib.parse import unquote, urlsplit

import asyncpg

from vitalapp.core.anchor import Anchor, AnchorUnavailable
from vitalapp.core.settings import STORES, Settings, SettingsError, Store

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


async def open_pool(settings: Settings, store: Store, *, anchor: Anchor | None) -> Pool:
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
        server_settings={"application_name": "vitalapp", "jit": "off"},
    )


async def _keep_session(_connection: Connection) -> None:
    """No statement here leaves session state behind, so the pool's reset round trip is saved."""


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction on one store: committed at the end, rolled back on any exception."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


async def refuse_wide_credentials(settings: Settings) -> None:
    """Refuse to start where one store's user can open another store.

    Raises: SettingsError. A store that is down is not reached, and is no reason to refuse.
    Rule: S0-18, pitfall 22.
    """
    dsns = {store: dsn for store in STORES if (dsn := settings.dsn(store)) is not None}
    for (store, dsn), (other, other_dsn) in permutations(dsns.items(), 2):
        own = urlsplit(dsn)
        try:
            connection = await asyncpg.connect(
                other_dsn, user=unquote(own.username or ""), password=unquote(own.password or ""), timeout=_CONNECT_SECONDS
            )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            continue
        await connection.close()
        raise SettingsError(f"The user of the {store} store can open the {other} store too; revoke CONNECT from it.")
