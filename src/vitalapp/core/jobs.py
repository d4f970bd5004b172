"""Jobs of a store, deferred in the transaction that decides them; they carry ids only."""

from datetime import datetime
from uuid import UUID

import msgspec

from vitalapp.core.stores import Connection

DEFER_JOB = """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', $1::text, 0, $2::text, NULL, $3::jsonb, $4::timestamptz)::procrastinate_job_to_defer_v1
    ])
"""


async def defer_job(
    connection: Connection,
    *,
    task: str,
    lock: str | None = None,
    arguments: dict[str, UUID | str | int],
    scheduled_at: datetime | None = None,
) -> None:
    """Put one job beside the caller's other writes; it exists if and only if they commit.

    Units: `lock` serialises jobs that share it, and only cross-store steps of one person may use one.
    """
    await connection.execute(DEFER_JOB, task, lock, msgspec.json.encode(arguments).decode(), scheduled_at)
