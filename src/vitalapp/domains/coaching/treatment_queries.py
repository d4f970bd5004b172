"""Files under a treatment agreement: their keys in identity, their entries in the vault."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.fence import fetchrow_fenced
from vitalapp.core.stores import Connection, Pool

GET_ACCOUNT_SHEET = """
    SELECT display_name_sealed, email_sealed FROM accounts WHERE account_id = $1 AND epoch = $2 AND NOT is_erasing
"""


async def get_account_sheet(identity: Pool, *, account_id: UUID, epoch: int) -> asyncpg.Record:
    """The person's sealed name and address.

    Raises: StaleFence.
    """
    return await fetchrow_fenced(identity, GET_ACCOUNT_SHEET, account_id, epoch)


INSERT_FILE = """
    INSERT INTO treatment_files (file_id, wrapped_data_key, identity_sheet_sealed, email_index, changed_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (file_id) DO NOTHING
"""


async def insert_file(
    identity: Connection | Pool,
    *,
    file_id: UUID,
    wrapped_data_key: bytes,
    identity_sheet_sealed: bytes,
    email_index: bytes,
    changed_at: datetime,
) -> None:
    """Keep a file's key and identity sheet."""
    await identity.execute(INSERT_FILE, file_id, wrapped_data_key, identity_sheet_sealed, email_index, changed_at)


FIND_WRAPPED_KEY = """
    UPDATE treatment_files SET changed_at = now() WHERE file_id = $1 RETURNING wrapped_data_key
"""


async def find_wrapped_key(identity: Connection | Pool, *, file_id: UUID) -> bytes | None:
    """A file's wrapped key, for adding to the file: its 20 years run from the last change."""
    return await identity.fetchval(FIND_WRAPPED_KEY, file_id)


INSERT_ENTRY = """
    INSERT INTO treatment_entries (file_id, entry_id, content_sealed, recorded_at) VALUES ($1, $2, $3, $4)
"""


async def insert_entry(
    vault: Connection, *, file_id: UUID, entry_id: UUID, content_sealed: bytes, recorded_at: datetime
) -> None:
    """Add an entry."""
    await vault.execute(INSERT_ENTRY, file_id, entry_id, content_sealed, recorded_at)
