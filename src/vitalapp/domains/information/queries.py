"""The rows of the contact form."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.stores import Pool

INSERT_CONTACT_MESSAGE = """
    INSERT INTO contact_messages (contact_message_id, payload_sealed, received_at) VALUES ($1, $2, $3)
"""


async def insert_contact_message(
    pool: Pool, *, contact_message_id: UUID, payload_sealed: bytes, received_at: datetime
) -> None:
    """Keep one sealed message."""
    await pool.execute(INSERT_CONTACT_MESSAGE, contact_message_id, payload_sealed, received_at)


LIST_CONTACT_MESSAGES = """
    SELECT contact_message_id, payload_sealed, received_at FROM contact_messages
    ORDER BY received_at, contact_message_id
"""


async def list_contact_messages(pool: Pool) -> list[asyncpg.Record]:
    """Every message that is still kept, oldest first."""
    return await pool.fetch(LIST_CONTACT_MESSAGES)
