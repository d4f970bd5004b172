"""`vitalapp staff`: the first operator, and help for who lost their authenticator when no operator can sign in."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import rich_click as click

from vitalapp.core.commands import data_dir_option, run_with_resources
from vitalapp.core.failures import Failure
from vitalapp.core.problems import Problem
from vitalapp.core.resources import Resources
from vitalapp.core.staff_sessions import STAFF_ROLES, StaffRole
from vitalapp.domains.staff import service
from vitalapp.domains.staff.schemas import Profession, StaffInput, StaffProfile, StaffSecrets

T = TypeVar("T")


@click.group("staff")
def staff() -> None:
    """Staff accounts: create, list, sign, close."""


@staff.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True, help="As employees see it.")
@click.option("--role", type=click.Choice(STAFF_ROLES), required=True)
@click.option("--profession", type=click.Choice(["coach", "psychologist"]), help="Of a coach.")
@click.option("--signed-on", type=click.DateTime(["%Y-%m-%d"]), help="The day on which confidentiality was signed.")
@data_dir_option
def create(
    *,
    email: str,
    name: str,
    role: StaffRole,
    profession: Profession | None,
    signed_on: datetime | None,
    data_dir: Path | None,
) -> None:
    """Add a member of staff and print how they sign in, once."""
    data = StaffInput(
        email=email,
        display_name=name,
        role=role,
        profession=profession,
        confidentiality_signed_on=signed_on.date() if signed_on else None,
    )

    async def work(resources: Resources) -> StaffSecrets:
        return await service.create_staff(resources, data)

    _print_secrets(_run(data_dir, work))


@staff.command("list")
@data_dir_option
def list_(*, data_dir: Path | None) -> None:
    """Print id, role, whether they may work, and address of everybody."""
    for profile in _run(data_dir, service.list_staff):
        state = "active" if profile.is_active and profile.confidentiality_signed_on else "inactive"
        click.echo(f"{profile.id}  {profile.role:<18}  {state:<8}  {profile.email}")


@staff.command("sign")
@click.argument("staff_id", type=click.UUID)
@click.option("--on", "signed_on", type=click.DateTime(["%Y-%m-%d"]), required=True)
@data_dir_option
def sign(*, staff_id: UUID, signed_on: datetime, data_dir: Path | None) -> None:
    """Note when somebody signed their confidentiality statement."""

    async def work(resources: Resources) -> StaffProfile:
        return await service.sign_confidentiality(resources, staff_id, signed_on.date())

    _run(data_dir, work)


@staff.command("close")
@click.argument("staff_id", type=click.UUID)
@data_dir_option
def close(*, staff_id: UUID, data_dir: Path | None) -> None:
    """Close an account, from the next request on."""

    async def work(resources: Resources) -> StaffProfile:
        return await service.deactivate_staff(resources, staff_id)

    _run(data_dir, work)


@staff.command("renew")
@click.argument("staff_id", type=click.UUID)
@data_dir_option
def renew(*, staff_id: UUID, data_dir: Path | None) -> None:
    """Replace password and authenticator, and print the new ones once."""

    async def work(resources: Resources) -> StaffSecrets:
        return await service.replace_staff_credentials(resources, staff_id)

    _print_secrets(_run(data_dir, work))


def _run(data_dir: Path | None, work: Callable[[Resources], Awaitable[T]]) -> T:
    try:
        return run_with_resources(data_dir, work, audience="operator")
    except Problem as problem:
        raise Failure(problem.errors[0].detail if problem.errors else problem.detail) from None


def _print_secrets(secrets: StaffSecrets) -> None:
    click.echo(f"id             {secrets.id}")
    click.echo(f"email          {secrets.email}")
    click.echo(f"password       {secrets.password}")
    click.echo(f"authenticator  {secrets.totp_secret}")
    click.echo(f"               {secrets.otpauth_uri}")


COMMANDS = [staff]
