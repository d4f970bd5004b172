"""What coaching has told: mails, content-free, decided in the vault and sent from identity, which knows the addresses."""

from datetime import date, timedelta
from typing import Final, Literal
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.legal_texts import PROVIDER_TIME_ZONE
from vitalapp.core.mail_templates import TemplateKey
from vitalapp.core.outbox import put_outbox
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Connection

PERSON_MAIL: Final = "coaching_mail"
STAFF_MAIL: Final = "staff_mail"
UNBILLED_LINE: Final = "unbilled_line"
REMIND_BEFORE: Final = timedelta(hours=24)


class PersonMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to a person.

    Shape: with `appointment_id` it goes out only while the appointment has that `version` and is booked.
    """

    person_id: UUID
    template: TemplateKey
    appointment_id: UUID | None = None
    version: int | None = None


class StaffMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to a member of staff."""

    staff_id: UUID
    template: TemplateKey


class UnbilledLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger is told of a delivered session or a completed intake.

    Shape: `delivered_on` is the first day of the month of delivery; nothing leads back to the person.
    """

    contract_id: UUID
    kind: Literal["intake", "session"]
    trajectory_reference: UUID
    delivered_on: date


def session_line(row: asyncpg.Record) -> UnbilledLine:
    """The line of an attended or late-cancelled appointment, whatever its kind: the employer sees sessions only."""
    return UnbilledLine(
        contract_id=row["contract_id"],
        kind="session",
        trajectory_reference=row["ledger_reference"],
        delivered_on=row["starts_at"].astimezone(PROVIDER_TIME_ZONE).date().replace(day=1),
    )


async def tell_person(vault: Connection, resources: Resources, mail: PersonMail) -> None:
    """Have a mail sent if the caller's transaction commits; an erasure takes it back."""
    await put_outbox(
        vault,
        seal_key=resources.outbox_key("vault"),
        kind=PERSON_MAIL,
        payload=mail,
        now=resources.clock(),
        subject_index=resources.keys.blind_index("subject", mail.person_id.bytes),
        is_ordered=False,
    )


async def tell_staff(vault: Connection, resources: Resources, mail: StaffMail) -> None:
    """Have a mail sent to a member of staff if the caller's transaction commits."""
    await put_outbox(vault, seal_key=resources.outbox_key("vault"), kind=STAFF_MAIL, payload=mail, now=resources.clock())


async def carry_to_ledger(vault: Connection, resources: Resources, line: UnbilledLine) -> None:
    """Have the ledger take a line over if the caller's transaction commits.

    An erasure does not take it back: it names nobody, and no administration is lost by a deletion.
    Rule: S1-29, S1-36.
    """
    await put_outbox(vault, seal_key=resources.outbox_key("vault"), kind=UNBILLED_LINE, payload=line, now=resources.clock())
