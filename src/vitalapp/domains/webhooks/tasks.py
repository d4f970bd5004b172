"""Deliveries, run by the employer's worker alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from vitalapp.core.resources import Resources
from vitalapp.core.stores import transaction
from vitalapp.core.tasks import Carrier, Schedule, Task
from vitalapp.domains.webhooks import queries
from vitalapp.domains.webhooks.delivery import deliver_webhook
from vitalapp.domains.webhooks.service import DELIVER_TASK, defer_deliveries, reseal_secrets

_LOST_AFTER = timedelta(minutes=2)


async def run_delivery(resources: Resources, arguments: dict[str, Any]) -> None:
    """Attempt one delivery."""
    await deliver_webhook(resources, UUID(arguments["delivery_id"]))


async def redefer_deliveries(resources: Resources, slot: datetime) -> None:
    """Give deliveries whose job was lost a new one."""
    overdue = await queries.list_overdue_deliveries(resources.ledger, due_before=slot - _LOST_AFTER)
    async with transaction(resources.ledger) as ledger:
        await defer_deliveries(ledger, overdue)


async def reseal_nightly(resources: Resources, _slot: datetime) -> None:
    """Follow a rotation of the ledger's key, and forget secrets that sign no more."""
    await reseal_secrets(resources)


TASKS = [Task(store="ledger", name=DELIVER_TASK, queue="employer", run=run_delivery)]
CARRIERS: list[Carrier] = []
SCHEDULES = [
    Schedule(store="ledger", name="redefer_deliveries", cron="* * * * *", queue="employer", run=redefer_deliveries),
    Schedule(store="ledger", name="reseal_webhook_secrets", cron="30 2 * * *", queue="employer", run=reseal_nightly),
]
