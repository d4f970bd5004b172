"""Statements of an erasure on the identity store, each above the function that runs it. They take many people at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.anchor import ErasureEntry
from vitalapp.core.stores import Connection, Pool


class LeavingAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of an account to erase it."""

    account_id: UUID
    person_id: UUID
    log_subject_id: UUID
    consent_subject_id: UUID
    email_index: bytes
    email_sealed: bytes
    wrapped_data_key: bytes
    locale: str


LOCK_ACCOUNT = """
    SELECT account_id, person_id, log_subject_id, consent_subject_id, email_index, email_sealed, wrapped_data_key, locale
    FROM accounts
    WHERE account_id = $1 AND ($2::bigint IS NULL OR epoch = $2) AND NOT is_erasing
    FOR UPDATE
"""


async def lock_account(connection: Connection, *, account_id: UUID, epoch: int | None) -> LeavingAccount | None:
    """The account, held; None where its epoch is another or its erasure has begun."""
    row = await connection.fetchrow(LOCK_ACCOUNT, account_id, epoch)
    return None if row is None else msgspec.convert(dict(row), LeavingAccount)


LIST_LEAVING_ACCOUNTS = """
    SELECT account_id, person_id, log_subject_id, consent_subject_id, email_index, email_sealed, wrapped_data_key, locale
    FROM accounts
    WHERE account_id = ANY($1::uuid[])
    ORDER BY account_id
"""


async def list_leaving_accounts(connection: Connection | Pool, *, account_ids: list[UUID]) -> list[LeavingAccount]:
    """Accounts, in the order in which everybody locks them."""
    rows = await connection.fetch(LIST_LEAVING_ACCOUNTS, account_ids)
    return msgspec.convert([dict(row) for row in rows], list[LeavingAccount])


TAKE_SEQUENCES = """
    UPDATE store_state SET erasure_applied_through = erasure_applied_through + $1 RETURNING erasure_applied_through
"""


async def take_sequences(connection: Connection, *, count: int) -> int:
    """Number the next erasures without a gap; the first of the numbers.

    Locks: the one row of store_state, until the end of the transaction.
    """
    return await connection.fetchval(TAKE_SEQUENCES, count) - count + 1


INSERT_LEDGER_ENTRIES = """
    INSERT INTO erasure_ledger (sequence, erasure_id, account_mac, person_mac, subject_mac, ground, at)
    SELECT sequence, erasure_id, account_mac, person_mac, subject_mac, ground, at
    FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[], $7::timestamptz[]) AS entry (
        sequence, erasure_id, account_mac, person_mac, subject_mac, ground, at
    )
    ON CONFLICT (sequence) DO NOTHING
"""


async def insert_ledger_entries(connection: Connection, *, entries: Sequence[ErasureEntry]) -> None:
    """Write the ledger; an entry that a replay brings back is there already or not, both are fine."""
    await connection.execute(
        INSERT_LEDGER_ENTRIES,
        [entry.sequence for entry in entries],
        [UUID(entry.erasure_id) for entry in entries],
        [entry.account_mac for entry in entries],
        [entry.person_mac for entry in entries],
        [entry.subject_mac for entry in entries],
        [entry.ground for entry in entries],
        [datetime.fromisoformat(entry.at) for entry in entries],
    )


INSERT_ERASURES = """
    INSERT INTO erasures (erasure_id, sequence, first_sequence, account_id, secret_hash, decided_at)
    SELECT erasure_id, sequence, $4, account_id, $5, $6
    FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS erasure (erasure_id, sequence, account_id)
"""


async def insert_erasures(
    connection: Connection,
    *,
    entries: Sequence[ErasureEntry],
    account_ids: Sequence[UUID],
    secret_hash: bytes | None,
    now: datetime,
) -> None:
    """Write the work that is to be finished together."""
    await connection.execute(
        INSERT_ERASURES,
        [UUID(entry.erasure_id) for entry in entries],
        [entry.sequence for entry in entries],
        list(account_ids),
        entries[0].sequence,
        secret_hash,
        now,
    )


MARK_ERASING = """
    -- The address is free for a new account from now on.
    UPDATE accounts
    SET is_erasing = true, epoch = epoch + 1, email_index = sha256(uuid_send(gen_random_uuid()))
    WHERE account_id = ANY($1::uuid[])
"""


async def mark_erasing(connection: Connection, *, account_ids: list[UUID]) -> None:
    """End every session of these accounts for good, and let their addresses go."""
    await connection.execute(MARK_ERASING, account_ids)


