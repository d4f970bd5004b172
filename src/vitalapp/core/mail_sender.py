"""The worker's side of mail: carries each row to the mail server, and deletes it when it is carried."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
import msgspec
import structlog

from vitalapp.core.jobs import defer_job
from vitalapp.core.mail import SEAL_PURPOSE, SEND_TASK, Mail
from vitalapp.core.mail_rendering import render, unsubscribe_url
from vitalapp.core.mail_templates import TEMPLATES, TemplateKey
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import SealBroken
from vitalapp.core.settings import Settings
from vitalapp.core.stores import Connection, transaction
from vitalapp.core.tasks import Task

GIVE_UP_AFTER: Final = timedelta(days=5)
FIRST_RETRY: Final = timedelta(seconds=2)
LONGEST_RETRY: Final = timedelta(minutes=15)
# Less than a statement may take, so that an erasure that waits for a mail under way does not fail on it.
SEND_SECONDS: Final = 8

logger = structlog.get_logger()


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that will never arrive: what kind it was and whose, as the row named its subject."""

    template: TemplateKey
    subject_index: bytes | None
    to: str


class BounceHandler(msgspec.Struct, frozen=True, kw_only=True):
    """What a domain does about a mail of one template that bounced, in the transaction that deletes the mail."""

    template: TemplateKey
    handle: Callable[[Resources, Connection, Bounce], Awaitable[None]]


class MailCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How a domain says whether a mail of one template still holds, asked in the moment before it leaves."""

    template: TemplateKey
    is_current: Callable[[Resources, Mail], Awaitable[bool]]


class RecipientRefused(Exception):
    """The mail server says that this recipient or this mail will never be accepted."""


LOCK_MAIL = """
    -- Waits for an erasure or another sender under way, and finds nothing if that one deleted it.
    SELECT payload_sealed, subject_index, attempts, created_at FROM mails WHERE mail_id = $1 FOR UPDATE
"""
DELETE_MAIL = """
    DELETE FROM mails WHERE mail_id = $1
"""
COUNT_ATTEMPT = """
    UPDATE mails SET attempts = attempts + 1 WHERE mail_id = $1
"""


def send_mail_task(bounce_handlers: Iterable[BounceHandler], checks: Iterable[MailCheck] = ()) -> Task:
    """The worker's job that carries one mail."""
    by_template: dict[TemplateKey, BounceHandler] = {handler.template: handler for handler in bounce_handlers}
    check_by_template: dict[TemplateKey, MailCheck] = {check.template: check for check in checks}

    async def run(resources: Resources, arguments: dict[str, Any]) -> None:
        mail_id = UUID(arguments["mail_id"])
        await send_mail(resources, mail_id=mail_id, bounce_handlers=by_template, checks=check_by_template)

    return Task(store="identity", name=SEND_TASK, run=run)


async def send_mail(
    resources: Resources,
    *,
    mail_id: UUID,
    bounce_handlers: Mapping[TemplateKey, BounceHandler],
    checks: Mapping[TemplateKey, MailCheck] | None = None,
) -> None:
    """Carry one mail; a row that is gone was carried or erased before, and one that no longer holds is dropped.

    A mail server that is away is tried again, later each time, for five days. A refused recipient is handed to the
    bounce handler of its template, in the transaction that deletes the mail.
    Locks: the row while it is sent, so that no mail leaves after the erasure that deleted it.
    """
    async with transaction(resources.identity) as connection:
        row = await connection.fetchrow(LOCK_MAIL, mail_id)
        if row is None:
            return
        try:
            opened = resources.keys.system(SEAL_PURPOSE).open(mail_id, row["payload_sealed"])
            mail = msgspec.json.decode(opened, type=Mail)
        except (SealBroken, msgspec.ValidationError) as error:
            logger.warning("mail_unreadable", mail_id=str(mail_id), error=type(error).__name__)
            await connection.execute(DELETE_MAIL, mail_id)
            return
        check = (checks or {}).get(mail.template)
        if check is not None and not await check.is_current(resources, mail):
            await connection.execute(DELETE_MAIL, mail_id)
            return
        message = compose(mail, mail_id=mail_id, created_at=row["created_at"], settings=resources.settings)
        try:
            await hand_over(message, to=mail.to, settings=resources.settings)
        except RecipientRefused:
            logger.warning("mail_bounced", mail_id=str(mail_id), template=mail.template)
            if handler := bounce_handlers.get(mail.template):
                bounce = Bounce(template=mail.template, subject_index=row["subject_index"], to=mail.to)
                await handler.handle(resources, connection, bounce)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            now = resources.clock()
            logger.warning("mail_waits", mail_id=str(mail_id), attempts=row["attempts"], error=type(error).__name__)
            if now - row["created_at"] < GIVE_UP_AFTER:
                await connection.execute(COUNT_ATTEMPT, mail_id)
                due_at = now + retry_delay(row["attempts"])
                await defer_job(connection, task=SEND_TASK, arguments={"mail_id": mail_id}, scheduled_at=due_at)
                return
        await connection.execute(DELETE_MAIL, mail_id)


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after that many earlier failures: 2 s, doubled each time, a quarter of an hour at most."""
    return min(FIRST_RETRY * 2 ** min(attempts, 16), LONGEST_RETRY)


def compose(mail: Mail, *, mail_id: UUID, created_at: datetime, settings: Settings) -> EmailMessage:
    """The message as it goes over the line; sent twice, it is the same message.

    Rule: RFC 3834 Auto-Submitted; RFC 8058 one-click unsubscribing, for what a person may unsubscribe from.
    """
    rendered = render(mail.template, locale=mail.locale, public_url=settings.public_url, params=mail.params)
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.mail_from
    message["To"] = mail.to
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(created_at)
    message["Message-ID"] = f"<{mail_id}@{sender_address(settings).rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.locale
    if not TEMPLATES[mail.template].is_service:
        message["List-Unsubscribe"] = f"<{unsubscribe_url(settings.public_url, mail.params)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    return message


def sender_address(settings: Settings) -> str:
    """The bare address of the one sender."""
    return parseaddr(settings.mail_from)[1]


async def hand_over(message: EmailMessage, *, to: str, settings: Settings) -> None:
    """Give one message to the mail server.

    Shape: `smtp://` takes TLS where it is offered, `smtp+starttls://` insists on it, `smtps://` begins with it.
    Raises: RecipientRefused; aiosmtplib.SMTPException, OSError or TimeoutError where another time may succeed.
    """
    server = urlsplit(settings.smtp_url)
    async with asyncio.timeout(SEND_SECONDS):
        try:
            await aiosmtplib.send(
                message,
                sender=sender_address(settings),
                recipients=[to],
                hostname=server.hostname or "localhost",
                port=server.port,
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                start_tls=True if server.scheme == "smtp+starttls" else None,
                timeout=SEND_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            if any(recipient.code >= 500 for recipient in refused.recipients):
                raise RecipientRefused from None
            raise
        except aiosmtplib.SMTPDataError as error:
            if error.code >= 500:
                raise RecipientRefused from None
            raise
        except aiosmtplib.SMTPNotSupported:
            if not to.isascii():
                raise RecipientRefused from None
            raise
