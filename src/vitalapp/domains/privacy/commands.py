"""`vitalapp erasures replay|verify`, `vitalapp retention`, `vitalapp keys rotate`, `vitalapp register`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from vitalapp.core.commands import command_settings, data_dir_option, run_with_resources
from vitalapp.core.data_map import load_data_map
from vitalapp.core.failures import Failure
from vitalapp.core.resources import Resources
from vitalapp.domains.privacy.register import make_register, render_register
from vitalapp.domains.privacy.replay import replay_erasures
from vitalapp.domains.privacy.residue import verify_erasures
from vitalapp.domains.privacy.retention import expire
from vitalapp.domains.privacy.rotation import rotate_keys

json_option = click.option("--json", "is_json", is_flag=True, help="For programs.")
as_of_option = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]), help="As if it were then, UTC."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")


def instant_of(resources: Resources, as_of: datetime | None, *, is_dry_run: bool) -> datetime:
    """The instant by which a command goes.

    Raises: Failure for one to come, outside a dry run and the local run.
    Rule: architecture, "Time".
    """
    now = resources.clock()
    instant = now if as_of is None else as_of.replace(tzinfo=UTC)
    if instant > now and not is_dry_run and not resources.settings.is_local_run:
        raise Failure("--as-of lies in the future: that works with --dry-run, or in the local run.")
    return instant


def show(result: Any, *, is_json: bool, sentence: str) -> None:
    """Print a result, for a program or for a person."""
    click.echo(msgspec.json.encode(result).decode() if is_json else sentence)


@click.group("erasures")
def erasures() -> None:
    """Erasures after a restore, and the proof that they held."""


@erasures.command("replay")
@json_option
@data_dir_option
def replay(*, is_json: bool, data_dir: Path | None) -> None:
    """Erase again whoever a restored store brought back; the stores are served from then on."""
    result = run_with_resources(data_dir, replay_erasures, audience="privacy")
    back = ", ".join(f"{count} in {store}" for store, count in result.people.items())
    show(result, is_json=is_json, sentence=f"{result.erasures} erasures replayed; people who had come back: {back}.")


@erasures.command("verify")
@json_option
@data_dir_option
def verify(*, is_json: bool, data_dir: Path | None) -> None:
    """Scan every store for people who were erased; exit 1 where one is found."""
    result = run_with_resources(data_dir, verify_erasures, audience="privacy")
    places = "; ".join(f"{place}: {count}" for place, count in result.residue.items()) or "nothing is left of them"
    show(result, is_json=is_json, sentence=f"{result.erased} erasures, {result.unfinished} under way; {places}.")
    if not result.is_clean:
        raise SystemExit(1)


@click.command("retention")
@as_of_option
@dry_run_option
@json_option
@data_dir_option
def retention(*, as_of: datetime | None, dry_run: bool, is_json: bool, data_dir: Path | None) -> None:
    """Delete what is past its term, by every rule of the data map."""

    async def run(resources: Resources) -> dict[str, int]:
        return await expire(resources, as_of=instant_of(resources, as_of, is_dry_run=dry_run), is_dry_run=dry_run)

    gone = run_with_resources(data_dir, run, audience="privacy")
    verb = "would go" if dry_run else "went"
    told = "".join(f"\n  {table}: {count}" for table, count in gone.items() if count)
    show(gone, is_json=is_json, sentence=f"{sum(gone.values())} rows {verb}.{told}")


@click.group("keys")
def keys() -> None:
    """Key-encryption keys."""


@keys.command("rotate")
@json_option
@data_dir_option
def rotate(*, is_json: bool, data_dir: Path | None) -> None:
    """Make a new key-encryption key and wrap every data key under it, while everything runs."""

    async def run(resources: Resources) -> tuple[int, int]:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed}"))
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Wrapping data keys", total=None)
            return await rotate_keys(resources, on_progress=lambda count: progress.advance(task, count))

    version, count = run_with_resources(data_dir, run, audience="privacy")
    result = {"version": version, "rewrapped": count}
    show(result, is_json=is_json, sentence=f"Key version {version} is current; {count} data keys are wrapped under it.")


@click.command("register")
@click.option("--format", "form", type=click.Choice(["md", "json"]), default="md", show_default=True)
@data_dir_option
def register(*, form: str, data_dir: Path | None) -> None:
    """The register of processing activities (GDPR 30), from the data map."""
    made = make_register(load_data_map(), command_settings(data_dir))
    click.echo(
        json.dumps(made, indent=2, ensure_ascii=False) if form == "json" else render_register(made), nl=form == "json"
    )


COMMANDS = [erasures, retention, keys, register]