GET_ERASURE_ID = """
    SELECT erasure_id FROM erasures WHERE first_sequence = $1 AND sequence = $1
"""


async def get_erasure_id(connection: Connection, *, first: int) -> UUID:
    """The erasure that was decided alone, by its number."""
    return await connection.fetchval(GET_ERASURE_ID, first)


class ErasureWork(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure under way and its ledger entry."""

    erasure_id: UUID
    sequence: int
    account_id: UUID | None
    has_secret: bool
    decided_at: datetime
    account_mac: bytes
    person_mac: bytes
    subject_mac: bytes
    ground: str
    at: datetime

    def entry(self) -> ErasureEntry:
        """What the anchor must know."""
        return ErasureEntry(
            sequence=self.sequence,
            erasure_id=str(self.erasure_id),
            account_mac=self.account_mac,
            person_mac=self.person_mac,
            subject_mac=self.subject_mac,
            ground=self.ground,
            at=self.at.isoformat(),
        )


LOCK_ERASURES = """
    -- One process finishes a batch at a time; the next one finds it finished.
    SELECT erasure_id, erasures.sequence, account_id, secret_hash IS NOT NULL AS has_secret, decided_at, account_mac, person_mac,
           subject_mac, ground, at
    FROM erasures
    JOIN erasure_ledger USING (erasure_id)
    WHERE first_sequence = $1 AND completed_at IS NULL
    ORDER BY erasures.sequence
    FOR UPDATE OF erasures
"""


async def lock_erasures(connection: Connection, *, first: int) -> list[ErasureWork]:
    """The erasures that were decided together, held; empty where they are finished."""
    rows = await connection.fetch(LOCK_ERASURES, first)
    return msgspec.convert([dict(row) for row in rows], list[ErasureWork])


FORGET_ACCOUNT = """
    UPDATE erasures SET account_id = NULL, certificate = $2 WHERE erasure_id = $1
"""
FORGET_ACCOUNTS = """
    UPDATE erasures SET account_id = NULL WHERE first_sequence = $1
"""


async def forget_accounts(connection: Connection, *, first: int, certificates: dict[UUID, str]) -> None:
    """Note that the rows are gone: the work no longer says whose they were."""
    await connection.execute(FORGET_ACCOUNTS, first)
    await connection.executemany(FORGET_ACCOUNT, list(certificates.items()))


COMPLETE_ERASURES = """
    UPDATE erasures SET completed_at = $2 WHERE first_sequence = $1 AND secret_hash IS NOT NULL
"""
DROP_ERASURES = """
    DELETE FROM erasures WHERE first_sequence = $1 AND secret_hash IS NULL
"""


async def complete_erasures(connection: Connection, *, first: int, now: datetime) -> None:
    """Note that nothing is left to do; work whose certificate nobody can ask for goes."""
    await connection.execute(COMPLETE_ERASURES, first, now)
    await connection.execute(DROP_ERASURES, first)


LIST_UNFINISHED = """
    SELECT DISTINCT first_sequence FROM erasures WHERE completed_at IS NULL AND decided_at < $1 ORDER BY first_sequence
"""


async def list_unfinished(connection: Connection | Pool, *, decided_before: datetime) -> list[int]:
    """The batches that should have been finished by now."""
    return [row["first_sequence"] for row in await connection.fetch(LIST_UNFINISHED, decided_before)]


LIST_UNFINISHED_SEQUENCES = """
    SELECT sequence FROM erasures WHERE completed_at IS NULL
"""


async def list_unfinished_sequences(connection: Connection) -> set[int]:
    """The erasures that are under way."""
    return {row["sequence"] for row in await connection.fetch(LIST_UNFINISHED_SEQUENCES)}


REACH_SEQUENCE = """
    UPDATE store_state SET erasure_applied_through = greatest(erasure_applied_through, $1)
"""


async def reach_sequence(connection: Connection, *, sequence: int) -> None:
    """Note that every erasure up to this number is known here."""
    await connection.execute(REACH_SEQUENCE, sequence)


FIND_ERASURE = """
    SELECT certificate, completed_at IS NOT NULL AS is_complete FROM erasures WHERE erasure_id = $1 AND secret_hash = $2
"""


async def find_erasure(pool: Pool, *, erasure_id: UUID, secret_hash: bytes) -> asyncpg.Record | None:
    """An erasure, for who holds its secret."""
    return await pool.fetchrow(FIND_ERASURE, erasure_id, secret_hash)
