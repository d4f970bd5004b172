"""The command line: the processes, the stores' upkeep, and what each domain adds in its `commands.py`."""

import asyncio
import json
import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path

import rich_click as click

from vitalapp.core.commands import command_environment, data_dir_option, run_with_resources
from vitalapp.core.failures import Failure
from vitalapp.core.settings import STORES, Store, load_settings

WORKER_GRACE_SECONDS = 5
FIRST_PORTS = {"app": 8000, "employer": 8001, "operator": 8002}

# What a command runs is imported when it runs, so that each starts as fast as it can.
audience_option = click.option(
    "--audience", type=click.Choice(["app", "employer", "operator"]), default="app", show_default=True
)
worker_audience_option = click.option(
    "--audience",
    type=click.Choice(["worker", "employer"]),
    default="worker",
    show_default=True,
    help="`employer`: webhooks and invoices alone.",
)


class Commands(click.RichGroup):
    """The commands of this module, and of each domain's `commands.py`, which are read when one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name."""
        self._add_domains()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, None where there is none of this name."""
        if cmd_name not in self.commands:
            self._add_domains()
        return super().get_command(ctx, cmd_name)

    def _add_domains(self) -> None:
        from vitalapp import registry

        for module in registry.domain_modules("commands"):
            for command in module.COMMANDS:
                self.add_command(command)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("vitalapp"), message="%(version)s")
def cli() -> None:
    """The backend of an employee vitality app."""


@cli.command()
@click.option("--port", default=FIRST_PORTS["app"], show_default=True, help="Where the API listens; 0 picks a free port.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), default=Path(".vitalapp"), show_default=True)
@click.option("--fresh", is_flag=True, help="Delete the local data and start anew.")
@click.option("--strict-limits", is_flag=True, help="Production's rate limits; otherwise they are 100 times as wide.")
def dev(*, port: int, data_dir: Path, fresh: bool, strict_limits: bool) -> None:
    """Run everything on this machine, on embedded stores with fictitious data."""
    from vitalapp.dev.launcher import Options, run_locally

    options = Options(port=port, data_dir=data_dir.absolute(), is_fresh=fresh, has_strict_limits=strict_limits)
    asyncio.run(run_locally(options))


@cli.command()
@click.option("--store", type=click.Choice(STORES), help="This store alone.")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where a migration is pending.")
@data_dir_option
def migrate(*, store: Store | None, check: bool, data_dir: Path | None) -> None:
    """Bring the stores to head; two at once are safe."""
    from vitalapp.core.migrations import list_migrations, list_pending
    from vitalapp.core.migrations import migrate as migrate_store

    environment = command_environment(data_dir)
    for each in (store,) if store else STORES:
        variable = f"VITALAPP_{each.upper()}_MIGRATION_DSN"
        dsn = environment.get(variable)
        if not dsn:
            raise Failure(f"{variable} is missing: it names the {each} store by the role that owns its tables.")
        names = asyncio.run((list_pending if check else migrate_store)(dsn, list_migrations(each)))
        if check and names:
            raise Failure(f"The {each} store lacks {len(names)} migrations, first {names[0]}: run `vitalapp migrate`.")
        click.echo(f"{each}: {', '.join(names) or 'at head'}")


@cli.command("serve")
@audience_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, help=f"Default: {FIRST_PORTS}.")
@click.option("--workers", default=1, show_default=True, help="Processes; each holds pools of its own.")
def serve_audience(*, audience: str, host: str, port: int | None, workers: int) -> None:
    """Serve the API of one audience."""
    from vitalapp.core.startup import refuse_foreign_settings
    from vitalapp.serving import serve

    settings = load_settings(os.environ)
    refuse_foreign_settings(settings, audience=audience)
    if not settings.is_local_run:  # there, the launcher has opened them already
        run_with_resources(None, _nothing, audience=audience)
    serve(audience=audience, host=host, port=FIRST_PORTS[audience] if port is None else port, workers=workers)


async def _nothing(_resources: object) -> None:
    """Opening the resources has shown that the settings will do."""


@cli.command("worker")
@worker_audience_option
def run_worker_of(*, audience: str) -> None:
    """Run jobs: outboxes, schedules, mail; or webhooks and invoices."""
    from vitalapp.core.logs import configure_logs
    from vitalapp.worker import run_worker

    configure_logs(process="worker" if audience == "worker" else f"worker_{audience}")
    settings = load_settings(os.environ)

    async def work() -> None:
        worker = asyncio.create_task(run_worker(settings, audience=audience))
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        stop = asyncio.create_task(told.wait())
        await asyncio.wait({worker, stop}, return_when=asyncio.FIRST_COMPLETED)
        if worker.done():
            worker.result()
            raise Failure("The worker lost its queue: start it again once its stores are back.")
        worker.cancel()
        await asyncio.wait({worker}, timeout=WORKER_GRACE_SECONDS)
        if not worker.done():  # a store that is gone would be waited for; what was under way is done again elsewhere
            os._exit(0)

    asyncio.run(work())


@cli.command()
@data_dir_option
def doctor(*, data_dir: Path | None) -> None:
    """Say in words what is misconfigured; exit 1 where something is."""
    from vitalapp.doctor import examine

    complaints = asyncio.run(examine(command_environment(data_dir)))
    for complaint in complaints:
        click.echo(complaint)
    if complaints:
        sys.exit(1)
    click.echo("Nothing is wrong.")


@cli.command()
@audience_option
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file; default standard output.")
def openapi(*, audience: str, output: Path | None) -> None:
    """Write the contract of one audience as an OpenAPI 3.1 document."""
    from vitalapp.app import create_app
    from vitalapp.core.http.openapi import openapi_document
    from vitalapp.core.settings import Settings

    document = openapi_document(create_app(Settings(), audience=audience))
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text)


def main() -> None:
    """The entry point: exit status 0 done, 1 failed, 2 wrong use; a failure is one sentence."""
    try:
        cli()
    except Failure as failure:
        click.echo(f"Error: {failure}", err=True)
        sys.exit(1)
