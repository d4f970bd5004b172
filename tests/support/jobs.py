"""The worker's jobs, run on the test's own loop; mail stays where it waits, to be read."""

from functools import partial
from uuid import UUID

import msgspec

from vitalapp import registry
from vitalapp.core import core_tasks
from vitalapp.core.mail import SEAL_PURPOSE, Mail
from vitalapp.core.outbox import CARRY_TASK, carry_outbox
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store

TAKE_JOBS = """
    DELETE FROM procrastinate_jobs
    WHERE status = 'todo' AND task_name = ANY($1::text[]) AND (scheduled_at IS NULL OR scheduled_at <= $2)
    RETURNING id, task_name, args
"""
LIST_MAILS = """
    SELECT mail_id, payload_sealed FROM mails ORDER BY created_at, mail_id
"""


async def run_jobs(resources: Resources, store: Store = "identity") -> int:
    """Run what is due in a store's queue, and what follows from it; how many jobs that were."""
    modules = [core_tasks, *registry.domain_modules("tasks")]
    tasks = {task.name: task for module in modules for task in module.TASKS if task.store == store}
    carriers = {
        carrier.kind: partial(carrier.carry, resources)
        for module in modules
        for carrier in module.CARRIERS
        if carrier.store == store
    }
    count = 0
    while jobs := await resources.pools[store].fetch(TAKE_JOBS, [CARRY_TASK, *tasks], resources.clock()):
        for job in sorted(jobs, key=lambda job: job["id"]):
            arguments = msgspec.json.decode(job["args"])
            if job["task_name"] == CARRY_TASK:
                await carry_outbox(
                    resources.pools[store],
                    seal_key=resources.outbox_key(store),
                    outbox_id=UUID(arguments["outbox_id"]),
                    carriers=carriers,
                )
            else:
                await tasks[job["task_name"]].run(resources, arguments)
            count += 1
    return count


async def waiting_mails(resources: Resources) -> list[Mail]:
    """The mails that wait for the mail server, oldest first, opened."""
    seal_key = resources.keys.system(SEAL_PURPOSE)
    return [
        msgspec.json.decode(seal_key.open(row["mail_id"], row["payload_sealed"]), type=Mail)
        for row in await resources.identity.fetch(LIST_MAILS)
    ]
