"""The outbox: what must happen in another store, written in the transaction that decides it.

The row's payload is sealed; the job carries the row's id alone. The worker carries it over at least once, the receiving end is
idempotent by that id, and the row goes when it is carried.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.jobs import defer_job
from vitalapp.core.keys import SystemKey
from vitalapp.core.stores import Connection, Pool, transaction

CARRY_TASK = "carry_outbox"

INSERT_OUTBOX = """
    INSERT INTO outbox (outbox_id, kind, subject_index, payload_sealed, created_at) VALUES ($1, $2, $3, $4, $5)
"""


async def put_outbox(
    connection: Connection,
    *,
    seal_key: SystemKey,
    kind: str,
    payload: Any,
    now: datetime,
    subject_index: bytes | None = None,
    is_ordered: bool = True,
) -> UUID:
    """Write one outbox row and its job.

    Shape: `subject_index` is a keyed hash of the person, so that an erasure finds the row and steps of one person keep order;
    what need not keep order, such as mail, must not hold other steps up either (`is_ordered`).
    """
    outbox_id = uuid4()
    sealed = seal_key.seal(outbox_id, msgspec.json.encode(payload))
    await connection.execute(INSERT_OUTBOX, outbox_id, kind, subject_index, sealed, now)
    lock = subject_index.hex() if subject_index is not None and is_ordered else None
    await defer_job(connection, task=CARRY_TASK, lock=lock, arguments={"outbox_id": outbox_id})
    return outbox_id


LOCK_OUTBOX = """
    SELECT kind, payload_sealed FROM outbox WHERE outbox_id = $1 FOR UPDATE
"""
DELETE_OUTBOX = """
    DELETE FROM outbox WHERE outbox_id = $1
"""

Carrier = Callable[[UUID, bytes], Awaitable[None]]


async def carry_outbox(pool: Pool, *, seal_key: SystemKey, outbox_id: UUID, carriers: dict[str, Carrier]) -> None:
    """Hand one row to the carrier of its kind and delete it; a row that is gone was carried or erased before.

    Locks: the row, so that an erasure waits for a carrier under way and a carrier never starts on an erased row.
    """
    async with transaction(pool) as connection:
        row = await connection.fetchrow(LOCK_OUTBOX, outbox_id)
        if row is None:
            return
        await carriers[row["kind"]](outbox_id, seal_key.open(outbox_id, row["payload_sealed"]))
        await connection.execute(DELETE_OUTBOX, outbox_id)


async def delete_outbox(connection: Connection, *, outbox_id: UUID) -> None:
    """Take back a row whose effect is already there."""
    await connection.execute(DELETE_OUTBOX, outbox_id)


REDEFER_OUTBOX = """
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW(
            'default', $2::text, 0, encode(subject_index, 'hex'), NULL, jsonb_build_object('outbox_id', outbox_id), NULL
        )::procrastinate_job_to_defer_v1
    ))
    FROM outbox
    WHERE created_at < $1
      AND NOT EXISTS (
          SELECT FROM procrastinate_jobs
          WHERE task_name = $2 AND args ->> 'outbox_id' = outbox.outbox_id::text
      )
    HAVING count(*) > 0
"""


async def redefer_outbox(pool: Pool, *, written_before: datetime) -> None:
    """Give rows whose job is gone (a worker's queue was cut short) a new one."""
    await pool.execute(REDEFER_OUTBOX, written_before, CARRY_TASK)
