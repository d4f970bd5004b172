"""The core's own work: raised fences, forgotten outbox rows, the access log's partitions."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from vitalapp.core.fence import FENCE_KIND, RaisedFence, apply_fence
from vitalapp.core.outbox import redefer_outbox
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store
from vitalapp.core.tasks import Carrier, Schedule, Task

_FORGOTTEN_AFTER = timedelta(minutes=10)


async def carry_fence(resources: Resources, _outbox_id: UUID, payload: bytes) -> None:
    """Finish a raise that reached identity only."""
    await apply_fence(resources.vault, msgspec.json.decode(payload, type=RaisedFence))


def _sweep(store: Store) -> Schedule:
    async def run(resources: Resources, slot: datetime) -> None:
        await redefer_outbox(resources.pools[store], written_before=slot - _FORGOTTEN_AFTER)

    return Schedule(store=store, name=f"sweep_outbox_{store}", cron="*/5 * * * *", run=run)


TASKS: list[Task] = []
CARRIERS = [Carrier(store="identity", kind=FENCE_KIND, carry=carry_fence)]
SCHEDULES = [_sweep("identity"), _sweep("vault"), _sweep("ledger")]
