"""Where the local run's mails and pushes end: kept in memory, shown as JSON, never sent on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from vitalapp.dev.loopback_http import Answer, serve_loopback

_TOKEN_SECONDS = 3600


class ReceivedMail(msgspec.Struct, frozen=True):
    """One mail as it arrived."""

    to: str
    from_: str = msgspec.field(name="from")
    subject: str
    headers: dict[str, str]
    text: str | None
    html: str | None
    received_at: datetime


class ReceivedPush(msgspec.Struct, frozen=True):
    """One FCM v1 message as it arrived; `target` is its registration token or installation id."""

    target: str
    message: dict[str, Any]
    received_at: datetime


class Mailbox:
    """An SMTP server that takes every mail, and a page that shows them, newest last."""

    def __init__(self) -> None:
        self.mails: list[ReceivedMail] = []

    async def take(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep a mail."""
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        self.mails.append(
            ReceivedMail(
                to=", ".join(envelope.rcpt_tos),
                from_=str(message["From"]),
                subject=str(message["Subject"]),
                headers={name: str(value) for name, value in message.items()},
                text=text.get_content() if text else None,
                html=html.get_content() if html else None,
                received_at=datetime.now(UTC),
            )
        )
        return "250 OK"

    # The name that aiosmtpd looks for.
    handle_DATA = take

    async def show(self, method: str, path: str, _body: bytes) -> Answer:
        """`GET /` is every mail that arrived."""
        return (HTTPStatus.OK, self.mails) if (method, path) == ("GET", "/") else (HTTPStatus.NOT_FOUND, None)


class PushInbox:
    """An FCM that accepts every message and every credential, and a page that shows them, newest last."""

    def __init__(self) -> None:
        self.pushes: list[ReceivedPush] = []

    async def answer(self, method: str, path: str, body: bytes) -> Answer:
        """`POST /token` signs in, `POST …/messages:send` takes a message, `GET /` is every message that arrived."""
        match method, path:
            case "GET", "/":
                return HTTPStatus.OK, self.pushes
            case "POST", "/token":
                return HTTPStatus.OK, {"access_token": uuid4().hex, "expires_in": _TOKEN_SECONDS, "token_type": "Bearer"}
            case "POST", _ if path.endswith("/messages:send"):
                return self._take(path, body)
            case _:
                return HTTPStatus.NOT_FOUND, None

    def _take(self, path: str, body: bytes) -> Answer:
        message = msgspec.json.decode(body)["message"]
        target = message.get("fid") or message.get("token") or ""
        self.pushes.append(ReceivedPush(target, message, datetime.now(UTC)))
        return HTTPStatus.OK, {"name": f"{path.removeprefix('/v1/').removesuffix(':send')}/{uuid4().hex}"}


@asynccontextmanager
async def open_sinks(*, smtp_port: int, mailbox_port: int, push_port: int) -> AsyncIterator[None]:
    """Take mails and pushes for the length of the block."""
    mailbox = Mailbox()
    inbox = PushInbox()
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(lambda: SMTP(mailbox, hostname="localhost"), "127.0.0.1", smtp_port),
        await serve_loopback(mailbox.show, port=mailbox_port),
        await serve_loopback(inbox.answer, port=push_port),
    ]
    try:
        yield
    finally:
        for server in servers:
            server.close()
