"""Statements on webhook endpoints and deliveries, each above the function that runs it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from vitalapp.core.stores import Connection, Pool

INSERT_ENDPOINT = """
    INSERT INTO webhook_endpoints (endpoint_id, employer_id, url, event_types, secret_sealed, created_at)
    SELECT $1, $2, $3, $4, $5, $6
    WHERE (SELECT count(*) FROM webhook_endpoints WHERE employer_id = $2) < $7
    RETURNING endpoint_id
"""


async def insert_endpoint(ledger: Pool, *values: Any) -> bool:
    """Whether there was room for another endpoint; `values` in the order of the columns, then the most an employer may have."""
    return await ledger.fetchrow(INSERT_ENDPOINT, *values) is not None


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


INSERT_DELIVERIES = """
    INSERT INTO webhook_deliveries (delivery_id, endpoint_id, event_id, event_type, body, created_at, next_attempt_at)
    SELECT gen_random_uuid(), endpoint_id, $2, $3, $4, $5, $5 FROM webhook_endpoints
    WHERE employer_id = $1 AND is_enabled AND $3 = ANY(event_types)
    RETURNING delivery_id
"""


async def insert_deliveries(
    ledger: Connection, *, employer_id: UUID, event_id: UUID, event_type: str, body: str, now: datetime
) -> list[UUID]:
    """One delivery for each endpoint that wants the event."""
    rows = await ledger.fetch(INSERT_DELIVERIES, employer_id, event_id, event_type, body, now)
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
    ORDER BY next_attempt_at
    LIMIT 1000
"""


async def list_overdue_deliveries(ledger: Pool, *, due_before: datetime) -> list[UUID]:
    """Deliveries whose job was lost."""
    return [row["delivery_id"] for row in await ledger.fetch(LIST_OVERDUE_DELIVERIES, due_before)]
