"""Fictitious data for the local run, made once: an employer whose link works, and what each domain adds.

A domain's `seed.py` exports `async def seed(resources, facts)`. It adds what outsiders must be told to `facts` (members of
`dev.json`, such as `staff`), and finds there what it told at an earlier start, so that it makes nothing twice.
"""

from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from vitalapp import registry
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Pool
from vitalapp.domains.accounts.service import create_registration_link

EMPLOYER_NAME = "Voorbeeld Zorggroep (fictief)"
HEADCOUNT = 250
SESSION_PRICE_CENTS = 9_500
CANCELLATION_NOTICE_HOURS = 24
CONTRACT_AGE = timedelta(days=90)


class Seed(Protocol):
    """What a domain's `seed.py` exports as `seed`."""

    async def __call__(self, resources: Resources, facts: dict[str, Any]) -> None:
        """Make what is missing."""
        ...


async def seed_stores(resources: Resources, facts: dict[str, Any]) -> None:
    """Make the employer, its contract and link, then what the domains add, in the order of their names."""
    if "employer" not in facts:
        facts.setdefault("staff", [])
        employer_id, contract_id = await _insert_employer(resources)
        facts["registration_link_token"] = await create_registration_link(resources, contract_id=contract_id)
        facts["employer"] = {"id": str(employer_id), "name": EMPLOYER_NAME, "api_key": None}
    for module in registry.domain_modules("seed"):
        seed: Seed = module.seed
        await seed(resources, facts)


INSERT_EMPLOYER = """
    INSERT INTO employers (
        employer_id, name, registration_scheme, registration_number, billing_email, street, postcode, city, created_at
    )
    VALUES (
        $1, $2, 'KVK', '99999999', 'facturen@voorbeeldzorg.example', 'Voorbeeldlaan 1', '1234 AB', 'Utrecht', $3
    )
"""
INSERT_CONTRACT = """
    INSERT INTO contracts (
        contract_id, employer_id, reference, headcount, mail_domains, session_price_cents, cancellation_notice_hours,
        starts_on, created_at
    )
    VALUES ($1, $2, 'VOORBEELD-1', $3, '{voorbeeldzorg.example}', $4, $5, $6, $7)
"""
INSERT_CONTRACT_COPY = """
    INSERT INTO contracts (contract_id, mail_domains, starts_on) VALUES ($1, '{voorbeeldzorg.example}', $2)
"""


async def _insert_employer(resources: Resources) -> tuple[UUID, UUID]:
    employer_id, contract_id = uuid4(), uuid4()
    now = resources.clock()
    starts_on = (now - CONTRACT_AGE).date()
    ledger: Pool = resources.ledger
    await ledger.execute(INSERT_EMPLOYER, employer_id, EMPLOYER_NAME, now)
    await ledger.execute(
        INSERT_CONTRACT, contract_id, employer_id, HEADCOUNT, SESSION_PRICE_CENTS, CANCELLATION_NOTICE_HOURS, starts_on, now
    )
    await resources.identity.execute(INSERT_CONTRACT_COPY, contract_id, starts_on)
    return employer_id, contract_id
