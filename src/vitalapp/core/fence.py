"""The fence: revoked means revoked, on every replica, from the next request.

`vault.persons(person_id, epoch)` and `identity.accounts(account_id, epoch)` carry the person's epoch. Every statement of a request
starts from the row whose epoch is the session's; what ends a session raises the epoch before it answers. A request in flight, a
queued job, a late sync and a stale copy in Redis then find no fence row and read or write nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.access_log import AccessLine, insert_access_line
from vitalapp.core.outbox import delete_outbox, put_outbox
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Connection, Pool

FENCE_KIND = "fence"


class StaleFence(Exception):
    """The session's epoch is no longer the person's: read the session anew, once, else 401."""


async def fetch_fenced(connection: Connection | Pool, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Run a statement that starts from the fence and LEFT JOINs what it reads, so that it yields a row while the fence stands.

    Raises: StaleFence where it yields none.
    """
    rows = await connection.fetch(sql, *arguments)
    if not rows:
        raise StaleFence
    return rows


async def fetchrow_fenced(connection: Connection | Pool, sql: str, *arguments: Any) -> asyncpg.Record:
    """As `fetch_fenced`, for the first row."""
    row = await connection.fetchrow(sql, *arguments)
    if row is None:
        raise StaleFence
    return row


CHECK_FENCE = """
    SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
"""


async def check_fence(vault: Connection | Pool, *, person_id: UUID, epoch: int) -> None:
    """For what is read from elsewhere than the vault and yet only for who may use it.

    Raises: StaleFence.
    """
    await fetchrow_fenced(vault, CHECK_FENCE, person_id, epoch)


RAISE_ACCOUNT_EPOCH = """
    UPDATE accounts SET epoch = epoch + 1
    WHERE account_id = $1 AND ($2::bigint IS NULL OR epoch = $2) AND NOT is_erasing
    RETURNING person_id, epoch, is_restricted
"""
GET_RESTRICTION = """
    SELECT is_restricted FROM accounts WHERE account_id = $1
"""


@asynccontextmanager
async def raised_fence(
    resources: Resources,
    account_id: UUID,
    *,
    epoch: int | None = None,
    is_opening: bool = False,
    line: AccessLine | None = None,
) -> AsyncIterator[Connection]:
    """An identity transaction that ends every session copy of the person: both stores' epochs are raised before it returns.

    Identity commits first, then the vault; a crash in between is finished by the outbox. A vault that is away fails the
    whole before anything is written.
    Shape: `epoch` is the one that the caller decided by, None for whichever; `is_opening` lets the person into the vault, at
    consent; `line` is written to the access log beside the raise.
    Locks: the account row, then the person's fence row; connections are taken in that order everywhere.
    Raises: StaleFence where the account is gone or its epoch is another.
    """
    async with resources.identity.acquire() as identity, resources.vault.acquire() as vault:
        vault_transaction = vault.transaction()
        await vault_transaction.start()
        try:
            async with identity.transaction():
                row = await identity.fetchrow(RAISE_ACCOUNT_EPOCH, account_id, epoch)
                if row is None:
                    raise StaleFence
                yield identity
                fence = RaisedFence(
                    person_id=row["person_id"],
                    epoch=row["epoch"],
                    is_restricted=await identity.fetchval(GET_RESTRICTION, account_id),
                    is_opening=is_opening,
                )
                outbox_id = await put_outbox(
                    identity,
                    seal_key=resources.keys.system("outbox"),
                    kind=FENCE_KIND,
                    payload=fence,
                    now=resources.clock(),
                    subject_index=resources.keys.blind_index("subject", fence.person_id.bytes),
                )
                await apply_fence(vault, fence)
                if line is not None:
                    await insert_access_line(vault, line)
        except BaseException:
            await vault_transaction.rollback()
            raise
        await vault_transaction.commit()
        await delete_outbox(identity, outbox_id=outbox_id)


class RaisedFence(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault must know of a raise."""

    person_id: UUID
    epoch: int
    is_restricted: bool
    is_opening: bool = False


APPLY_FENCE = """
    UPDATE persons SET epoch = $2, is_restricted = $3 WHERE person_id = $1 AND epoch < $2
"""
OPEN_FENCE = """
    INSERT INTO persons (person_id, epoch, is_restricted) VALUES ($1, $2, $3)
    ON CONFLICT (person_id) DO UPDATE SET epoch = EXCLUDED.epoch, is_restricted = EXCLUDED.is_restricted
    WHERE persons.epoch < EXCLUDED.epoch
"""


async def apply_fence(vault: Connection | Pool, fence: RaisedFence) -> None:
    """Carry a raise into the vault; an older or equal epoch changes nothing.

    Only a step that holds the account's row or the raise's outbox row may call it: an erasure waits for both, so that
    nobody is let in again after it.
    """
    await vault.execute(OPEN_FENCE if fence.is_opening else APPLY_FENCE, fence.person_id, fence.epoch, fence.is_restricted)
