"""Keeps programs running: one that dies is started again, and all are stopped together within ten seconds."""

import asyncio
import os
import signal
import time
from asyncio.subprocess import STDOUT, Process
from collections.abc import Callable
from contextlib import suppress

from vitalapp.dev.folder import Folder, StartedProcess, started_process
from vitalapp.dev.programs import Program, process_options

_FIRST_DELAY_SECONDS = 0.1
_LONGEST_DELAY_SECONDS = 3.0
_STEADY_SECONDS = 10.0
_GRACE_SECONDS = 5.5
_LAST_GRACE_SECONDS = 2.5
_KILL_SECONDS = 0.5


class Supervised:
    """One program and its present process."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: Process | None = None
        self.is_stopping = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Supervisor:
    """The programs of one run.

    Shape: `say` gets a sentence for the person who watches, whenever a program had to be started again.
    """

    def __init__(self, folder: Folder, *, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._all: list[Supervised] = []
        self._known: dict[str, StartedProcess] = {}

    async def start(self, program: Program) -> None:
        """Start a program and keep it running."""
        supervised = Supervised(program)
        self._all.append(supervised)
        await self._spawn(supervised)
        supervised.task = asyncio.create_task(self._keep(supervised), name=program.name)

    async def stop(self, *, last: set[str]) -> None:
        """Stop all programs, those named `last` once the others are gone; none starts again."""
        await self._stop([each for each in self._all if each.program.name not in last], _GRACE_SECONDS)
        await self._stop([each for each in self._all if each.program.name in last], _LAST_GRACE_SECONDS)

    async def _stop(self, stopping: list[Supervised], grace_seconds: float) -> None:
        for each in stopping:
            each.is_stopping.set()
            self._signal(each, each.program.death_signal)
        await self._wait(stopping, grace_seconds)
        for each in stopping:
            self._signal(each, signal.SIGKILL)
        await self._wait(stopping, _KILL_SECONDS)

    async def _keep(self, supervised: Supervised) -> None:
        delay = _FIRST_DELAY_SECONDS
        while True:
            process = supervised.process
            assert process is not None
            began = time.monotonic()
            status = await process.wait()
            _kill_group(process.pid)
            if supervised.is_stopping.is_set():
                return
            delay = _FIRST_DELAY_SECONDS if time.monotonic() - began > _STEADY_SECONDS else delay
            self._say(f"{supervised.program.name} ended ({_describe(status)}) and is started again.")
            with suppress(TimeoutError):
                await asyncio.wait_for(supervised.is_stopping.wait(), delay)
                return
            delay = min(delay * 2, _LONGEST_DELAY_SECONDS)
            await self._spawn(supervised)

    async def _spawn(self, supervised: Supervised) -> None:
        program = supervised.program
        with program.log_file.open("ab") as log:
            supervised.process = await asyncio.create_subprocess_exec(
                *program.arguments, stdout=log, stderr=STDOUT, **process_options(program)
            )
        self._known[program.name] = started_process(supervised.process.pid, program.death_signal)
        self._folder.write(self._folder.processes.name, {"processes": list(self._known.values())})

    @staticmethod
    def _signal(supervised: Supervised, number: signal.Signals) -> None:
        process = supervised.process
        if process is not None and process.returncode is None:
            process.send_signal(number)

    @staticmethod
    async def _wait(stopping: list[Supervised], seconds: float) -> None:
        tasks = [each.task for each in stopping if each.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)


def _kill_group(pid: int) -> None:
    """End what a dead program left in its session, such as the workers of a killed server."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _describe(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"
