"""`vitalapp purge`."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from vitalapp.core.commands import data_dir_option, run_with_resources
from vitalapp.core.failures import Failure
from vitalapp.core.resources import Resources
from vitalapp.domains.inactivity import service
from vitalapp.domains.inactivity.schemas import Bounced, Explanation, PurgeReport

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]


@click.command("purge")
@click.option("--as-of", type=click.DateTime(_FORMATS), help="As if it were then, UTC.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@click.option(
    "--explain", "email", metavar="EMAIL", help="Why the account of this address is purged, or not; changes nothing."
)
@click.option("--bounced", "is_bounced", is_flag=True, help="List whose notice came back; changes nothing.")
@data_dir_option
def purge(
    *, as_of: datetime | None, dry_run: bool, is_json: bool, email: str | None, is_bounced: bool, data_dir: Path | None
) -> None:
    """Warn who has not used the app for nearly a year, and erase whose day has come."""
    named = None if as_of is None else as_of.replace(tzinfo=UTC)

    async def run(resources: Resources) -> PurgeReport | Explanation | list[Bounced]:
        at = named or resources.clock()
        if is_bounced:
            return await service.list_bounced(resources)
        if email is not None:
            return await _explain(resources, email=email, as_of=at)
        if at > resources.clock() and not dry_run and not resources.settings.is_local_run:
            raise Failure("--as-of lies in the future: that works with --dry-run, or in the local run.")
        return await _purge(resources, as_of=at, is_dry_run=dry_run)

    result = run_with_resources(data_dir, run, audience="privacy")
    click.echo(msgspec.json.encode(result).decode() if is_json else _sentences(result))


async def _purge(resources: Resources, *, as_of: datetime, is_dry_run: bool) -> PurgeReport:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Notices and purges", total=await service.count_work(resources, as_of=as_of))
        return await service.purge_inactive(
            resources, as_of=as_of, is_dry_run=is_dry_run, on_progress=lambda count: progress.advance(bar, count)
        )


async def _explain(resources: Resources, *, email: str, as_of: datetime) -> Explanation:
    explanation = await service.explain(resources, email=email, as_of=as_of)
    if explanation is None:
        raise Failure("There is no account with this address.")
    return explanation


def _sentences(result: PurgeReport | Explanation | list[Bounced]) -> str:
    if isinstance(result, list):
        lines = [f"{bounced.account_id}  goes on {bounced.delete_on}  bounced at {bounced.bounced_at}" for bounced in result]
        return "\n".join(lines) or "No notice came back."
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in msgspec.to_builtins(result).items())


COMMANDS = [purge]
