"""`vitalapp contact-messages`: how our support staff read what was written to them."""

from pathlib import Path

import msgspec
import rich_click as click

from vitalapp.core.commands import data_dir_option, run_with_resources
from vitalapp.domains.information.service import list_contact_messages


@click.command("contact-messages")
@click.option("--json", "is_json", is_flag=True, help="One JSON document.")
@data_dir_option
def contact_messages(*, is_json: bool, data_dir: Path | None) -> None:
    """Show the messages of the contact form, oldest first; each is deleted 90 days after it came in."""
    messages = run_with_resources(data_dir, list_contact_messages)
    if is_json:
        click.echo(msgspec.json.encode(messages))
        return
    for received in messages:
        message = received.message
        sender = ", ".join(part for part in (message.name, message.email, message.phone) if part)
        click.echo(f"{received.received_at:%Y-%m-%d %H:%M} UTC  {sender}")
        click.echo("\n".join(part for part in (message.subject, message.message) if part) + "\n")


COMMANDS = [contact_messages]
