"""Another mail address: asked for by who knows the password, confirmed by who reads the new mailbox."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from vitalapp.core.jobs import defer_job
from vitalapp.core.keys import new_token, token_hash
from vitalapp.core.mail import enqueue_mail
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.stores import transaction
from vitalapp.domains.accounts import email_change_queries as queries
from vitalapp.domains.accounts import throttling
from vitalapp.domains.accounts.account import TABLE, tell
from vitalapp.domains.accounts.account_queries import find_account_by_address, get_account
from vitalapp.domains.accounts.addresses import is_on_domain, parse_address
from vitalapp.domains.accounts.errors import PrivateAddressNeeded, UnknownToken
from vitalapp.domains.accounts.password_queries import delete_pending
from vitalapp.domains.accounts.profile_schemas import EmailChange
from vitalapp.domains.accounts.service import verify_password_and_second_factor

DECIDE_TASK: Final = "decide_email_change"
CHANGE_FOR: Final = timedelta(hours=48)
_TOKEN_PREFIX: Final = "vet_"
_CHANGES: Final = "email_changes"


async def request_email_change(resources: Resources, session: Session, data: EmailChange) -> None:
    """Write down the wish; the worker finds out whether the new address has an account.

    Rule: ASVS 7.5.1; pitfall 7.
    Raises: ValidationFailed (400), WrongPassword, SecondFactorMissing, WrongSecondFactor (403), PrivateAddressNeeded (422),
    RateLimited (429), StaleFence.
    """
    address = parse_address(data.new_email, pointer="/new_email")
    account = await verify_password_and_second_factor(
        resources, session, password=data.password, second_factor=data.second_factor
    )
    if is_on_domain(address, await queries.list_mail_domains(resources.identity, contract_id=account.contract_id)):
        raise PrivateAddressNeeded
    email_index = address.index(resources.keys)
    await resources.limiter.hit(throttling.MAILS_PER_ADDRESS.on(email_index.hex()))
    now, email_change_id = resources.clock(), uuid4()
    async with transaction(resources.identity) as identity:
        await queries.insert_email_change(
            identity,
            session,
            email_change_id=email_change_id,
            email_index=email_index,
            email_sealed=account.key(resources.keys).seal(
                _CHANGES, email_change_id, "email_sealed", address.mailbox.encode()
            ),
            now=now,
            expires_at=now + CHANGE_FOR,
        )
        await defer_job(identity, task=DECIDE_TASK, arguments={"email_change_id": email_change_id})


async def decide_email_change(resources: Resources, *, email_change_id: UUID) -> None:
    """Write to the new address: a token to confirm with, or that it has an account already.

    Locks: the change, so that a job that runs twice sends one mail.
    """
    async with transaction(resources.identity) as identity:
        row = await queries.lock_undecided(identity, email_change_id=email_change_id)
        if row is None:
            return
        if known := await find_account_by_address(identity, email_index=row["email_index"]):
            await tell(identity, resources, known, "account_exists")
            await queries.delete_email_change(identity, email_change_id=email_change_id)
            return
        key = resources.keys.unwrap(row["person_id"], row["wrapped_data_key"])
        token = new_token(_TOKEN_PREFIX)
        await queries.update_token(identity, email_change_id=email_change_id, token_hash=token_hash(token))
        await enqueue_mail(
            identity,
            resources.keys,
            to=key.open(_CHANGES, email_change_id, "email_sealed", row["email_sealed"]).decode(),
            template="email_change_confirmation",
            locale=row["locale"],
            now=resources.clock(),
            params={"token": token},
            subject_index=resources.keys.blind_index("subject", row["person_id"].bytes),
        )


async def confirm_email_change(resources: Resources, session: Session, token: str) -> None:
    """Use the new address, and tell the old one.

    Raises: UnknownToken (404), also for another account's token; StaleFence.
    """
    key = session.person_key(resources)
    try:
        async with transaction(resources.identity) as identity:
            account = await get_account(identity, session)
            change = await queries.take_email_change(
                identity, account_id=session.account_id, token_hash=token_hash(token), now=resources.clock()
            )
            if change is None:
                raise UnknownToken
            address = key.open(_CHANGES, change["email_change_id"], "email_sealed", change["email_sealed"])
            await queries.update_email(
                identity,
                session,
                email_index=change["email_index"],
                email_sealed=key.seal(TABLE, account.account_id, "email_sealed", address),
            )
            await delete_pending(identity, account_id=account.account_id)
            await tell(identity, resources, account, "email_changed")
    except asyncpg.UniqueViolationError:
        raise UnknownToken from None
