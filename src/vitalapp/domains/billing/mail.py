"""The mail with an invoice, to the employer's billing contact; as minimal as the API."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from vitalapp.core.jobs import defer_job
from vitalapp.core.mail import Mail
from vitalapp.core.mail_sender import RecipientRefused, compose, hand_over
from vitalapp.core.resources import Resources
from vitalapp.core.stores import transaction
from vitalapp.domains.billing import queries
from vitalapp.domains.billing.pdf import render_pdf
from vitalapp.domains.billing.service import MAIL_TASK

_LOST_AFTER = timedelta(minutes=10)

logger = structlog.get_logger()


async def send_invoice_mail(resources: Resources, invoice_id: UUID) -> None:
    """Mail an invoice with its PDF; one that was mailed is left alone.

    A kill between the server's 250 and our commit repeats it, with the same Message-ID.
    Raises: what `hand_over` raises, so that the job is tried again.
    Locks: the row while the mail is sent.
    """
    async with transaction(resources.ledger) as ledger:
        row = await queries.lock_invoice_mail(ledger, invoice_id=invoice_id)
        if row is None:
            return
        document = queries.decode_document(row)
        message = compose(
            Mail(to=document.buyer.email, template="employer_invoice", locale="nl", params={}),
            mail_id=invoice_id,
            created_at=row["created_at"],
            settings=resources.settings,
        )
        pdf = await asyncio.to_thread(render_pdf, document)
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{document.number}.pdf")
        try:
            await hand_over(message, to=document.buyer.email, settings=resources.settings)
        except RecipientRefused:
            logger.warning("invoice_mail_refused", invoice_id=str(invoice_id))
        await queries.delete_invoice_mail(ledger, invoice_id=invoice_id)


async def redefer_invoice_mails(resources: Resources, slot: datetime) -> None:
    """Give invoice mails whose job was lost a new one."""
    for invoice_id in await queries.list_waiting_invoice_mails(resources.ledger, before=slot - _LOST_AFTER):
        async with transaction(resources.ledger) as ledger:
            await defer_job(ledger, task=MAIL_TASK, queue="employer", arguments={"invoice_id": invoice_id})
