"""What a domain hands to the worker: jobs, carriers of outbox rows, schedules."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from vitalapp.core.jobs import Queue
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store

Job = Callable[[Resources, dict[str, Any]], Awaitable[None]]
Carry = Callable[[Resources, UUID, bytes], Awaitable[None]]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A job by name in the queue of one store; its arguments are ids."""

    store: Store
    name: str
    run: Job
    queue: Queue = "default"


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """What carries the outbox rows of one kind out of one store; it gets the row's id and opened payload (JSON)."""

    store: Store
    kind: str
    carry: Carry


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Work that a clock starts.

    Units: `cron` has five fields, UTC; the instant handed over is the slot's. A slot can run twice.
    """

    store: Store
    name: str
    cron: str
    run: Callable[[Resources, datetime], Awaitable[None]]
    queue: Queue = "default"
