"""What the worker does about inactivity: every night a purge, and a bounced notice on the operator's list."""

from datetime import datetime

from vitalapp.core.mail_sender import Bounce, BounceHandler
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Connection
from vitalapp.core.tasks import Carrier, Schedule, Task
from vitalapp.domains.inactivity.queries import note_bounce
from vitalapp.domains.inactivity.service import TEMPLATES, purge_inactive


async def purge_nightly(resources: Resources, slot: datetime) -> None:
    """Warn and purge by the slot's day."""
    await purge_inactive(resources, as_of=slot)


async def escalate_bounce(resources: Resources, connection: Connection, bounce: Bounce) -> None:
    """Have the operator see that a notice came back; the account goes on its day all the same.

    Rule: pitfall 12.
    """
    if bounce.subject_index is not None:
        await note_bounce(connection, subject_index=bounce.subject_index, now=resources.clock())


TASKS: list[Task] = []
CARRIERS: list[Carrier] = []
SCHEDULES = [Schedule(store="identity", name="purge_nightly", cron="15 2 * * *", run=purge_nightly)]
BOUNCE_HANDLERS = [BounceHandler(template=template, handle=escalate_bounce) for template in sorted(set(TEMPLATES.values()))]
