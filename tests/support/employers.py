"""Employers for tests: with a contract, a key, and sessions delivered under it."""

import itertools
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from vitalapp.core.resources import Resources
from vitalapp.domains.billing.lines import LineKind, record_line
from vitalapp.domains.employers import service
from vitalapp.domains.employers.schemas import Address, ContractInput, EmployerInput, KeyInput

ADDRESS = Address(street="Dam 1", postcode="1012 JS", city="Amsterdam")

_numbers = itertools.count(10_000_000)


@dataclass
class TestEmployer:
    """An employer with one contract and one key."""

    __test__ = False

    resources: Resources
    client: httpx.AsyncClient
    employer_id: UUID
    contract_id: UUID
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What a request of the employer's carries."""
        return {"Authorization": f"Bearer {self.key}"}

    async def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """A request with the employer's key."""
        return await self.client.request(method, path, headers=self.headers, **arguments)

    async def get(self, path: str) -> httpx.Response:
        """A GET with the employer's key."""
        return await self.request("GET", path)

    async def deliver(self, kind: LineKind, *, on: date, trajectory: UUID | None = None, line: UUID | None = None) -> UUID:
        """Carry one line to the ledger; the trajectory's reference there."""
        reference = trajectory or uuid4()
        await record_line(
            self.resources,
            line_id=line or uuid4(),
            contract_id=self.contract_id,
            kind=kind,
            trajectory_reference=reference,
            delivered_on=on,
        )
        return reference

    async def deliver_sessions(self, trajectories: int, *, on: date) -> None:
        """One session of each of so many trajectories."""
        for _ in range(trajectories):
            await self.deliver("session", on=on)


class Employers:
    """Makes employers."""

    def __init__(self, resources: Resources, client: httpx.AsyncClient) -> None:
        self.resources = resources
        self.client = client

    async def make(
        self,
        *,
        headcount: int = 250,
        price: str = "95.00",
        name: str = "Acme B.V.",
        billing_email: str = "ap@acme.example",
        registration_number: str | None = None,
    ) -> TestEmployer:
        """An employer whose contract has run for years."""
        data = EmployerInput(
            name=name,
            registration_scheme="KVK",
            registration_number=registration_number or str(next(_numbers)),
            billing_email=billing_email,
            address=ADDRESS,
        )
        employer = await service.create_employer(self.resources, data)
        terms = ContractInput(reference="C-1", headcount=headcount, session_price=price, starts_on=date(2024, 1, 1))
        contract = await service.create_contract(self.resources, employer.id, terms)
        secret = await service.create_api_key(self.resources, employer.id, KeyInput())
        return TestEmployer(self.resources, self.client, employer.id, contract.id, secret.key)


@pytest.fixture
def employers(resources: Resources, employer_client: httpx.AsyncClient) -> Employers:
    """A maker of employers, whose requests go to the employers' API."""
    return Employers(resources, employer_client)
