"""Registration: a wish at the request, decided by the worker, fulfilled by who reads the mail.

The request does the same for every address, so that its answer and its timing say nothing about who has an account.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.jobs import defer_job
from vitalapp.core.keys import new_token, token_hash
from vitalapp.core.legal_texts import PROVIDER_TIME_ZONE
from vitalapp.core.mail import enqueue_mail
from vitalapp.core.passwords import hash_password
from vitalapp.core.resources import Resources
from vitalapp.core.stores import transaction
from vitalapp.core.texts import Locale
from vitalapp.domains.accounts import registration_queries as queries
from vitalapp.domains.accounts import throttling
from vitalapp.domains.accounts.account import tell
from vitalapp.domains.accounts.account_queries import find_account_by_address
from vitalapp.domains.accounts.account_service import NewAccount, create_account
from vitalapp.domains.accounts.addresses import is_on_domain, parse_address
from vitalapp.domains.accounts.errors import (
    PrivateAddressNeeded,
    TermsNotCurrent,
    UnderAge,
    UnknownRegistrationLink,
    UnknownToken,
)
from vitalapp.domains.accounts.password_rules import PasswordOwner, check_password
from vitalapp.domains.accounts.registration_schemas import Activation, PendingRegistration, Registration

DECIDE_TASK: Final = "decide_registration"
PENDING_FOR: Final = timedelta(hours=48)
_SEAL_PURPOSE: Final = "registration"
_TOKEN_PREFIX: Final = "vat_"


async def register(resources: Resources, data: Registration, *, client_address: str, locale: Locale) -> None:
    """Write down that somebody wants an account; the worker finds out whether the address has one.

    Rule: S0-17, S0-24 to S0-26, S4-07, S4-10, S4-16; pitfall 7.
    Raises: UnderAge (403), UnknownRegistrationLink (404), TermsNotCurrent (409), PrivateAddressNeeded (422), ValidationFailed (400),
    RateLimited (429).
    """
    address = parse_address(data.email)
    link_hash, email_index = token_hash(data.link_token), address.index(resources.keys)
    await resources.limiter.hit(
        throttling.REGISTRATIONS_PER_CLIENT.on_address(client_address),
        throttling.REGISTRATIONS_PER_LINK.on(link_hash.hex()),
        throttling.MAILS_PER_ADDRESS.on(email_index.hex()),
    )
    if not data.is_16_or_older:
        raise UnderAge
    now = resources.clock()
    link = await queries.find_running_link(resources.identity, link_hash=link_hash, now=now, today=_provider_day(now))
    if link is None:
        raise UnknownRegistrationLink
    terms = resources.legal_texts.current("terms", now)
    if data.accepted_terms_version != terms.version:
        raise TermsNotCurrent(terms.version)
    if is_on_domain(address, link["mail_domains"]):
        raise PrivateAddressNeeded
    registration_id = uuid4()
    pending = PendingRegistration(
        email=address.mailbox,
        display_name=data.display_name,
        locale=data.locale or locale,
        contract_id=link["contract_id"],
        accepted_terms_version=data.accepted_terms_version,
    )
    async with transaction(resources.identity) as identity:
        await queries.insert_registration(
            identity,
            registration_id=registration_id,
            email_index=email_index,
            payload_sealed=resources.keys.system(_SEAL_PURPOSE).seal(registration_id, msgspec.json.encode(pending)),
            now=now,
            expires_at=now + PENDING_FOR,
        )
        await defer_job(identity, task=DECIDE_TASK, arguments={"registration_id": registration_id})


async def decide_registration(resources: Resources, *, registration_id: UUID) -> None:
    """Write to the address: a token to activate, or that it has an account already.

    Locks: the registration, so that a job that runs twice sends one mail.
    """
    async with transaction(resources.identity) as identity:
        row = await queries.lock_undecided(identity, registration_id=registration_id)
        if row is None:
            return
        if account := await find_account_by_address(identity, email_index=row["email_index"]):
            await tell(identity, resources, account, "account_exists")
            await queries.delete_registration(identity, registration_id=registration_id)
            return
        pending = _open(resources, registration_id, row["payload_sealed"])
        token = new_token(_TOKEN_PREFIX)
        await queries.update_token(identity, registration_id=registration_id, token_hash=token_hash(token))
        await enqueue_mail(
            identity,
            resources.keys,
            to=pending.email,
            template="activation",
            locale=pending.locale,
            now=resources.clock(),
            params={"token": token},
        )


async def activate_registration(resources: Resources, data: Activation, *, client_address: str) -> None:
    """Make the account, with the password of who reads the mail; a refused password leaves the token unspent.

    Rule: S0-25; ASVS 6.2.4, 6.2.12.
    Raises: UnknownToken (404), ValidationFailed (400), RateLimited (429).
    """
    await resources.limiter.hit(throttling.TOKENS_PER_CLIENT.on_address(client_address))
    hashed = token_hash(data.token)
    row = await queries.find_by_token(resources.identity, token_hash=hashed, now=resources.clock())
    if row is None:
        raise UnknownToken
    pending = _open(resources, row["registration_id"], row["payload_sealed"])
    owner = PasswordOwner(email=pending.email, display_name=pending.display_name or "")
    await check_password(resources.settings, data.password, owner=owner)
    new = NewAccount(
        contract_id=pending.contract_id,
        address=parse_address(pending.email),
        display_name=pending.display_name,
        locale=pending.locale,
        accepted_terms_version=pending.accepted_terms_version,
        password_hash=await hash_password(resources.settings, data.password),
    )
    async with transaction(resources.identity) as identity:
        is_mine = await queries.take_registrations(identity, token_hash=hashed, now=resources.clock())
        is_made = is_mine and await create_account(identity, resources, new) is not None
    if not is_made:
        raise UnknownToken


def _open(resources: Resources, registration_id: UUID, sealed: bytes) -> PendingRegistration:
    opened = resources.keys.system(_SEAL_PURPOSE).open(registration_id, sealed)
    return msgspec.json.decode(opened, type=PendingRegistration)


def _provider_day(now: datetime) -> date:
    return now.astimezone(PROVIDER_TIME_ZONE).date()
