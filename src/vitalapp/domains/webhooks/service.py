"""Endpoints, and events on their way to them."""

import base64
import os
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.jobs import defer_job
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.webhooks import queries
from vitalapp.domains.webhooks.destinations import Refused, resolve
from vitalapp.domains.webhooks.errors import DestinationRefused, TooManyEndpoints
from vitalapp.domains.webhooks.schemas import Delivery, Endpoint, EndpointInput, EndpointUpdate, Event, EventType

DELIVER_TASK = "deliver_webhook"
SECRET_PURPOSE = "webhook-secret"
MOST_ENDPOINTS = 10
OLD_SECRET_OVERLAP = timedelta(days=1)
_SECRET_BYTES = 32


async def announce(resources: Resources, ledger: Connection, *, employer_id: UUID, event_type: EventType, data: Any) -> None:
    """Put an event on its way to the employer's endpoints, in the transaction that makes it true."""
    now = resources.clock()
    body = msgspec.json.encode(Event(type=event_type, timestamp=now, data=msgspec.Raw(msgspec.json.encode(data))))
    deliveries = await queries.insert_deliveries(
        ledger, employer_id=employer_id, event_id=uuid4(), event_type=event_type, body=body.decode(), now=now
    )
    for delivery_id in deliveries:
        await defer_delivery(ledger, delivery_id, at=None)


async def defer_delivery(ledger: Connection, delivery_id: UUID, *, at: datetime | None) -> None:
    """Have a delivery attempted at an instant, None for now."""
    await defer_job(ledger, task=DELIVER_TASK, queue="employer", arguments={"delivery_id": delivery_id}, scheduled_at=at)


async def create_webhook_endpoint(resources: Resources, employer_id: UUID, data: EndpointInput) -> Endpoint:
    """Add an endpoint; its secret is shown here and nowhere else.

    Raises: DestinationRefused (422), TooManyEndpoints (409).
    """
    await _check_destination(resources, data.url)
    endpoint_id, now = uuid4(), resources.clock()
    secret, sealed = _new_secret(resources, endpoint_id)
    event_types = list(data.event_types)
    has_room = await queries.insert_endpoint(
        resources.ledger, endpoint_id, employer_id, data.url, event_types, sealed, now, MOST_ENDPOINTS
    )
    if not has_room:
        raise TooManyEndpoints
    return Endpoint(
        id=endpoint_id,
        url=data.url,
        event_types=event_types,
        is_enabled=True,
        disabled_reason=None,
        created_at=now,
        secret=secret,
    )


async def list_webhook_endpoints(
    resources: Resources, employer_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Endpoint]:
    """Up to `limit` endpoints of an employer."""
    rows = await queries.list_endpoints(resources.ledger, employer_id=employer_id, after=after, limit=limit)
    return [_endpoint(row) for row in rows]


async def get_webhook_endpoint(resources: Resources, employer_id: UUID, endpoint_id: UUID) -> Endpoint:
    """One endpoint.

    Raises: NotFound (404).
    """
    row = await queries.find_endpoint(resources.ledger, employer_id=employer_id, endpoint_id=endpoint_id)
    if row is None:
        raise NotFound
    return _endpoint(row)


async def update_webhook_endpoint(
    resources: Resources, employer_id: UUID, endpoint_id: UUID, data: EndpointUpdate
) -> Endpoint:
    """Replace an endpoint's settings, and its secret if asked for.

    Raises: DestinationRefused (422), NotFound (404).
    """
    await _check_destination(resources, data.url)
    secret, sealed = _new_secret(resources, endpoint_id) if data.rotate_secret else (msgspec.UNSET, None)
    row = await queries.update_endpoint(
        resources.ledger,
        employer_id,
        endpoint_id,
        data.url,
        list(data.event_types),
        data.is_enabled,
        sealed,
        resources.clock() + OLD_SECRET_OVERLAP,
    )
    if row is None:
        raise NotFound
    return msgspec.structs.replace(_endpoint(row), secret=secret)


async def delete_webhook_endpoint(resources: Resources, employer_id: UUID, endpoint_id: UUID) -> None:
    """Delete an endpoint and what is on its way to it.

    Raises: NotFound (404).
    """
    if not await queries.delete_endpoint(resources.ledger, employer_id=employer_id, endpoint_id=endpoint_id):
        raise NotFound


async def list_webhook_deliveries(
    resources: Resources, employer_id: UUID, endpoint_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[Delivery]:
    """Up to `limit` deliveries to an endpoint of this employer.

    Raises: NotFound (404).
    """
    await get_webhook_endpoint(resources, employer_id, endpoint_id)
    rows = await queries.list_deliveries(
        resources.ledger, employer_id=employer_id, endpoint_id=endpoint_id, before=before, limit=limit
    )
    return [msgspec.convert(dict(row), Delivery) for row in rows]


async def replay_webhook_delivery(resources: Resources, employer_id: UUID, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
    """Send an event once more, under the same id.

    Raises: NotFound (404).
    """
    async with transaction(resources.ledger) as ledger:
        row = await queries.replay_delivery(
            ledger, employer_id=employer_id, endpoint_id=endpoint_id, delivery_id=delivery_id, now=resources.clock()
        )
        if row is None:
            raise NotFound
        await defer_delivery(ledger, delivery_id, at=None)
    return msgspec.convert(dict(row), Delivery)


async def _check_destination(resources: Resources, url: str) -> None:
    try:
        await resolve(url, is_local_run=resources.settings.is_local_run)
    except Refused:
        raise DestinationRefused from None


def _new_secret(resources: Resources, endpoint_id: UUID) -> tuple[str, bytes]:
    secret = "whsec_" + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()
    return secret, resources.ledger_key(SECRET_PURPOSE).seal(endpoint_id, secret.encode())


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(
        id=row["endpoint_id"],
        url=row["url"],
        event_types=row["event_types"],
        is_enabled=row["is_enabled"],
        disabled_reason=row["disabled_reason"],
        created_at=row["created_at"],
    )
