"""People for tests: a contract to register under, and employees who are signed in, made without a mail or a slow hash.

async def test_something(people: People) -> None:
    person = await people.signed_in()
    answer = await person.get("/v1/me")
"""

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.jobs import run_jobs, waiting_mails
from vitalapp.core.fence import RaisedFence, apply_fence
from vitalapp.core.keys import token_hash
from vitalapp.core.passwords import hash_password
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session, use_access_token
from vitalapp.core.stores import transaction
from vitalapp.domains.accounts.account_service import NewAccount, create_account, open_session
from vitalapp.domains.accounts.addresses import parse_address
from vitalapp.domains.accounts.networks import network_index
from vitalapp.domains.accounts.service import create_registration_link

PASSWORD = "four unrelated words, kettle"
TERMS_VERSION = "1"
CLIENT_ADDRESS = "127.0.0.1"

_numbers = itertools.count(1)
_password_hashes: dict[int, str] = {}

INSERT_CONTRACT = """
    INSERT INTO contracts (contract_id, mail_domains, starts_on, ends_on) VALUES ($1, $2, $3, $4)
"""
CONSENT = """
    UPDATE accounts SET consented_statement_id = $2 WHERE account_id = $1
"""
GET_KEY = """
    SELECT person_id, wrapped_data_key, epoch FROM accounts WHERE account_id = $1
"""


