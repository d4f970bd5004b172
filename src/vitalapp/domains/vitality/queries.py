"""The statements of measurements; each starts from the fence and writes its access-log line with what it reads or writes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import AccessLine
from vitalapp.core.fence import fetch_fenced, fetchrow_fenced
from vitalapp.core.idempotency import KeyedRequest
from vitalapp.core.stores import Connection, Pool

# The fence is held against whoever raises it; the advisory lock says that a request with this key is running.
INSERT_MEASUREMENT = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2 FOR SHARE
    ), turn AS MATERIALIZED (
        SELECT person_id, pg_try_advisory_xact_lock($4) AS is_ours FROM fence
    ), kept AS (
        INSERT INTO idempotency_keys AS k (person_id, key_hash, request_hash, status, answer_sealed, created_at)
        SELECT person_id, $5, $6, $7, $8, $9 FROM turn WHERE is_ours
        ON CONFLICT (person_id, key_hash) DO UPDATE
        SET request_hash = EXCLUDED.request_hash, status = EXCLUDED.status, answer_sealed = EXCLUDED.answer_sealed,
            created_at = EXCLUDED.created_at
        WHERE k.created_at <= $10
        RETURNING person_id
    ), written AS (
        INSERT INTO measurements (person_id, measurement_id, measured_at, content_sealed, created_at)
        SELECT person_id, $11, $12, $13, $9 FROM kept
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM kept
    )
    SELECT kept.person_id IS NOT NULL AS is_written FROM fence LEFT JOIN kept ON true
"""


async def insert_measurement(
    vault: Pool | Connection,
    *,
    request: KeyedRequest,
    line: AccessLine,
    status: int,
    answer_sealed: bytes,
    measurement_id: UUID,
    measured_at: datetime,
    content_sealed: bytes,
) -> bool:
    """Keep a measurement together with the answer to its request; False where the request's key is taken.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(
        vault,
        INSERT_MEASUREMENT,
        request.person_id,
        request.epoch,
        line,
        request.lock_id,
        request.key_hash,
        request.request_hash,
        status,
        answer_sealed,
        request.received_at,
        request.forgotten_before,
        measurement_id,
        measured_at,
        content_sealed,
    )
    return row["is_written"]


FIND_MEASUREMENT = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), measurement AS (
        SELECT measurement_id, measured_at, content_sealed FROM measurements WHERE person_id = $1 AND measurement_id = $4
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM fence CROSS JOIN measurement
    )
    SELECT measurement_id, measured_at, content_sealed FROM fence LEFT JOIN measurement ON true
"""


async def find_measurement(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, measurement_id: UUID
) -> asyncpg.Record | None:
    """One measurement; None where there is none.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, FIND_MEASUREMENT, person_id, epoch, line, measurement_id)
    return None if row["measurement_id"] is None else row


LIST_MEASUREMENTS = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM fence
    ), page AS (
        SELECT measurement_id, measured_at, content_sealed
        FROM measurements
        WHERE person_id = $1 AND measured_at >= $4 AND (measured_at, measurement_id) < ($5, $6)
        ORDER BY measured_at DESC, measurement_id DESC
        LIMIT $7
    )
    SELECT measurement_id, measured_at, content_sealed
    FROM fence LEFT JOIN page ON true
    ORDER BY measured_at DESC, measurement_id DESC
"""


async def list_measurements(
    vault: Pool,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    since: datetime,
    before: tuple[datetime, UUID],
    limit: int,
) -> Sequence[asyncpg.Record]:
    """Up to `limit` measurements from `since` on that stand before a sort key, newest first.

    Raises: StaleFence.
    """
    rows = await fetch_fenced(vault, LIST_MEASUREMENTS, person_id, epoch, line, since, *before, limit)
    return [row for row in rows if row["measurement_id"] is not None]


