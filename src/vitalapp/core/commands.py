"""What every command shares: where its settings come from, and how it fails in one sentence."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import rich_click as click

from vitalapp.core.failures import Failure
from vitalapp.core.settings import Settings, load_settings

if TYPE_CHECKING:  # what a command runs is imported when it runs, so that it starts as fast as it can
    from vitalapp.core.resources import Resources

T = TypeVar("T")

ENVIRONMENT_FILE = "environment.json"

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of a local run; without it the environment (VITALAPP_*) names the stores.",
)


def command_environment(data_dir: Path | None) -> Mapping[str, str]:
    """The environment of the process, or that of a local run where its folder is given.

    Raises: Failure.
    """
    if data_dir is None:
        return os.environ
    try:
        return json.loads((data_dir / ENVIRONMENT_FILE).read_text())
    except (OSError, ValueError):
        raise Failure(f"{data_dir} holds no local run; start one with `vitalapp dev --data-dir {data_dir}`.") from None


def command_settings(data_dir: Path | None) -> Settings:
    """The settings of a command.

    Raises: Failure.
    """
    return load_settings(command_environment(data_dir))


def run_with_resources(data_dir: Path | None, work: Callable[["Resources"], Awaitable[T]], *, audience: str = "worker") -> T:
    """Run a coroutine over the resources of one audience and return what it returns.

    Raises: Failure.
    """
    from vitalapp.core.startup import open_resources

    settings = command_settings(data_dir)

    async def run() -> T:
        async with open_resources(settings, audience=audience) as resources:
            return await work(resources)

    return asyncio.run(run())
