"""`vitalapp release-confirmations`, `vitalapp bill`, `vitalapp credit-invoice`."""

from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.progress import Progress

from vitalapp.core.commands import data_dir_option, run_with_resources
from vitalapp.core.resources import Resources
from vitalapp.domains.billing import run_queries, service
from vitalapp.domains.billing.errors import BillingRefused

_STORES = "billing"


@click.command("release-confirmations")
@data_dir_option
def release_confirmations(*, data_dir: Path | None) -> None:
    """Release every waiting intake confirmation, as the worker does on Mondays at six."""
    released = run_with_resources(data_dir, service.release_confirmations, audience=_STORES)
    click.echo(f"{released} intake confirmations released.")


@click.command("bill")
@click.option("--period", required=True, help="The month to bill, YYYY-MM.")
@data_dir_option
def bill(*, period: str, data_dir: Path | None) -> None:
    """Make the billing confirmations and invoices of a month; once, however often it runs."""

    async def run(resources: Resources) -> int:
        today = resources.clock().astimezone(service.AMSTERDAM).date()
        is_local = resources.settings.is_local_run
        service.check_period(period, today=today, is_unfinished_allowed=is_local)
        if resources.settings.seller_file is None and not is_local:
            raise BillingRefused("VITALAPP_SELLER_FILE is missing; it says who sends the invoices.")
        total = await run_queries.count_billable_contracts(resources.ledger, period=period)
        billed = 0
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task(f"Billing {period}", total=total)
            async for is_billed in service.bill_period(resources, period):
                billed += is_billed
                progress.advance(bar)
        return billed

    billed = run_with_resources(data_dir, run, audience=_STORES)
    click.echo(f"{period}: {billed} contracts billed.")


@click.command("credit-invoice")
@click.argument("number")
@click.option("--sessions", type=int, help="How many sessions to give back; all of them without it.")
@data_dir_option
def credit_invoice(*, number: str, sessions: int | None, data_dir: Path | None) -> None:
    """Give back the invoice NUMBER, or some of its sessions, by a credit note."""

    async def run(resources: Resources) -> str:
        return await service.credit_invoice(resources, number, sessions=sessions)

    credit = run_with_resources(data_dir, run, audience=_STORES)
    click.echo(f"{credit} credits {number}.")


COMMANDS = [release_confirmations, bill, credit_invoice]
