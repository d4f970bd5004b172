"""`vitalapp employer …`: employers, contracts, registration links and API keys; secrets are printed once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import rich_click as click

from vitalapp.core.commands import data_dir_option, run_with_resources
from vitalapp.core.employer_auth import SCOPES, Scope
from vitalapp.core.failures import Failure
from vitalapp.core.problems import Problem
from vitalapp.core.resources import Resources
from vitalapp.domains.employers import service
from vitalapp.domains.employers.schemas import ContractEnd, ContractInput, EmployerInput, KeyInput, LinkInput

T = TypeVar("T")

_DATE = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def employer() -> None:
    """Enter employers, contracts, registration links and API keys."""


def _run(data_dir: Path | None, work: Callable[[Resources], Awaitable[Any]]) -> None:
    try:
        done = run_with_resources(data_dir, work, audience="operator")
    except Problem as problem:
        raise Failure(problem.detail) from None
    if done is not None:
        click.echo(msgspec.json.format(msgspec.json.encode(done), indent=2).decode())


def _checked(values: dict[str, Any], kind: type[T]) -> T:
    """The values as the API would take them."""
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise click.UsageError(f"{error}.") from None


@employer.command("create")
@click.option("--name", required=True)
@click.option("--kvk", help="Chamber of Commerce number, 8 digits.")
@click.option("--oin", help="Government organisation number, 20 digits.")
@click.option("--billing-email", required=True)
@click.option("--street", required=True)
@click.option("--postcode", required=True)
@click.option("--city", required=True)
@data_dir_option
def create_employer(
    *,
    name: str,
    kvk: str | None,
    oin: str | None,
    billing_email: str,
    street: str,
    postcode: str,
    city: str,
    data_dir: Path | None,
) -> None:
    """Enter an employer."""
    if (kvk is None) == (oin is None):
        raise click.UsageError("Give either --kvk or --oin.")
    data = _checked(
        {
            "name": name,
            "registration_scheme": "KVK" if kvk else "OIN",
            "registration_number": kvk or oin,
            "billing_email": billing_email,
            "address": {"street": street, "postcode": postcode, "city": city},
        },
        EmployerInput,
    )
    _run(data_dir, lambda resources: service.create_employer(resources, data))


@employer.command("contract")
@click.argument("employer_id", type=click.UUID)
@click.option("--reference", required=True)
@click.option("--headcount", required=True, type=click.IntRange(min=1))
@click.option("--session-price", required=True, help="Euros without VAT, such as 95.00.")
@click.option("--cancellation-notice-hours", default=24, show_default=True, type=click.IntRange(0, 336))
@click.option("--mail-domain", "mail_domains", multiple=True, help="A domain of the employer's own; may be repeated.")
@click.option("--starts-on", required=True, type=_DATE)
@data_dir_option
def create_contract(
    *,
    employer_id: UUID,
    reference: str,
    headcount: int,
    session_price: str,
    cancellation_notice_hours: int,
    mail_domains: tuple[str, ...],
    starts_on: datetime,
    data_dir: Path | None,
) -> None:
    """Enter a contract of an employer."""
    values = {
        "reference": reference,
        "headcount": headcount,
        "session_price": session_price,
        "cancellation_notice_hours": cancellation_notice_hours,
        "mail_domains": mail_domains,
        "starts_on": starts_on.date(),
    }
    data = _checked(values, ContractInput)
    _run(data_dir, lambda resources: service.create_contract(resources, employer_id, data))


@employer.command("end-contract")
@click.argument("employer_id", type=click.UUID)
@click.argument("contract_id", type=click.UUID)
@click.option("--ends-on", required=True, type=_DATE)
@data_dir_option
def end_contract(*, employer_id: UUID, contract_id: UUID, ends_on: datetime, data_dir: Path | None) -> None:
    """Set the last day of a contract."""
    data = ContractEnd(ends_on=ends_on.date())
    _run(data_dir, lambda resources: service.end_contract(resources, employer_id, contract_id, data))


@employer.command("link")
@click.argument("employer_id", type=click.UUID)
@click.argument("contract_id", type=click.UUID)
@data_dir_option
def create_registration_link(*, employer_id: UUID, contract_id: UUID, data_dir: Path | None) -> None:
    """Make a registration link of a contract."""
    _run(
        data_dir,
        lambda resources: service.create_registration_link(resources, employer_id, contract_id, LinkInput()),
    )


@employer.command("revoke-links")
@click.argument("employer_id", type=click.UUID)
@click.argument("contract_id", type=click.UUID)
@data_dir_option
def revoke_registration_links(*, employer_id: UUID, contract_id: UUID, data_dir: Path | None) -> None:
    """End every registration link of a contract at once."""
    _run(data_dir, lambda resources: service.revoke_registration_links(resources, employer_id, contract_id))


@employer.command("key")
@click.argument("employer_id", type=click.UUID)
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=SCOPES, help="May be repeated.")
@click.option("--expires-on", type=_DATE, help="The first day, in UTC, on which it no longer works.")
@data_dir_option
def create_api_key(
    *, employer_id: UUID, scopes: tuple[Scope, ...], expires_on: datetime | None, data_dir: Path | None
) -> None:
    """Make an API key of an employer."""
    data = KeyInput(scopes=scopes, expires_at=expires_on and expires_on.replace(tzinfo=UTC))
    _run(data_dir, lambda resources: service.create_api_key(resources, employer_id, data))


@employer.command("revoke-key")
@click.argument("employer_id", type=click.UUID)
@click.argument("key_id", type=click.UUID)
@data_dir_option
def revoke_api_key(*, employer_id: UUID, key_id: UUID, data_dir: Path | None) -> None:
    """End an API key at once."""
    _run(data_dir, lambda resources: service.revoke_api_key(resources, employer_id, key_id))


COMMANDS = [employer]
