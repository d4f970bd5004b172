"""Connections to the three stores: pools, transactions, and the two checks that a process makes of them.

A process refuses to start where one credential reaches two stores; a store that is older than the anchor (restored from a
backup) serves nothing until its erasures have been replayed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import permutations
from urllib.parse import unquote, urlsplit

import asyncpg

from vitalapp.core.anchor import Anchor, AnchorUnavailable
from vitalapp.core.settings import STORES, Settings, SettingsError, Store

Pool = asyncpg.Pool
Connection = asyncpg.Connection

_CONNECT_SECONDS = 3
_STATEMENT_SECONDS = 10
_WATCH_SECONDS = 1


class StoreOutdated(Exception):
    """A store stands before an erasure that the anchor knows: it was restored and not replayed."""


SELECT_APPLIED_THROUGH = """
    SELECT erasure_applied_through FROM store_state
"""


class RestoreGate:
    """Keeps a process from its stores while one of them stands before an erasure that the anchor knows.

    Each new connection passes `admit`; `watch` finds a restore under connections that stay open.
    Shape: `shut` holds the stores that are behind; the gates of one process share it.
    Rule: pitfall 11.
    """

    def __init__(self, store: Store, anchor: Anchor, shut: set[Store]) -> None:
        self._store: Store = store
        self._anchor = anchor
        self._shut = shut

    async def admit(self, connection: Connection) -> None:
        """Compare the store with the anchor; an anchor that is away cannot be compared with and refuses nothing.

        Raises: StoreOutdated.
        """
        # The anchor is read first: it is written after identity when an erasure starts, and after the vault when it is complete.
        try:
            known = self._anchor.started_through() if self._store == "identity" else self._anchor.completed_through()
        except AnchorUnavailable:
            return
        try:
            applied = await connection.fetchval(SELECT_APPLIED_THROUGH)
        except asyncpg.UndefinedTableError:  # a restore is under way
            applied = None
        if applied is None or applied < known:
            self._shut.add(self._store)
        else:
            self._shut.discard(self._store)
        await self.pass_through(connection)

    async def pass_through(self, _connection: Connection) -> None:
        """Let a connection that is open already be used, while every gate of the process is open.

        Raises: StoreOutdated.
        """
        if self._shut:
            raise StoreOutdated(f"Restored from a backup: {', '.join(sorted(self._shut))}; run `vitalapp erasures replay`.")

    async def watch(self, dsn: str) -> None:
        """Compare every second until cancelled, by a connection of its own."""
        while True:
            try:
                connection = await asyncpg.connect(dsn, timeout=_CONNECT_SECONDS, command_timeout=_STATEMENT_SECONDS)
                try:
                    while True:
                        with suppress(StoreOutdated):
                            await self.admit(connection)
                        await asyncio.sleep(_WATCH_SECONDS)
                finally:
                    connection.terminate()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(_WATCH_SECONDS)


async def open_pool(settings: Settings, store: Store, *, gate: RestoreGate | None = None) -> Pool:
    """A pool on one store, which need not be up yet; connections pass the gate, where there is one."""
    dsn = settings.dsn(store)
    if dsn is None:
        raise SettingsError(f"VITALAPP_{store.upper()}_DSN is missing; this process needs the {store} store.")
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=settings.pool_size,
        init=gate and gate.admit,
        setup=gate and gate.pass_through,
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
