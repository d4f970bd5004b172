"""The worker: carries outboxes over, runs jobs, keeps the schedules of every domain.

A domain's `tasks.py` exports `TASKS`, `CARRIERS` and `SCHEDULES` (see `vitalapp.core.tasks`), all of them idempotent: delivery is at
least once, and a cron slot can run twice.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import procrastinate
from procrastinate import JobContext

from vitalapp import registry
from vitalapp.core import core_tasks
from vitalapp.core.clock import Clock, utc_now
from vitalapp.core.outbox import CARRY_TASK, carry_outbox
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings, Store
from vitalapp.core.startup import AUDIENCE_STORES, open_resources
from vitalapp.core.tasks import Carrier, Schedule, Task

CONCURRENT_JOBS = 4
_POLL_SECONDS = 2.0
_GRACE_SECONDS = 5.0

_LONGEST_WAIT_EXPONENT = 6


class _CappedRetry(procrastinate.BaseRetryStrategy):
    """Retried until done, 1, 2, 4 … 64 seconds apart: what a job stands for goes only when it is carried."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> procrastinate.RetryDecision:
        """Try again, however often it failed."""
        return procrastinate.RetryDecision(retry_in={"seconds": 2 ** min(job.attempts, _LONGEST_WAIT_EXPONENT)})


async def run_worker(settings: Settings, *, audience: str = "worker", clock: Clock = utc_now) -> None:
    """Work until cancelled; a job under way gets some seconds to end, and is started anew elsewhere if it does not."""
    async with open_resources(settings, audience=audience, clock=clock) as resources:
        stores = AUDIENCE_STORES[audience]
        apps = {store: queue_app(resources, store) for store in stores}
        async with asyncio.TaskGroup() as group:
            for store, app in apps.items():
                group.create_task(_run_queue(app), name=f"queue {store}")


def queue_app(resources: Resources, store: Store) -> procrastinate.App:
    """The procrastinate application of one store's queue, with the tasks of every domain that belong to it."""
    dsn = resources.settings.dsn(store)
    connector = procrastinate.PsycopgConnector(conninfo=dsn, min_size=1, max_size=CONCURRENT_JOBS + 2)
    app = procrastinate.App(connector=connector)
    modules = [core_tasks, *registry.domain_modules("tasks")]
    tasks: list[Task] = [task for module in modules for task in module.TASKS if task.store == store]
    carriers: list[Carrier] = [carrier for module in modules for carrier in module.CARRIERS if carrier.store == store]
    schedules: list[Schedule] = [schedule for module in modules for schedule in module.SCHEDULES if schedule.store == store]

    async def carry(*, outbox_id: str) -> None:
        await carry_outbox(
            resources.pools[store],
            seal_key=resources.outbox_key(store),
            outbox_id=UUID(outbox_id),
            carriers={carrier.kind: _bound(resources, carrier) for carrier in carriers},
        )

    app.task(carry, name=CARRY_TASK, retry=_CappedRetry())
    for task in tasks:
        _add_task(app, resources, task)
    for schedule in schedules:
        _add_schedule(app, resources, schedule)
    _add_rescue(app)
    return app


def _bound(resources: Resources, carrier: Carrier) -> Any:
    async def carry(outbox_id: UUID, payload: bytes) -> None:
        await carrier.carry(resources, outbox_id, payload)

    return carry


def _add_task(app: procrastinate.App, resources: Resources, task: Task) -> None:
    async def run(**arguments: Any) -> None:
        await task.run(resources, arguments)

    app.task(run, name=task.name, retry=_CappedRetry())


def _add_schedule(app: procrastinate.App, resources: Resources, schedule: Schedule) -> None:
    async def run(timestamp: int) -> None:
        await schedule.run(resources, datetime.fromtimestamp(timestamp, UTC))

    app.periodic(cron=schedule.cron)(app.task(run, name=schedule.name, queueing_lock=schedule.name))


def _add_rescue(app: procrastinate.App) -> None:
    async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
        for job in await context.app.job_manager.get_stalled_jobs():
            await context.app.job_manager.retry_job(job)

    app.periodic(cron="* * * * *")(
        app.task(rescue_stalled_jobs, name="rescue_stalled_jobs", pass_context=True, queueing_lock="rescue_stalled_jobs")
    )


async def _run_queue(app: procrastinate.App) -> None:
    async with app.open_async():
        await app.run_worker_async(
            concurrency=CONCURRENT_JOBS,
            delete_jobs="always",
            fetch_job_polling_interval=_POLL_SECONDS,
            shutdown_graceful_timeout=_GRACE_SECONDS,
            install_signal_handlers=False,
        )
