"""Rules on employers and their contracts; secrets are handed out once and kept as hashes."""

from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import msgspec

from vitalapp.core.employer_auth import EMPLOYER_PREFIX
from vitalapp.core.keys import new_token, token_hash
from vitalapp.core.outbox import put_outbox
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.accounts import service as accounts
from vitalapp.domains.employers import queries
from vitalapp.domains.employers.errors import (
    ContractExists,
    ContractPeriodInvalid,
    EmployerExists,
    RegistrationNumberInvalid,
)
from vitalapp.domains.employers.schemas import (
    Address,
    ContractEnd,
    ContractInput,
    ContractRecord,
    EmployerInput,
    EmployerRecord,
    KeyInput,
    KeyRecord,
    KeySecret,
    LinkInput,
    LinkSecret,
    TermsChanged,
)

TERMS_KIND = "contract_terms"
_REGISTRATION_DIGITS = {"KVK": 8, "OIN": 20}


async def create_employer(resources: Resources, data: EmployerInput) -> EmployerRecord:
    """Enter an employer in the ledger.

    Raises: RegistrationNumberInvalid (422), EmployerExists (409).
    """
    if len(data.registration_number) != _REGISTRATION_DIGITS[data.registration_scheme]:
        raise RegistrationNumberInvalid
    employer_id = uuid4()
    is_new = await queries.insert_employer(
        resources.ledger,
        employer_id=employer_id,
        name=data.name,
        registration=(data.registration_scheme, data.registration_number),
        billing_email=data.billing_email,
        address=msgspec.structs.astuple(data.address),
        now=resources.clock(),
    )
    if not is_new:
        raise EmployerExists
    return EmployerRecord(id=employer_id, **msgspec.structs.asdict(data))


async def list_employers(resources: Resources, *, after: UUID | None, limit: int) -> list[EmployerRecord]:
    """Up to `limit` employers after an id."""
    return [
        EmployerRecord(
            id=row["employer_id"],
            name=row["name"],
            registration_scheme=row["registration_scheme"],
            registration_number=row["registration_number"],
            billing_email=row["billing_email"],
            address=Address(street=row["street"], postcode=row["postcode"], city=row["city"], country=row["country"]),
        )
        for row in await queries.list_employers(resources.ledger, after=after, limit=limit)
    ]


async def create_contract(resources: Resources, employer_id: UUID, data: ContractInput) -> ContractRecord:
    """Enter a contract and send its terms to the stores that act on them.

    Raises: ContractPeriodInvalid (422), ContractExists (409), NotFound (404).
    """
    if data.ends_on is not None and data.ends_on < data.starts_on:
        raise ContractPeriodInvalid
    contract = ContractRecord(
        id=uuid4(),
        employer_id=employer_id,
        reference=data.reference,
        headcount=data.headcount,
        session_price=data.session_price,
        cancellation_notice_hours=data.cancellation_notice_hours,
        mail_domains=list(data.mail_domains),
        starts_on=data.starts_on,
        ends_on=data.ends_on,
    )
    cents = int(Decimal(data.session_price) * 100)
    try:
        async with transaction(resources.ledger) as ledger:
            is_known = await queries.insert_contract(
                ledger,
                contract.id,
                employer_id,
                data.reference,
                data.headcount,
                contract.mail_domains,
                cents,
                data.cancellation_notice_hours,
                data.starts_on,
                data.ends_on,
                resources.clock(),
            )
            if not is_known:
                raise NotFound
            await _announce_terms(resources, ledger, contract.id)
    except asyncpg.UniqueViolationError:
        raise ContractExists from None
    await carry_terms_to_identity(resources, contract.id)
    return contract


async def end_contract(resources: Resources, employer_id: UUID, contract_id: UUID, data: ContractEnd) -> ContractRecord:
    """Set the last day of a contract; accounts under it are warned and forgotten a year after it.

    Rule: S0-09.
    Raises: NotFound (404), ContractPeriodInvalid (422).
    """
    async with transaction(resources.ledger) as ledger:
        row = await queries.lock_contract(ledger, contract_id=contract_id, employer_id=employer_id)
        if row is None:
            raise NotFound
        if data.ends_on < row["starts_on"]:
            raise ContractPeriodInvalid
        await queries.update_contract_end(ledger, contract_id=contract_id, ends_on=data.ends_on)
        await _announce_terms(resources, ledger, contract_id)
    await carry_terms_to_identity(resources, contract_id)
    return msgspec.structs.replace(_contract(row), ends_on=data.ends_on)


