"""The app on somebody's phone, over HTTP, against a backend that runs in processes of its own."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx

PASSWORD = "four unrelated words, kettle"
TOKEN = re.compile(r"#token=([\w.-]+)")
PATIENCE_SECONDS = 40

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T | None]], *, seconds: float = PATIENCE_SECONDS) -> T:
    """What `look` gives once it gives something; connections that fail meanwhile are tried again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if seen := await look():
                return seen
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.1)


class Phone:
    """One person's phone: knows the address, the password and the tokens; reads the person's mail."""

    def __init__(self, told: dict[str, Any], *, email: str | None = None, display_name: str = "Kim") -> None:
        self.told = told
        self.email = email or f"{uuid4().hex}@mail.example"
        self.display_name = display_name
        self.password = PASSWORD
        self.tokens: dict[str, Any] = {}
        self.client = httpx.AsyncClient(base_url=told["api_url"], timeout=30)

    async def __aenter__(self) -> Self:
        """Switch it on."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch it off."""
        await self.client.aclose()

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request, signed in if the phone is."""
        headers: dict[str, str] = dict(options.pop("headers", {}))
        if self.tokens:
            headers.setdefault("Authorization", f"Bearer {self.tokens['access_token']}")
        return await self.client.request(method, path, headers=headers, **options)

    async def expect(self, status: int, method: str, path: str, **options: Any) -> Any:
        """The body of an answer that must have this status."""
        answer = await self.request(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def mails(self) -> list[dict[str, Any]]:
        """What has arrived for this address, oldest first."""
        answer = await self.client.get(self.told["mailbox_url"])
        return [mail for mail in answer.json() if mail["to"] == self.email]

    async def mailed_token(self, *, after: int = 0) -> str:
        """The token in the first mail after the first `after` ones that has one."""

        async def look() -> str | None:
            found = [match[1] for mail in (await self.mails())[after:] if (match := TOKEN.search(mail["text"]))]
            return found[0] if found else None

        return await eventually(look)

    async def register(self) -> None:
        """Ask for an account by the employer's link, and activate it with the token that arrives by mail."""
        mails_before = len(await self.mails())
        terms = await self.expect(200, "GET", "/v1/terms/current")
        await self.expect(
            202,
            "POST",
            "/v1/registrations",
            json={
                "link_token": self.told["registration_link_token"],
                "email": self.email,
                "display_name": self.display_name,
                "is_16_or_older": True,
                "accepted_terms_version": terms["version"],
            },
        )
        token = await self.mailed_token(after=mails_before)
        await self.expect(204, "POST", "/v1/registrations/activate", json={"token": token, "password": self.password})

    async def sign_in(self, *, device: str = "Phone") -> dict[str, Any]:
        """Sign in, and keep the tokens."""
        self.tokens = {}
        device_told = {"name": device, "platform": "android"}
        credentials = {"email": self.email, "password": self.password, "device": device_told}
        self.tokens = await self.expect(201, "POST", "/v1/sessions", json=credentials)
        return self.tokens

    async def consent(self, *, optional: bool = False) -> dict[str, Any]:
        """Agree to the current statement: what it needs, or all of it."""
        statement = await self.expect(200, "GET", "/v1/consent/statements/current")
        granted = [purpose["key"] for purpose in statement["purposes"] if purpose["is_required"] or optional]
        answer = {"statement_id": statement["id"], "sha256": statement["sha256"], "granted": granted}
        return await self.expect(201, "POST", "/v1/consent", json=answer)

    async def set_up(self) -> Self:
        """From nothing to a phone that is signed in and may keep a diary."""
        await self.register()
        await self.sign_in()
        await self.consent()
        return self
