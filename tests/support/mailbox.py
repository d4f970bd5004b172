"""A real SMTP server on the test's own loop that keeps what it is given, or refuses it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession


class Mailbox:
    """What arrived, newest last; `at_recipient` and `at_data` are the answers that it gives."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.at_recipient = "250 OK"
        self.at_data = "250 OK"
        self.port = 0

    @property
    def url(self) -> str:
        """What `VITALAPP_SMTP_URL` names it by."""
        return f"smtp://127.0.0.1:{self.port}"

    async def take_recipient(
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def take_message(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:
        """Keep or refuse a message."""
        if self.at_data.startswith("250"):
            self.recipients += envelope.rcpt_tos
            assert isinstance(envelope.content, bytes)
            self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.at_data

    # The names that aiosmtpd looks for.
    handle_RCPT = take_recipient
    handle_DATA = take_message


@asynccontextmanager
async def open_mailbox(port: int = 0) -> AsyncIterator[Mailbox]:
    """A mailbox that listens for the length of the block."""
    mailbox = Mailbox()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mailbox, hostname="mail.example"), "127.0.0.1", port
    )
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
