"""The diary's statements; each starts from the fence and writes its access-log line with what it reads or writes."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import AccessLine
from vitalapp.core.fence import fetch_fenced, fetchrow_fenced
from vitalapp.core.stores import Connection, Pool

INSERT_ENTRY = """
    WITH fence AS (
        UPDATE persons SET change_seq = change_seq + 1 WHERE person_id = $1 AND epoch = $2 RETURNING person_id, change_seq
    ), written AS (
        INSERT INTO diary_entries (person_id, entry_id, change_seq, local_date, written_at, content_sealed, updated_at)
        SELECT person_id, $4, change_seq, $5, $6, $7, $8 FROM fence
        ON CONFLICT (person_id, entry_id) DO NOTHING
        RETURNING version
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM written
    )
    SELECT written.version FROM fence LEFT JOIN written ON true
"""


async def insert_entry(
    vault: Pool,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    entry_id: UUID,
    local_date: date,
    written_at: datetime,
    content_sealed: bytes,
    updated_at: datetime,
) -> int | None:
    """The version of a new entry; None where the person has used the id before.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(
        vault, INSERT_ENTRY, person_id, epoch, line, entry_id, local_date, written_at, content_sealed, updated_at
    )
    return row["version"]


UPDATE_ENTRY = """
    WITH fence AS (
        UPDATE persons SET change_seq = change_seq + 1 WHERE person_id = $1 AND epoch = $2 RETURNING person_id, change_seq
    ), written AS (
        UPDATE diary_entries
        SET change_seq = fence.change_seq, version = version + 1, local_date = $6, written_at = $7, content_sealed = $8,
            updated_at = $9
        FROM fence
        WHERE diary_entries.person_id = $1 AND entry_id = $4 AND version = $5 AND deleted_at IS NULL
        RETURNING version
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM written
    )
    SELECT written.version FROM fence LEFT JOIN written ON true
"""


async def update_entry(
    vault: Connection,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    entry_id: UUID,
    expected_version: int,
    local_date: date,
    written_at: datetime,
    content_sealed: bytes,
    updated_at: datetime,
) -> int | None:
    """The new version of an entry; None where it is not there any more in the expected one.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(
        vault,
        UPDATE_ENTRY,
        person_id,
        epoch,
        line,
        entry_id,
        expected_version,
        local_date,
        written_at,
        content_sealed,
        updated_at,
    )
    return row["version"]


DELETE_ENTRY = """
    WITH fence AS (
        UPDATE persons SET change_seq = change_seq + 1 WHERE person_id = $1 AND epoch = $2 RETURNING person_id, change_seq
    ), deleted AS (
        UPDATE diary_entries
        SET change_seq = fence.change_seq, version = version + 1, local_date = NULL, written_at = NULL, content_sealed = NULL,
            updated_at = $6, deleted_at = $6
        FROM fence
        WHERE diary_entries.person_id = $1 AND entry_id = $4 AND version = $5 AND deleted_at IS NULL
        RETURNING entry_id
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM deleted
    )
    SELECT deleted.entry_id FROM fence LEFT JOIN deleted ON true
"""


async def delete_entry(
    vault: Connection,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    entry_id: UUID,
    expected_version: int,
    deleted_at: datetime,
) -> bool:
    """Whether the entry was there in the expected version, and is a tombstone now.

    Locks: the person's fence row, for the rest of the transaction.
    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, DELETE_ENTRY, person_id, epoch, line, entry_id, expected_version, deleted_at)
    return row["entry_id"] is not None


FIND_ENTRY = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), entry AS (
        SELECT entry_id, version, local_date, written_at, content_sealed, updated_at
        FROM diary_entries
        WHERE person_id = $1 AND entry_id = $4 AND deleted_at IS NULL
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM fence CROSS JOIN entry
    )
    SELECT entry_id, version, local_date, written_at, content_sealed, updated_at FROM fence LEFT JOIN entry ON true
"""


async def find_entry(vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, entry_id: UUID) -> asyncpg.Record | None:
    """One entry; None where there is none, or no more.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, FIND_ENTRY, person_id, epoch, line, entry_id)
    return None if row["entry_id"] is None else row


FIND_ENTRY_STATE = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    )
    SELECT entry.version, entry.local_date, entry.written_at, entry.content_sealed, entry.updated_at, entry.deleted_at
    FROM fence LEFT JOIN diary_entries AS entry ON entry.person_id = $1 AND entry.entry_id = $3
"""


async def find_entry_state(transaction: Connection, *, person_id: UUID, epoch: int, entry_id: UUID) -> asyncpg.Record | None:
    """An entry or its tombstone, None where the id is free; the caller's transaction writes the access-log line.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(transaction, FIND_ENTRY_STATE, person_id, epoch, entry_id)
    return None if row["version"] is None else row


LIST_ENTRIES = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM fence
    ), page AS (
        SELECT entry_id, version, local_date, written_at, content_sealed, updated_at
        FROM diary_entries
        WHERE person_id = $1 AND deleted_at IS NULL AND local_date >= $4 AND local_date < $5
          AND (local_date, written_at, entry_id) < ($6, $7, $8)
        ORDER BY local_date DESC, written_at DESC, entry_id DESC
        LIMIT $9
    )
    SELECT entry_id, version, local_date, written_at, content_sealed, updated_at
    FROM fence LEFT JOIN page ON true
    ORDER BY local_date DESC, written_at DESC, entry_id DESC
"""


async def list_entries(
    vault: Pool,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    from_date: date,
    to_date: date,
    before: tuple[date, datetime, UUID],
    limit: int,
) -> Sequence[asyncpg.Record]:
    """Up to `limit` entries of `[from_date, to_date)` that stand before a sort key, newest first.

    Raises: StaleFence.
    """
    rows = await fetch_fenced(vault, LIST_ENTRIES, person_id, epoch, line, from_date, to_date, *before, limit)
    return [row for row in rows if row["entry_id"] is not None]


LIST_CHANGES = """
    WITH feed AS (
        SELECT person_id, change_seq AS newest_seq, coalesce(pruned_through, 0) AS pruned_through,
               $4::bigint <= change_seq AND coalesce(pruned_through, 0) <= greatest($4, $5) AS is_complete
        FROM persons LEFT JOIN diary_prunings USING (person_id)
        WHERE person_id = $1 AND epoch = $2
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM feed WHERE is_complete
    ), changed AS (
        SELECT entry_id, version, change_seq, local_date, written_at, content_sealed, updated_at, deleted_at
        FROM diary_entries
        WHERE person_id = $1 AND change_seq > $4 AND (SELECT is_complete FROM feed)
        ORDER BY change_seq
        LIMIT $6
    )
    SELECT feed.is_complete, feed.pruned_through, changed.entry_id, changed.version, changed.change_seq, changed.local_date,
           changed.written_at, changed.content_sealed, changed.updated_at, changed.deleted_at
    FROM feed LEFT JOIN changed ON true
    ORDER BY changed.change_seq
"""


async def list_changes(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, after_seq: int, complete_from: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Entries and tombstones after `after_seq`; at least one row, of NULLs where there is no change.

    Shape: `is_complete` is false, and nothing is shown, where tombstones after both `after_seq` and `complete_from` are gone, or the
    store has not come as far as `after_seq` (it was restored).
    Raises: StaleFence.
    """
    return await fetch_fenced(vault, LIST_CHANGES, person_id, epoch, line, after_seq, complete_from, limit)