class Person:
    """An employee, and one signed-in device of theirs."""

    def __init__(
        self, client: httpx.AsyncClient, *, email: str, access_token: str, refresh_token: str, session: Session
    ) -> None:
        self.client = client
        self.email = email
        self.password = PASSWORD
        self.access_token = access_token
        self.refresh_token = refresh_token
        self.session = session

    @property
    def account_id(self) -> UUID:
        """The id that the API shows."""
        return self.session.account_id

    @property
    def person_id(self) -> UUID:
        """The id in the vault."""
        return self.session.person_id

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this device carries."""
        return {"Authorization": f"Bearer {self.access_token}"}

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **arguments: Any
    ) -> httpx.Response:
        """A request of this device."""
        return await self.client.request(method, path, headers={**self.headers, **(headers or {})}, **arguments)

    async def get(self, path: str, **arguments: Any) -> httpx.Response:
        """A GET of this device."""
        return await self.request("GET", path, **arguments)

    async def post(self, path: str, **arguments: Any) -> httpx.Response:
        """A POST of this device."""
        return await self.request("POST", path, **arguments)

    async def put(self, path: str, **arguments: Any) -> httpx.Response:
        """A PUT of this device."""
        return await self.request("PUT", path, **arguments)

    async def patch(self, path: str, **arguments: Any) -> httpx.Response:
        """A PATCH of this device."""
        return await self.request("PATCH", path, **arguments)

    async def delete(self, path: str, **arguments: Any) -> httpx.Response:
        """A DELETE of this device."""
        return await self.request("DELETE", path, **arguments)

    async def step_up(self) -> None:
        """Prove by the password that the person is there."""
        answer = await self.post("/v1/sessions/current/step-up", json={"password": self.password})
        assert answer.status_code == 204, answer.text


class People:
    """Makes contracts and employees."""

    def __init__(self, client: httpx.AsyncClient, resources: Resources) -> None:
        self.client = client
        self.resources = resources
        self._contract_id: UUID | None = None

    async def contract(self, *, mail_domains: tuple[str, ...] = ()) -> UUID:
        """A running contract, as identity knows it."""
        contract_id, today = uuid4(), self.resources.clock().date()
        await self.resources.identity.execute(
            INSERT_CONTRACT, contract_id, list(mail_domains), today - timedelta(days=400), None
        )
        return contract_id

    async def account(
        self, *, email: str | None = None, display_name: str | None = "Kim", contract_id: UUID | None = None
    ) -> tuple[UUID, str]:
        """An activated account whose password is PASSWORD: its id and address."""
        if contract_id is None:
            self._contract_id = contract_id = self._contract_id or await self.contract()
        email = email or f"person-{next(_numbers)}@mail.example"
        new = NewAccount(
            contract_id=contract_id,
            address=parse_address(email),
            display_name=display_name,
            locale="nl",
            accepted_terms_version=TERMS_VERSION,
            password_hash=await _password_hash(self.resources),
        )
        async with transaction(self.resources.identity) as identity:
            account_id = await create_account(identity, self.resources, new)
        assert account_id, f"{email} has an account"
        return account_id, email

    async def signed_in(
        self,
        *,
        consent: bool = True,
        email: str | None = None,
        display_name: str | None = "Kim",
        contract_id: UUID | None = None,
    ) -> Person:
        """An employee who is signed in, and has given the required consent unless told otherwise."""
        account_id, email = await self.account(email=email, display_name=display_name, contract_id=contract_id)
        if consent:
            await self.consent(account_id)
        return await self.device_of(account_id, email)

    async def registered(self, *, email: str | None = None, password: str = PASSWORD) -> str:
        """An account made the real way, over HTTP and by the worker: its address."""
        self._contract_id = self._contract_id or await self.contract()
        email = email or f"person-{next(_numbers)}@mail.example"
        wish = {
            "link_token": await create_registration_link(self.resources, contract_id=self._contract_id),
            "email": email,
            "display_name": "Kim",
            "is_16_or_older": True,
            "accepted_terms_version": self.resources.legal_texts.current("terms", self.resources.clock()).version,
        }
        answer = await self.client.post("/v1/registrations", json=wish)
        assert answer.status_code == 202, answer.text
        token = await self.mailed_token(email)
        answer = await self.client.post("/v1/registrations/activate", json={"token": token, "password": password})
        assert answer.status_code == 204, answer.text
        return email

    async def mailed_token(self, email: str) -> str:
        """The token in the newest mail to an address, once the worker has done its work."""
        await run_jobs(self.resources)
        mails = [mail for mail in await waiting_mails(self.resources) if mail.to == email and "token" in mail.params]
        return mails[-1].params["token"]

    async def sign_in(self, email: str, *, password: str = PASSWORD, **changes: Any) -> httpx.Response:
        """The answer to a sign-in from a test phone."""
        body = {"email": email, "password": password, "device": {"name": "Test phone", "platform": "ios"}, **changes}
        return await self.client.post("/v1/sessions", json=body)

    async def device_of(self, account_id: UUID, email: str, *, name: str = "Test phone") -> Person:
        """One more signed-in device of an account."""
        row = await self.resources.identity.fetchrow(GET_KEY, account_id)
        assert row
        async with transaction(self.resources.identity) as identity:
            pair = await open_session(
                identity,
                self.resources,
                account_id=account_id,
                key=self.resources.keys.unwrap(row["person_id"], row["wrapped_data_key"]),
                device_name=name,
                platform="ios",
                network_index=network_index(self.resources.keys, CLIENT_ADDRESS),
            )
        session = await use_access_token(self.resources, hashed=token_hash(pair.access_token))
        assert session
        return Person(
            self.client, email=email, access_token=pair.access_token, refresh_token=pair.refresh_token, session=session
        )

    async def consent(self, account_id: UUID) -> None:
        """Let a person in as their consent would, without its record; `POST /v1/consent` is the real way."""
        row = await self.resources.identity.fetchrow(GET_KEY, account_id)
        assert row
        statement = self.resources.legal_texts.current("consent", self.resources.clock())
        await self.resources.identity.execute(CONSENT, account_id, statement.id)
        fence = RaisedFence(person_id=row["person_id"], epoch=row["epoch"], is_restricted=False, is_opening=True)
        await apply_fence(self.resources.vault, fence)


@pytest.fixture
def people(client: httpx.AsyncClient, resources: Resources) -> People:
    """Makes people for a test."""
    return People(client, resources)


async def _password_hash(resources: Resources) -> str:
    memory = resources.settings.password_memory_kib
    if memory not in _password_hashes:
        _password_hashes[memory] = await hash_password(resources.settings, PASSWORD)
    return _password_hashes[memory]
