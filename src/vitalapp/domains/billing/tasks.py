"""The weekly release, and the mail with an invoice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from vitalapp.core.resources import Resources
from vitalapp.core.tasks import Carrier, Schedule, Task
from vitalapp.domains.billing.mail import redefer_invoice_mails, send_invoice_mail
from vitalapp.domains.billing.service import AMSTERDAM, MAIL_TASK, release_confirmations

_RELEASE_HOUR = 6


async def release_on_monday(resources: Resources, slot: datetime) -> None:
    """Release at six in the morning in Amsterdam; of the two slots in UTC, one is that hour in winter and the other in summer."""
    if slot.astimezone(AMSTERDAM).hour == _RELEASE_HOUR:
        await release_confirmations(resources)


async def send_mail(resources: Resources, arguments: dict[str, Any]) -> None:
    """Mail one invoice."""
    await send_invoice_mail(resources, UUID(arguments["invoice_id"]))


TASKS = [Task(store="ledger", name=MAIL_TASK, queue="employer", run=send_mail)]
CARRIERS: list[Carrier] = []
SCHEDULES = [
    Schedule(store="ledger", name="release_confirmations", cron="0 4,5 * * 1", run=release_on_monday),
    Schedule(store="ledger", name="redefer_invoice_mails", cron="*/10 * * * *", queue="employer", run=redefer_invoice_mails),
]
