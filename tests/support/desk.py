"""Somebody of the staff at the admin API, over HTTP, against a backend that runs in processes of its own."""

from types import TracebackType
from typing import Any, Self

import httpx
from pyotp.totp import TOTP


class Desk:
    """One member of the local run's staff; a code of the authenticator works once in 30 seconds."""

    def __init__(self, url: str, member: dict[str, Any]) -> None:
        self.member = member
        self.client = httpx.AsyncClient(base_url=url, timeout=30)
        self.access_token = ""

    async def __aenter__(self) -> Self:
        """Sign in."""
        credentials = {name: self.member[name] for name in ("email", "password")}
        proof = {"second_factor": TOTP(self.member["totp_secret"]).now()}
        self.access_token = (await self.expect(201, "POST", "/admin/v1/sessions", json=credentials | proof))["access_token"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the desk."""
        await self.client.aclose()

    async def expect(self, status: int, method: str, path: str, **options: Any) -> Any:
        """The body of an answer that must have this status."""
        headers = {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}
        answer = await self.client.request(method, path, headers=headers, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None