LIST_MEASUREMENTS_OLDEST_FIRST = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM fence
    ), page AS (
        SELECT measurement_id, measured_at, content_sealed
        FROM measurements
        WHERE person_id = $1 AND measured_at < $4 AND (measured_at, measurement_id) > ($5, $6)
        ORDER BY measured_at, measurement_id
        LIMIT $7
    )
    SELECT measurement_id, measured_at, content_sealed
    FROM fence LEFT JOIN page ON true
    ORDER BY measured_at, measurement_id
"""


async def list_measurements_oldest_first(
    vault: Pool,
    *,
    person_id: UUID,
    epoch: int,
    line: AccessLine,
    until: datetime,
    after: tuple[datetime, UUID],
    limit: int,
) -> Sequence[asyncpg.Record]:
    """Up to `limit` measurements before `until` that stand after a sort key, oldest first.

    Raises: StaleFence.
    """
    rows = await fetch_fenced(vault, LIST_MEASUREMENTS_OLDEST_FIRST, person_id, epoch, line, until, *after, limit)
    return [row for row in rows if row["measurement_id"] is not None]


DELETE_MEASUREMENT = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2 FOR SHARE
    ), gone AS (
        DELETE FROM measurements USING fence
        WHERE measurements.person_id = fence.person_id AND measurements.measurement_id = $4
        RETURNING measurements.measurement_id
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM gone
    )
    SELECT gone.measurement_id IS NOT NULL AS is_deleted FROM fence LEFT JOIN gone ON true
"""


async def delete_measurement(vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, measurement_id: UUID) -> bool:
    """Delete a measurement and who it is shared with; False where it is not there.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, DELETE_MEASUREMENT, person_id, epoch, line, measurement_id)
    return row["is_deleted"]


INSERT_SHARE = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2 FOR SHARE
    ), measurement AS (
        SELECT measurement_id FROM fence JOIN measurements USING (person_id) WHERE person_id = $1 AND measurement_id = $4
    ), share AS (
        INSERT INTO measurement_shares (person_id, measurement_id, coach_id, shared_at)
        SELECT $1, measurement_id, $5, $6 FROM measurement
        ON CONFLICT (person_id, measurement_id, coach_id) DO NOTHING
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM measurement
    )
    SELECT measurement.measurement_id IS NOT NULL AS is_there FROM fence LEFT JOIN measurement ON true
"""


async def insert_share(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, measurement_id: UUID, coach_id: UUID, shared_at: datetime
) -> bool:
    """Let a coach read a measurement; False where it is not there.

    Raises: StaleFence.
    """
    try:
        row = await fetchrow_fenced(vault, INSERT_SHARE, person_id, epoch, line, measurement_id, coach_id, shared_at)
    except asyncpg.ForeignKeyViolationError:  # deleted while this waited for the fence
        return False
    return row["is_there"]


DELETE_SHARE = """
    WITH fence AS (
        SELECT person_id FROM persons WHERE person_id = $1 AND epoch = $2 FOR SHARE
    ), measurement AS (
        SELECT measurement_id FROM fence JOIN measurements USING (person_id) WHERE person_id = $1 AND measurement_id = $4
    ), share AS (
        DELETE FROM measurement_shares USING measurement
        WHERE measurement_shares.person_id = $1 AND measurement_shares.measurement_id = measurement.measurement_id
          AND coach_id = $5
    ), line AS (
        INSERT INTO access_log SELECT ($3::access_line).* FROM measurement
    )
    SELECT measurement.measurement_id IS NOT NULL AS is_there FROM fence LEFT JOIN measurement ON true
"""


async def delete_share(
    vault: Pool, *, person_id: UUID, epoch: int, line: AccessLine, measurement_id: UUID, coach_id: UUID
) -> bool:
    """End a coach's reading of a measurement; False where the measurement is not there.

    Raises: StaleFence.
    """
    row = await fetchrow_fenced(vault, DELETE_SHARE, person_id, epoch, line, measurement_id, coach_id)
    return row["is_there"]
