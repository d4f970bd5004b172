"""`vitalapp rotate-ledger-key`."""

from pathlib import Path

import rich_click as click

from vitalapp.core.commands import data_dir_option, run_with_resources
from vitalapp.domains.webhooks import service


@click.command("rotate-ledger-key")
@data_dir_option
def rotate_ledger_key(*, data_dir: Path | None) -> None:
    """Make a new version of the ledger's key and bring webhook secrets under it, while everything runs."""
    version, count = run_with_resources(data_dir, service.rotate_ledger_key, audience="billing")
    click.echo(f"Version {version} of the ledger's key is current; {count} endpoints' secrets are under it.")


COMMANDS = [rotate_ledger_key]