async def list_contracts(resources: Resources, employer_id: UUID, *, after: UUID | None, limit: int) -> list[ContractRecord]:
    """Up to `limit` contracts of an employer after an id.

    Raises: NotFound (404).
    """
    await _check_employer(resources, employer_id)
    rows = await queries.list_contracts(resources.ledger, employer_id=employer_id, after=after, limit=limit)
    return [_contract(row) for row in rows]


def _contract(row: asyncpg.Record) -> ContractRecord:
    return ContractRecord(
        id=row["contract_id"],
        employer_id=row["employer_id"],
        reference=row["reference"],
        headcount=row["headcount"],
        session_price=f"{Decimal(row['session_price_cents']) / 100:.2f}",
        cancellation_notice_hours=row["cancellation_notice_hours"],
        mail_domains=row["mail_domains"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
    )


async def _check_employer(resources: Resources, employer_id: UUID) -> None:
    if not await queries.has_employer(resources.ledger, employer_id=employer_id):
        raise NotFound


async def _announce_terms(resources: Resources, ledger: Connection, contract_id: UUID) -> None:
    await put_outbox(
        ledger,
        seal_key=resources.outbox_key("ledger"),
        kind=TERMS_KIND,
        payload=TermsChanged(contract_id=contract_id),
        now=resources.clock(),
    )


async def carry_terms_to_identity(resources: Resources, contract_id: UUID) -> None:
    """Bring identity's read copy of a contract up to date: at once where the operator waits for it, again by the outbox.

    It carries the terms as they stand now, so that a late or doubled announcement brings nothing old.
    """
    async with transaction(resources.ledger) as ledger:
        row = await queries.lock_terms(ledger, contract_id=contract_id)
        if row is not None:
            await queries.upsert_identity_contract(resources.identity, **row)


async def create_registration_link(
    resources: Resources, employer_id: UUID, contract_id: UUID, data: LinkInput
) -> LinkSecret:
    """Hand out a link that employees register with.

    Rule: S0-16, S0-24.
    Raises: NotFound (404).
    """
    if not await queries.has_contract(resources.ledger, contract_id=contract_id, employer_id=employer_id):
        raise NotFound
    token = await accounts.create_registration_link(resources, contract_id=contract_id, expires_at=data.expires_at)
    url = f"{resources.settings.public_url.rstrip('/')}/register#link={token}"
    return LinkSecret(link_token=token, url=url, expires_at=data.expires_at)


async def revoke_registration_links(resources: Resources, employer_id: UUID, contract_id: UUID) -> None:
    """End every registration link of a contract at once; who has registered is not touched.

    Raises: NotFound (404).
    """
    if not await queries.has_contract(resources.ledger, contract_id=contract_id, employer_id=employer_id):
        raise NotFound
    await accounts.revoke_registration_links(resources, contract_id=contract_id)


async def list_api_keys(resources: Resources, employer_id: UUID, *, after: UUID | None, limit: int) -> list[KeyRecord]:
    """Up to `limit` keys of an employer after an id, ended ones too.

    Raises: NotFound (404).
    """
    await _check_employer(resources, employer_id)
    rows = await queries.list_api_keys(resources.ledger, employer_id=employer_id, after=after, limit=limit)
    return [msgspec.convert(dict(row), KeyRecord) for row in rows]


async def create_api_key(resources: Resources, employer_id: UUID, data: KeyInput) -> KeySecret:
    """Hand out a key; an employer rotates by asking for a new one and having the old one revoked.

    Raises: NotFound (404).
    """
    key = new_token(EMPLOYER_PREFIX)
    secret = KeySecret(
        id=uuid4(), key=key, scopes=list(data.scopes), created_at=resources.clock(), expires_at=data.expires_at
    )
    is_known = await queries.insert_api_key(
        resources.ledger,
        key_id=secret.id,
        employer_id=employer_id,
        key_hash=token_hash(key),
        scopes=list(data.scopes),
        now=secret.created_at,
        expires_at=data.expires_at,
    )
    if not is_known:
        raise NotFound
    return secret


async def revoke_api_key(resources: Resources, employer_id: UUID, key_id: UUID) -> None:
    """End a key at once.

    Raises: NotFound (404).
    """
    if not await queries.revoke_api_key(resources.ledger, key_id=key_id, employer_id=employer_id, now=resources.clock()):
        raise NotFound
