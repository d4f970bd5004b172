"""What the worker does for accounts: decides what the requests may not show."""

from typing import Any
from uuid import UUID

from vitalapp.core.resources import Resources
from vitalapp.core.tasks import Carrier, Schedule, Task
from vitalapp.domains.accounts.registration_service import DECIDE_TASK as DECIDE_REGISTRATION
from vitalapp.domains.accounts.registration_service import decide_registration


async def run_decide_registration(resources: Resources, arguments: dict[str, Any]) -> None:
    """Answer one registration by mail."""
    await decide_registration(resources, registration_id=UUID(arguments["registration_id"]))


TASKS = [Task(store="identity", name=DECIDE_REGISTRATION, run=run_decide_registration)]
CARRIERS: list[Carrier] = []
SCHEDULES: list[Schedule] = []
