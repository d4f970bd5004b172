"""What the worker does for accounts: decides what the requests may not show."""

from typing import Any
from uuid import UUID

from vitalapp.core.resources import Resources
from vitalapp.core.tasks import Carrier, Schedule, Task
from vitalapp.domains.accounts import email_change_service, password_service, registration_service


async def decide_registration(resources: Resources, arguments: dict[str, Any]) -> None:
    """Answer a registration by mail."""
    await registration_service.decide_registration(resources, registration_id=UUID(arguments["registration_id"]))


async def decide_password_reset(resources: Resources, arguments: dict[str, Any]) -> None:
    """Answer a forgotten password by mail."""
    await password_service.decide_password_reset(resources, password_reset_id=UUID(arguments["password_reset_id"]))


async def decide_email_change(resources: Resources, arguments: dict[str, Any]) -> None:
    """Answer a change of the mail address by mail."""
    await email_change_service.decide_email_change(resources, email_change_id=UUID(arguments["email_change_id"]))


TASKS = [
    Task(store="identity", name=registration_service.DECIDE_TASK, run=decide_registration),
    Task(store="identity", name=password_service.DECIDE_TASK, run=decide_password_reset),
    Task(store="identity", name=email_change_service.DECIDE_TASK, run=decide_email_change),
]
CARRIERS: list[Carrier] = []
SCHEDULES: list[Schedule] = []
