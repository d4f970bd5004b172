"""Statements on webhook endpoints and deliveries, each above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from vitalapp.core.stores import Connection, Pool

LOCK_EMPLOYER = """
    SELECT employer_id FROM employers WHERE employer_id = $1 FOR NO KEY UPDATE
"""
COUNT_ENDPOINTS = """
    -- After the lock, so that it sees what whoever held it before has added.
    SELECT count(*) FROM webhook_endpoints WHERE employer_id = $1
"""


async def lock_endpoints(ledger: Connection, *, employer_id: UUID) -> int:
    """How many endpoints an employer has; nobody adds one until the transaction ends.

    Locks: the employer.
    """
    await ledger.execute(LOCK_EMPLOYER, employer_id)
    return await ledger.fetchval(COUNT_ENDPOINTS, employer_id)


INSERT_ENDPOINT = """
    INSERT INTO webhook_endpoints (endpoint_id, employer_id, url, event_types, secret_sealed, created_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""


async def insert_endpoint(ledger: Connection, *values: Any) -> None:
    """Add an endpoint; `values` in the order of the columns."""
    await ledger.execute(INSERT_ENDPOINT, *values)


LIST_ENDPOINTS = """
    SELECT endpoint_id, url, event_types, is_enabled, disabled_reason, created_at FROM webhook_endpoints
    WHERE employer_id = $1 AND ($2::timestamptz IS NULL OR (created_at, endpoint_id) > ($2, $3))
    ORDER BY created_at, endpoint_id
    LIMIT $4
"""


async def list_endpoints(
    ledger: Pool, *, employer_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """An employer's endpoints, oldest first."""
    return await ledger.fetch(LIST_ENDPOINTS, employer_id, *(after or (None, None)), limit)


FIND_ENDPOINT = """
    SELECT endpoint_id, url, event_types, is_enabled, disabled_reason, created_at FROM webhook_endpoints
    WHERE employer_id = $1 AND endpoint_id = $2
"""


async def find_endpoint(ledger: Pool, *, employer_id: UUID, endpoint_id: UUID) -> asyncpg.Record | None:
    """One endpoint of this employer."""
    return await ledger.fetchrow(FIND_ENDPOINT, employer_id, endpoint_id)


UPDATE_ENDPOINT = """
    UPDATE webhook_endpoints
    SET url = $3, event_types = $4, is_enabled = $5,
        disabled_reason = CASE WHEN $5 THEN NULL ELSE coalesce(disabled_reason, 'by_owner') END,
        previous_secret_sealed = CASE WHEN $6::bytea IS NULL THEN previous_secret_sealed ELSE secret_sealed END,
        previous_secret_ends_at = CASE WHEN $6 IS NULL THEN previous_secret_ends_at ELSE $7::timestamptz END,
        secret_sealed = coalesce($6, secret_sealed),
        version = version + 1
    WHERE employer_id = $1 AND endpoint_id = $2
    RETURNING endpoint_id, url, event_types, is_enabled, disabled_reason, created_at
"""


async def update_endpoint(ledger: Pool, *values: Any) -> asyncpg.Record | None:
    """The endpoint as it is now; `values` in the order of the parameters, a None for the secret keeps it."""
    return await ledger.fetchrow(UPDATE_ENDPOINT, *values)


DELETE_ENDPOINT = """
    DELETE FROM webhook_endpoints WHERE employer_id = $1 AND endpoint_id = $2 RETURNING endpoint_id
"""


async def delete_endpoint(ledger: Pool, *, employer_id: UUID, endpoint_id: UUID) -> bool:
    """Whether the employer had it; its deliveries go with it."""
    return await ledger.fetchrow(DELETE_ENDPOINT, employer_id, endpoint_id) is not None


DROP_ENDED_SECRETS = """
    UPDATE webhook_endpoints SET previous_secret_sealed = NULL, previous_secret_ends_at = NULL
    WHERE previous_secret_ends_at <= $1
"""


async def drop_ended_secrets(ledger: Connection, *, now: datetime) -> None:
    """Forget replaced secrets that sign no more."""
    await ledger.execute(DROP_ENDED_SECRETS, now)


TRY_ROTATION = """
    SELECT pg_try_advisory_xact_lock(hashtext('rotation of the ledger key'))
"""


async def try_rotation(ledger: Connection) -> bool:
    """Whether nobody else rotates the ledger's key until the transaction ends; never waits."""
    return await ledger.fetchval(TRY_ROTATION)


LOCK_SECRETS = """
    SELECT endpoint_id, secret_sealed, previous_secret_sealed FROM webhook_endpoints ORDER BY endpoint_id FOR UPDATE
"""


async def lock_secrets(ledger: Connection) -> list[asyncpg.Record]:
    """Every endpoint's secrets, held until the transaction ends."""
    return await ledger.fetch(LOCK_SECRETS)


UPDATE_SEALED_SECRETS = """
    UPDATE webhook_endpoints SET secret_sealed = $2, previous_secret_sealed = $3 WHERE endpoint_id = $1
"""


async def update_sealed_secrets(ledger: Connection, *values: Any) -> None:
    """Keep an endpoint's secrets under other seals; `values` in the order of the parameters."""
    await ledger.execute(UPDATE_SEALED_SECRETS, *values)


INSERT_DELIVERIES = """
    INSERT INTO webhook_deliveries (delivery_id, endpoint_id, event_id, event_type, body, created_at, next_attempt_at)
    SELECT gen_random_uuid(), endpoint_id, event_id, event_type, body, $5, $5
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS event (employer_id, event_id, event_type, body)
    JOIN webhook_endpoints USING (employer_id)
    WHERE is_enabled AND event_type = ANY(event_types)
    RETURNING delivery_id
"""


async def insert_deliveries(
    ledger: Connection,
    *,
    employer_ids: Sequence[UUID],
    event_ids: Sequence[UUID],
    event_types: Sequence[str],
    bodies: Sequence[str],
    now: datetime,
) -> list[UUID]:
    """One delivery of each event for each endpoint of its employer that wants it."""
    rows = await ledger.fetch(INSERT_DELIVERIES, employer_ids, event_ids, event_types, bodies, now)
    return [row["delivery_id"] for row in rows]


LEASE_DELIVERY = """
    UPDATE webhook_deliveries AS delivery
    SET attempts = attempts + 1, next_attempt_at = $3
    FROM webhook_endpoints AS endpoint
    WHERE delivery_id = $1 AND endpoint.endpoint_id = delivery.endpoint_id
      AND status = 'pending' AND is_enabled AND next_attempt_at <= $2
    RETURNING delivery.endpoint_id, event_id, event_type, body, attempts, delivery.created_at, url, secret_sealed,
              CASE WHEN previous_secret_ends_at > $2 THEN previous_secret_sealed END AS previous_secret_sealed
"""


async def lease_delivery(ledger: Pool, *, delivery_id: UUID, now: datetime, until: datetime) -> asyncpg.Record | None:
    """Take a due delivery for one attempt; nobody else tries it before `until`."""
    return await ledger.fetchrow(LEASE_DELIVERY, delivery_id, now, until)


END_DELIVERY = """
    UPDATE webhook_deliveries SET status = $2, response_status = $3, ended_at = $4, next_attempt_at = NULL
    WHERE delivery_id = $1
"""


async def end_delivery(
    ledger: Connection | Pool, *, delivery_id: UUID, status: str, response_status: int | None, now: datetime
) -> None:
    """Note that a delivery has arrived, or never will."""
    await ledger.execute(END_DELIVERY, delivery_id, status, response_status, now)


POSTPONE_DELIVERY = """
    UPDATE webhook_deliveries SET response_status = $2, next_attempt_at = $3 WHERE delivery_id = $1
"""


async def postpone_delivery(
    ledger: Connection, *, delivery_id: UUID, response_status: int | None, next_attempt_at: datetime
) -> None:
    """Note when a failed delivery is tried again."""
    await ledger.execute(POSTPONE_DELIVERY, delivery_id, response_status, next_attempt_at)


DISABLE_ENDPOINT = """
    UPDATE webhook_endpoints SET is_enabled = false, disabled_reason = 'gone' WHERE endpoint_id = $1
"""


async def disable_endpoint(ledger: Connection, *, endpoint_id: UUID) -> None:
    """Stop delivering to an endpoint that says it is gone."""
    await ledger.execute(DISABLE_ENDPOINT, endpoint_id)


LIST_DELIVERIES = """
    SELECT delivery_id AS id, event_id, event_type, status, attempts, response_status, delivery.created_at,
           next_attempt_at, ended_at
    FROM webhook_deliveries AS delivery JOIN webhook_endpoints USING (endpoint_id)
    WHERE employer_id = $1 AND endpoint_id = $2
      AND ($3::timestamptz IS NULL OR (delivery.created_at, delivery_id) < ($3, $4))
    ORDER BY delivery.created_at DESC, delivery_id DESC
    LIMIT $5
"""


async def list_deliveries(
    ledger: Pool, *, employer_id: UUID, endpoint_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """An endpoint's deliveries, newest first."""
    return await ledger.fetch(LIST_DELIVERIES, employer_id, endpoint_id, *(before or (None, None)), limit)


REPLAY_DELIVERY = """
    UPDATE webhook_deliveries AS delivery
    SET status = 'pending', attempts = 0, next_attempt_at = $4, ended_at = NULL
    FROM webhook_endpoints AS endpoint
    WHERE employer_id = $1 AND endpoint.endpoint_id = $2 AND delivery.endpoint_id = $2 AND delivery_id = $3
    RETURNING delivery_id AS id, event_id, event_type, status, attempts, response_status, delivery.created_at,
              next_attempt_at, ended_at
"""


async def replay_delivery(
    ledger: Connection, *, employer_id: UUID, endpoint_id: UUID, delivery_id: UUID, now: datetime
) -> asyncpg.Record | None:
    """Make a delivery of this employer due again, under the same event id."""
    return await ledger.fetchrow(REPLAY_DELIVERY, employer_id, endpoint_id, delivery_id, now)


LIST_OVERDUE_DELIVERIES = """
    SELECT delivery_id FROM webhook_deliveries JOIN webhook_endpoints USING (endpoint_id)
    WHERE status = 'pending' AND is_enabled AND next_attempt_at < $1
      AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE args ->> 'delivery_id' = delivery_id::text)
    ORDER BY next_attempt_at
    LIMIT 1000
"""


async def list_overdue_deliveries(ledger: Pool, *, due_before: datetime) -> list[UUID]:
    """Deliveries that are overdue and have no job."""
    return [row["delivery_id"] for row in await ledger.fetch(LIST_OVERDUE_DELIVERIES, due_before)]
