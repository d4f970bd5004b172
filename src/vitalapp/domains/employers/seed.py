"""The local run's fictitious employer: 250 employees, a registration link and an API key."""

from datetime import timedelta
from typing import Any

from vitalapp.core.resources import Resources
from vitalapp.domains.employers import service
from vitalapp.domains.employers.schemas import Address, ContractInput, EmployerInput, KeyInput, LinkInput

EMPLOYER = EmployerInput(
    name="Voorbeeld Zorggroep (fictief)",
    registration_scheme="KVK",
    registration_number="99999999",
    billing_email="facturen@voorbeeldzorg.example",
    address=Address(street="Voorbeeldplein 1", postcode="1234 AB", city="Hilversum"),
)
CONTRACT_AGE = timedelta(days=90)


async def seed(resources: Resources, facts: dict[str, Any]) -> None:
    """Make the employer, its contract, link and key, unless an earlier start did."""
    if "employer" in facts:
        return
    employer = await service.create_employer(resources, EMPLOYER)
    terms = ContractInput(
        reference="VOORBEELD-1",
        headcount=250,
        session_price="95.00",
        mail_domains=("voorbeeldzorg.example",),
        starts_on=(resources.clock() - CONTRACT_AGE).date(),
    )
    contract = await service.create_contract(resources, employer.id, terms)
    link = await service.create_registration_link(resources, employer.id, contract.id, LinkInput())
    key = await service.create_api_key(resources, employer.id, KeyInput())
    facts["registration_link_token"] = link.link_token
    facts["employer"] = {"id": str(employer.id), "name": employer.name, "api_key": key.key}
