"""The statements of who an entry is shared with; see `queries` for their form."""

from datetime import datetime
from uuid import UUID

from vitalapp.core.access_log import AccessLine
from vitalapp.core.fence import fetchrow_fenced
from vitalapp.core.stores import Connection, Pool

INSERT_SHARE = """
    WITH fence AS (
        UPDATE persons SET change_seq = change_seq + 1 WHERE person_id = $1 AND epoch = $2 RETURNING person_id
    ), entry AS (
        -- Locked, so that a deletion that was under way is seen.
        SELECT entry_id FROM fence JOIN diary_entries USING (person_id)
        WHERE person_id = $1 AND entry_id = $4 AND deleted_at IS NULL
        FOR SHARE OF diary_entries
    ), share AS (
        INSERT INTO diary_entry_shares (person_id, entry_id, coach_id, shared_at)
        SELECT $1, entry_id, $5, $6 FROM entry
        ON CONFLICT (person_id, entry_id, coach_id) DO NOTHING
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM entry
    )
    SELECT entry.entry_id FROM fence LEFT JOIN entry ON true
"""


async def insert_share(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, entry_id: UUID, coach_id: UUID, shared_at: datetime
) -> bool:
    """Let a coach read an entry; False where the entry is not there.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, INSERT_SHARE, person_id, epoch, line, entry_id, coach_id, shared_at)
    return row["entry_id"] is not None


DELETE_SHARE = """
    WITH fence AS (
        UPDATE persons SET change_seq = change_seq + 1 WHERE person_id = $1 AND epoch = $2 RETURNING person_id
    ), entry AS (
        SELECT entry_id FROM fence JOIN diary_entries USING (person_id)
        WHERE person_id = $1 AND entry_id = $4 AND deleted_at IS NULL
    ), share AS (
        DELETE FROM diary_entry_shares USING entry
        WHERE diary_entry_shares.person_id = $1 AND diary_entry_shares.entry_id = entry.entry_id AND coach_id = $5
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM entry
    )
    SELECT entry.entry_id FROM fence LEFT JOIN entry ON true
"""


async def delete_share(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, entry_id: UUID, coach_id: UUID
) -> bool:
    """End a coach's reading of an entry; False where the entry is not there.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, DELETE_SHARE, person_id, epoch, line, entry_id, coach_id)
    return row["entry_id"] is not None


DELETE_SHARES = """
    DELETE FROM diary_entry_shares WHERE person_id = $1 AND entry_id = $2
"""


async def delete_shares(vault: Connection, *, person_id: UUID, entry_id: UUID) -> None:
    """End every coach's reading of an entry.

    Locks: none; the caller holds the fence row, and a share that was made while it waited for that is seen only by a statement of
    its own.
    """
    await vault.execute(DELETE_SHARES, person_id, entry_id)
