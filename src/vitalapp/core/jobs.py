"""Jobs of a store, deferred in the transaction that decides them; they carry ids only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from vitalapp.core.stores import Connection

# Jobs that talk to employers' addresses have a queue of their own, which only the employer's worker reads.
Queue = Literal["default", "employer"]

DEFER_JOB = """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW($1::text, $2::text, 0, $3::text, NULL, $4::jsonb, $5::timestamptz)::procrastinate_job_to_defer_v1
    ])
"""


async def defer_job(
    connection: Connection,
    *,
    task: str,
    queue: Queue = "default",
    lock: str | None = None,
    arguments: dict[str, UUID | str | int],
    scheduled_at: datetime | None = None,
) -> None:
    """Put one job beside the caller's other writes; it exists if and only if they commit.

    Units: `lock` serialises jobs that share it, and only cross-store steps of one person may use one.
    """
    await connection.execute(DEFER_JOB, queue, task, lock, msgspec.json.encode(arguments).decode(), scheduled_at)


DEFER_JOBS = """
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW($1::text, $2::text, 0, NULL, NULL, arguments, NULL)::procrastinate_job_to_defer_v1
    ))
    FROM unnest($3::jsonb[]) AS arguments
    HAVING count(*) > 0
"""


async def defer_jobs(
    connection: Connection, *, task: str, queue: Queue = "default", arguments: Sequence[Mapping[str, UUID | str | int]]
) -> None:
    """As `defer_job`, for many jobs of one task at once."""
    await connection.execute(DEFER_JOBS, queue, task, [msgspec.json.encode(job).decode() for job in arguments])


DELETE_LOCKED_JOBS = """
    DELETE FROM procrastinate_jobs WHERE lock = ANY($1::text[]) AND status = 'todo'
"""


async def delete_locked_jobs(connection: Connection, *, locks: Sequence[str]) -> None:
    """Take back waiting jobs by their locks."""
    await connection.execute(DELETE_LOCKED_JOBS, locks)
