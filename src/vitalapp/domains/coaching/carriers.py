"""Carries what the vault decided to identity (mail) and to the ledger (lines), and reminds people of appointments."""

from datetime import datetime
from uuid import UUID

import msgspec

from vitalapp.core.mail import Mail, enqueue_mail
from vitalapp.core.resources import Resources
from vitalapp.core.stores import transaction
from vitalapp.domains.billing.service import record_line
from vitalapp.domains.coaching import notice_queries
from vitalapp.domains.coaching.notices import REMIND_BEFORE, PersonMail, StaffMail, UnbilledLine, tell_person
from vitalapp.domains.staff.service import get_staff

_BATCH = 500


async def carry_person_mail(resources: Resources, outbox_id: UUID, payload: bytes) -> None:
    """Put a mail to a person beside their address; nothing for who is gone, or whose appointment has changed since."""
    mail = msgspec.json.decode(payload, type=PersonMail)
    person = await notice_queries.find_addressee(resources.identity, person_id=mail.person_id)
    if person is None or not await is_mail_current(resources, mail):
        return
    key = resources.keys.unwrap(mail.person_id, person["wrapped_data_key"])
    async with transaction(resources.identity) as identity:
        await enqueue_mail(
            identity,
            resources.keys,
            mail_id=outbox_id,
            to=key.open("accounts", person["account_id"], "email_sealed", person["email_sealed"]).decode(),
            template=mail.template,
            locale=person["locale"],
            now=resources.clock(),
            subject_index=resources.keys.blind_index("subject", mail.person_id.bytes),
            reference=msgspec.json.encode(mail).decode(),
        )


async def is_mail_current(resources: Resources, mail: PersonMail) -> bool:
    """Whether what a mail says still holds: a reminder's appointment is booked, unchanged, and its person not restricted.

    Rule: pitfall 3, no stale reminder; S1-19 and S2-05, none under a restriction or without consent.
    """
    if mail.appointment_id is None:
        return True
    consented_id = await notice_queries.find_consented_statement(resources.identity, person_id=mail.person_id)
    if consented_id not in resources.legal_texts.accepted_statement_ids(resources.clock()):
        return False
    return await notice_queries.is_appointment_current(
        resources.vault,
        person_id=mail.person_id,
        appointment_id=mail.appointment_id,
        version=mail.version or 0,
        now=resources.clock(),
    )


async def is_reminder_current(resources: Resources, mail: Mail) -> bool:
    """Asked in the moment before a reminder leaves."""
    return mail.reference is not None and await is_mail_current(
        resources, msgspec.json.decode(mail.reference, type=PersonMail)
    )


async def carry_staff_mail(resources: Resources, outbox_id: UUID, payload: bytes) -> None:
    """Put a mail to a member of staff beside their address."""
    mail = msgspec.json.decode(payload, type=StaffMail)
    profile = await get_staff(resources, mail.staff_id)
    if not profile.is_active:
        return
    async with transaction(resources.identity) as identity:
        await enqueue_mail(
            identity,
            resources.keys,
            mail_id=outbox_id,
            to=profile.email,
            template=mail.template,
            locale=profile.locale,
            now=resources.clock(),
        )


async def carry_unbilled_line(resources: Resources, outbox_id: UUID, payload: bytes) -> None:
    """Have the ledger take a line over, once."""
    line = msgspec.json.decode(payload, type=UnbilledLine)
    await record_line(
        resources,
        line_id=outbox_id,
        contract_id=line.contract_id,
        kind=line.kind,
        trajectory_reference=line.trajectory_reference,
        delivered_on=line.delivered_on,
    )


async def remind_of_appointments(resources: Resources, _slot: datetime) -> None:
    """Remind people of appointments of the coming day, once for each time of an appointment.

    What is claimed here is checked again when the mail leaves.
    """
    now = resources.clock()
    while True:
        async with transaction(resources.vault) as vault:
            rows = await notice_queries.take_due_reminders(vault, now=now, until=now + REMIND_BEFORE, limit=_BATCH)
            for row in rows:
                mail = PersonMail(
                    person_id=row["person_id"],
                    template="appointment_reminder",
                    appointment_id=row["appointment_id"],
                    version=row["version"],
                )
                await tell_person(vault, resources, mail)
        if len(rows) < _BATCH:
            return
