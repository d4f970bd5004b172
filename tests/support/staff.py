"""Staff for tests: of any role, signed in, made without a slow hash.

async def test_something(workers: Workers) -> None:
    coach = await workers.signed_in("coach")
    answer = await coach.get("/admin/v1/me")
"""

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pyotp.totp import TOTP

from vitalapp.core.keys import new_token, token_hash
from vitalapp.core.resources import Resources
from vitalapp.core.staff_sessions import LONGEST, STAFF_ACCESS_PREFIX, STAFF_REFRESH_PREFIX, StaffRole
from vitalapp.domains.staff import service, session_queries
from vitalapp.domains.staff.schemas import Profession, StaffInput, StaffSecrets

_numbers = itertools.count(1)


class Worker:
    """A member of staff, and a session of theirs."""

    def __init__(self, client: httpx.AsyncClient, secrets: StaffSecrets, access_token: str, resources: Resources) -> None:
        self.client = client
        self.secrets = secrets
        self.access_token = access_token
        self.resources = resources

    @property
    def staff_id(self) -> UUID:
        """The id, which is a coach's id to employees."""
        return self.secrets.id

    @property
    def code(self) -> str:
        """What the authenticator app shows now."""
        return TOTP(self.secrets.totp_secret).at(self.resources.clock())

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this session carries."""
        return {"Authorization": f"Bearer {self.access_token}"}

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **arguments: Any
    ) -> httpx.Response:
        """A request of this session."""
        return await self.client.request(method, path, headers={**self.headers, **(headers or {})}, **arguments)

    async def get(self, path: str, **arguments: Any) -> httpx.Response:
        """A GET of this session."""
        return await self.request("GET", path, **arguments)

    async def post(self, path: str, **arguments: Any) -> httpx.Response:
        """A POST of this session."""
        return await self.request("POST", path, **arguments)

    async def put(self, path: str, **arguments: Any) -> httpx.Response:
        """A PUT of this session."""
        return await self.request("PUT", path, **arguments)

    async def delete(self, path: str, **arguments: Any) -> httpx.Response:
        """A DELETE of this session."""
        return await self.request("DELETE", path, **arguments)


class Workers:
    """Makes staff."""

    def __init__(self, client: httpx.AsyncClient, resources: Resources) -> None:
        self.client = client
        self.resources = resources

    async def created(
        self,
        role: StaffRole = "coach",
        *,
        profession: Profession = "coach",
        display_name: str = "Els de Wit",
        has_signed: bool = True,
    ) -> Worker:
        """A member of staff who has not signed in."""
        secrets = await service.create_staff(
            self.resources,
            StaffInput(
                email=f"staff-{next(_numbers)}@care.example",
                display_name=display_name,
                role=role,
                profession=profession if role == "coach" else None,
                confidentiality_signed_on=self.resources.clock().date() - timedelta(days=1) if has_signed else None,
            ),
        )
        return Worker(self.client, secrets, "", self.resources)

    async def signed_in(
        self, role: StaffRole = "coach", *, profession: Profession = "coach", display_name: str = "Els de Wit"
    ) -> Worker:
        """A member of staff with a running session; its access token lasts as long as the session may."""
        return await self.again(await self.created(role, profession=profession, display_name=display_name))

    async def again(self, worker: Worker) -> Worker:
        """The same member of staff with a new session; its access token lasts as long as the session may."""
        access_token = new_token(STAFF_ACCESS_PREFIX)
        now = self.resources.clock()
        await session_queries.insert_session(
            self.resources.identity,
            session_id=uuid4(),
            staff_id=worker.staff_id,
            refresh_token_hash=token_hash(new_token(STAFF_REFRESH_PREFIX)),
            now=now,
            absolute_expires_at=now + LONGEST,
            access_token_hash=token_hash(access_token),
            expires_at=now + LONGEST,
        )
        return Worker(self.client, worker.secrets, access_token, self.resources)


@pytest.fixture
def workers(client: httpx.AsyncClient, resources: Resources) -> Workers:
    """Makes staff for a test."""
    return Workers(client, resources)
