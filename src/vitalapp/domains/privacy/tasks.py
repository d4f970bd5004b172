"""What the worker does for a person's rights: finishes erasures whoever began them."""

from datetime import datetime, timedelta
from typing import Any

from vitalapp.core.resources import Resources
from vitalapp.core.tasks import Carrier, Schedule, Task
from vitalapp.domains.privacy.erasure import FINISH_TASK, finish_erasures
from vitalapp.domains.privacy.erasure_queries import list_unfinished
from vitalapp.domains.privacy.retention import expire

_OVERDUE_AFTER = timedelta(minutes=10)


async def run_finish_erasures(resources: Resources, arguments: dict[str, Any]) -> None:
    """Go on with erasures that were decided together; raises where a store is still away, and is tried again."""
    await finish_erasures(resources, first=arguments["first"])


async def sweep_erasures(resources: Resources, slot: datetime) -> None:
    """Finish erasures whose job is gone."""
    for first in await list_unfinished(resources.identity, decided_before=slot - _OVERDUE_AFTER):
        await finish_erasures(resources, first=first)


async def expire_nightly(resources: Resources, slot: datetime) -> None:
    """Carry out every retention rule."""
    await expire(resources, as_of=slot)


TASKS = [Task(store="identity", name=FINISH_TASK, run=run_finish_erasures)]
CARRIERS: list[Carrier] = []
SCHEDULES = [
    Schedule(store="identity", name="sweep_erasures", cron="*/10 * * * *", run=sweep_erasures),
    Schedule(store="identity", name="expire_nightly", cron="30 1 * * *", run=expire_nightly),
]
