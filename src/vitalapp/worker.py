"""The worker: carries outboxes over, runs jobs, keeps the schedules of every domain.

A domain's `tasks.py` exports `TASKS`, `CARRIERS` and `SCHEDULES` (see `vitalapp.core.tasks`), and `BOUNCE_HANDLERS` (see
`vitalapp.core.mail_sender`) where it must know of mail that did not arrive; all of them idempotent: delivery is at
least once, and a cron slot can run twice.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import procrastinate
from procrastinate import JobContext

from vitalapp import registry
from vitalapp.core import core_tasks
from vitalapp.core.clock import Clock, utc_now
from vitalapp.core.jobs import Queue
from vitalapp.core.mail_sender import send_mail_task
from vitalapp.core.outbox import CARRY_TASK, carry_outbox
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings, Store
from vitalapp.core.startup import AUDIENCE_STORES, open_resources
from vitalapp.core.tasks import Carrier, Schedule, Task

CONCURRENT_JOBS = 4
RESCUE_TASK = "rescue_stalled_jobs"
_POLL_SECONDS = 2.0
_GRACE_SECONDS = 5.0

_LONGEST_WAIT_EXPONENT = 6


class _CappedRetry(procrastinate.BaseRetryStrategy):
    """Retried until done, 1, 2, 4 … 64 seconds apart: what a job stands for goes only when it is carried."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> procrastinate.RetryDecision:
        """Try again, however often it failed."""
        return procrastinate.RetryDecision(retry_in={"seconds": 2 ** min(job.attempts, _LONGEST_WAIT_EXPONENT)})


async def run_worker(settings: Settings, *, audience: str = "worker", clock: Clock = utc_now) -> None:
    """Work until cancelled; a job under way gets some seconds to end, and is started anew elsewhere if it does not.

    Shape: `audience` is `worker`, or `employer` for the one that reads the ledger's employer queue alone.
    """
    queue: Queue = "employer" if audience == "employer" else "default"
    async with open_resources(settings, audience=audience, clock=clock) as resources, asyncio.TaskGroup() as group:
        for store in AUDIENCE_STORES[audience]:
            group.create_task(_work(queue_app(resources, store, queue), queue), name=f"queue {store}")


def queue_app(resources: Resources, store: Store, queue: Queue) -> procrastinate.App:
    """The procrastinate application of one queue of one store, with what every domain has for it."""
    connector = procrastinate.PsycopgConnector(
        conninfo=resources.settings.dsn(store), min_size=1, max_size=CONCURRENT_JOBS + 2
    )
    app = procrastinate.App(connector=connector)
    modules = [core_tasks, *registry.domain_modules("tasks")]
    if queue == "default":
        _add_carriers(app, resources, store, [carrier for module in modules for carrier in module.CARRIERS])
    _add_rescue(app, queue)
    handlers = [handler for module in modules for handler in getattr(module, "BOUNCE_HANDLERS", [])]
    checks = [check for module in modules for check in getattr(module, "MAIL_CHECKS", [])]
    for task in [send_mail_task(handlers, checks), *(task for module in modules for task in module.TASKS)]:
        if (task.store, task.queue) == (store, queue):
            _add_task(app, resources, task)
    for schedule in [schedule for module in modules for schedule in module.SCHEDULES]:
        if (schedule.store, schedule.queue) == (store, queue):
            _add_schedule(app, resources, schedule)
    return app


def _add_carriers(app: procrastinate.App, resources: Resources, store: Store, carriers: list[Carrier]) -> None:
    by_kind = {carrier.kind: partial(carrier.carry, resources) for carrier in carriers if carrier.store == store}

    async def carry(*, outbox_id: str) -> None:
        pool, seal_key = resources.pools[store], resources.outbox_key(store)
        await carry_outbox(pool, seal_key=seal_key, outbox_id=UUID(outbox_id), carriers=by_kind)

    app.task(name=CARRY_TASK, retry=_CappedRetry())(carry)


def _add_task(app: procrastinate.App, resources: Resources, task: Task) -> None:
    async def run(**arguments: Any) -> None:
        await task.run(resources, arguments)

    app.task(name=task.name, queue=task.queue, retry=_CappedRetry())(run)


def _add_schedule(app: procrastinate.App, resources: Resources, schedule: Schedule) -> None:
    async def run(timestamp: int) -> None:
        await schedule.run(resources, datetime.fromtimestamp(timestamp, UTC))

    periodic = app.task(name=schedule.name, queue=schedule.queue, queueing_lock=schedule.name)(run)
    app.periodic(cron=schedule.cron)(periodic)


def _add_rescue(app: procrastinate.App, queue: Queue) -> None:
    async def rescue(context: JobContext, timestamp: int) -> None:
        for job in await context.app.job_manager.get_stalled_jobs(queue=queue):
            await context.app.job_manager.retry_job(job)

    name = f"{RESCUE_TASK}_{queue}"
    periodic = app.task(name=name, queue=queue, pass_context=True, queueing_lock=name)(rescue)
    app.periodic(cron="* * * * *")(periodic)


async def _work(app: procrastinate.App, queue: Queue) -> None:
    async with app.open_async():
        await app.run_worker_async(
            queues=[queue],
            concurrency=CONCURRENT_JOBS,
            delete_jobs="always",
            fetch_job_polling_interval=_POLL_SECONDS,
            shutdown_graceful_timeout=_GRACE_SECONDS,
            install_signal_handlers=False,
        )
