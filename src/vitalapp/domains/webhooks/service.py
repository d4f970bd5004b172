"""Endpoints, and events on their way to them."""

import base64
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.failures import Failure
from vitalapp.core.jobs import defer_job, defer_jobs
from vitalapp.core.keys import KeyFile, KeyRing, with_new_version
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


class Announcement(msgspec.Struct, frozen=True):
    """What has become true for one employer; `data` as its API shows it."""

    employer_id: UUID
    event_type: EventType
    data: Any


async def announce(ledger: Connection, announcements: Sequence[Announcement], *, now: datetime) -> None:
    """Put events on their way to the employers' endpoints, in the transaction that makes them true."""
    bodies = [
        msgspec.json.encode(Event(type=each.event_type, timestamp=now, data=msgspec.Raw(msgspec.json.encode(each.data))))
        for each in announcements
    ]
    deliveries = await queries.insert_deliveries(
        ledger,
        employer_ids=[each.employer_id for each in announcements],
        event_ids=[uuid4() for _ in announcements],
        event_types=[each.event_type for each in announcements],
        bodies=[body.decode() for body in bodies],
        now=now,
    )
    await defer_deliveries(ledger, deliveries)


async def defer_deliveries(ledger: Connection, delivery_ids: Sequence[UUID]) -> None:
    """Have deliveries attempted now."""
    arguments = [{"delivery_id": delivery_id} for delivery_id in delivery_ids]
    await defer_jobs(ledger, task=DELIVER_TASK, queue="employer", arguments=arguments)


async def defer_delivery(ledger: Connection, delivery_id: UUID, *, at: datetime) -> None:
    """Have a delivery attempted again at an instant."""
    await defer_job(ledger, task=DELIVER_TASK, queue="employer", arguments={"delivery_id": delivery_id}, scheduled_at=at)


async def create_webhook_endpoint(resources: Resources, employer_id: UUID, data: EndpointInput) -> Endpoint:
    """Add an endpoint; its secret is shown here and nowhere else.

    Raises: DestinationRefused (422), TooManyEndpoints (409).
    """
    await _check_destination(resources, data.url)
    endpoint_id, now = uuid4(), resources.clock()
    secret, sealed = _new_secret(resources, endpoint_id)
    event_types = list(data.event_types)
    async with transaction(resources.ledger) as ledger:
        if await queries.lock_endpoints(ledger, employer_id=employer_id) >= MOST_ENDPOINTS:
            raise TooManyEndpoints
        await queries.insert_endpoint(ledger, endpoint_id, employer_id, data.url, event_types, sealed, now)
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
        await defer_deliveries(ledger, [delivery_id])
    return msgspec.convert(dict(row), Delivery)


async def _check_destination(resources: Resources, url: str) -> None:
    try:
        await resolve(url, is_local_run=resources.settings.is_local_run)
    except Refused:
        raise DestinationRefused from None


async def reseal_secrets(resources: Resources) -> int:
    """Bring secrets under the ledger key's newest version and drop those whose day is over; how many were brought.

    Afterwards the key's older versions open nothing here that is still in use.
    """
    seal_key, count = resources.ledger_key(SECRET_PURPOSE), 0
    async with transaction(resources.ledger) as ledger:
        await queries.drop_ended_secrets(ledger, now=resources.clock())
        for row in await queries.lock_secrets(ledger):
            sealed = [row["secret_sealed"], row["previous_secret_sealed"]]
            if all(each is None or seal_key.is_current(each) for each in sealed):
                continue
            endpoint_id = row["endpoint_id"]
            fresh = [each and seal_key.seal(endpoint_id, seal_key.open(endpoint_id, each)) for each in sealed]
            await queries.update_sealed_secrets(ledger, endpoint_id, *fresh)
            count += 1
    return count


async def rotate_ledger_key(resources: Resources) -> tuple[int, int]:
    """Make a new version of the ledger's key and bring every secret under it: the version, and how many secrets.

    Running processes read the key file again when they meet the new version; older versions stay in it for outbox rows on their way.
    Raises: Failure where another rotation runs, or the key file is not this process's to change.
    """
    path = resources.settings.ledger_key_file
    if path is None:
        raise Failure("VITALAPP_LEDGER_KEY_FILE is missing: it names the key file to rotate.")
    key_file = KeyFile(path)
    async with transaction(resources.ledger) as ledger:
        if not await queries.try_rotation(ledger):
            raise Failure("Another rotation is running: wait for it.")
        key_file.save(with_new_version(key_file.load()))
    resources.ledger_keys = ring = KeyRing.of(key_file)
    return ring.material.current, await reseal_secrets(resources)


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
