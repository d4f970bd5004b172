"""One attempt to deliver an event, and what follows from its answer."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import httpx
from standardwebhooks import Webhook

from vitalapp.core.resources import Resources
from vitalapp.core.stores import transaction
from vitalapp.domains.webhooks import queries
from vitalapp.domains.webhooks.destinations import ATTEMPT_SECONDS, RESOLVE_SECONDS, Refused, post, resolve
from vitalapp.domains.webhooks.service import SECRET_PURPOSE, defer_delivery

# Standard Webhooks 1.0: after 5 s, 5 min, 30 min, 2, 5, 10, 14 and twice 20 hours; three days in all.
RETRY_DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 72_000))
JITTER = 0.2
_LEASE = timedelta(seconds=2 * (ATTEMPT_SECONDS + RESOLVE_SECONDS))
_GONE = 410


def retry_after(attempts: int, *, jitter: float) -> timedelta | None:
    """How long to wait after a number of failed attempts, None where it was the last.

    Units: `jitter` in -1 … 1 spreads the wait by up to 20 % either way.
    """
    if attempts > len(RETRY_DELAYS):
        return None
    return RETRY_DELAYS[attempts - 1] * (1 + JITTER * jitter)


async def deliver_webhook(resources: Resources, delivery_id: UUID) -> None:
    """Attempt a delivery that is due; one that was delivered, ended or is being tried elsewhere is left alone.

    A kill between the receiver's answer and our note repeats the attempt under the same `webhook-id`.
    """
    now = resources.clock()
    row = await queries.lease_delivery(resources.ledger, delivery_id=delivery_id, now=now, until=now + _LEASE)
    if row is None:
        return
    seal_key = resources.ledger_key(SECRET_PURPOSE)
    sealed = [row["secret_sealed"], row["previous_secret_sealed"]]
    signing_secrets = [seal_key.open(row["endpoint_id"], secret).decode() for secret in sealed if secret is not None]
    status = await _attempt(resources, row["url"], row["event_id"], row["body"], secrets_in_use=signing_secrets, now=now)
    ended_at = resources.clock()
    if status is not None and 200 <= status < 300:
        await queries.end_delivery(
            resources.ledger, delivery_id=delivery_id, status="delivered", response_status=status, now=ended_at
        )
        return
    wait = None if status == _GONE else retry_after(row["attempts"], jitter=secrets.SystemRandom().uniform(-1, 1))
    async with transaction(resources.ledger) as ledger:
        if status == _GONE:
            await queries.disable_endpoint(ledger, endpoint_id=row["endpoint_id"])
        if wait is None:
            await queries.end_delivery(ledger, delivery_id=delivery_id, status="dead", response_status=status, now=ended_at)
        else:
            await queries.postpone_delivery(
                ledger, delivery_id=delivery_id, response_status=status, next_attempt_at=ended_at + wait
            )
            await defer_delivery(ledger, delivery_id, at=ended_at + wait)


async def _attempt(
    resources: Resources, url: str, event_id: UUID, body: str, *, secrets_in_use: list[str], now: datetime
) -> int | None:
    signatures = [Webhook(secret).sign(str(event_id), now, body) for secret in secrets_in_use]
    headers = {
        "content-type": "application/json",
        "user-agent": "vitalapp-webhooks/1",
        "webhook-id": str(event_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    try:
        addresses = await resolve(url, is_local_run=resources.settings.is_local_run)
        return await post(url, addresses=addresses, body=body.encode(), headers=headers)
    except (Refused, httpx.HTTPError, TimeoutError):
        return None
