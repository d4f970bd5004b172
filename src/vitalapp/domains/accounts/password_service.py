"""Forgotten passwords and new ones; whatever sets a password ends the sessions that the old one opened."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from vitalapp.core.fence import StaleFence, raised_fence
from vitalapp.core.jobs import defer_job
from vitalapp.core.keys import new_token, token_hash
from vitalapp.core.mail import enqueue_mail
from vitalapp.core.passwords import hash_password
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session, list_copies
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.accounts import password_queries as queries
from vitalapp.domains.accounts import throttling
from vitalapp.domains.accounts.account import Account, tell
from vitalapp.domains.accounts.account_queries import find_account_by_address
from vitalapp.domains.accounts.addresses import parse_address
from vitalapp.domains.accounts.errors import InvalidCredentials, SecondFactorRequired, UnknownToken
from vitalapp.domains.accounts.password_rules import PasswordOwner, check_password, is_long
from vitalapp.domains.accounts.password_schemas import PasswordChange, PasswordReset
from vitalapp.domains.accounts.second_factor_check import use_second_factor
from vitalapp.domains.accounts.service import verify_own_password
from vitalapp.domains.accounts.session_queries import delete_sessions

DECIDE_TASK: Final = "decide_password_reset"
RESET_FOR: Final = timedelta(hours=1)
_TOKEN_PREFIX: Final = "vpt_"
_NEW_PASSWORD: Final = "/new_password"


async def request_password_reset(resources: Resources, email: str, *, client_address: str) -> None:
    """Write down that somebody forgot a password; the worker finds out whether the address has an account.

    Rule: ASVS 6.3.8, pitfall 7.
    Raises: ValidationFailed (400), RateLimited (429).
    """
    email_index = parse_address(email).index(resources.keys)
    await resources.limiter.hit(
        throttling.MAILS_PER_CLIENT.on_address(client_address), throttling.MAILS_PER_ADDRESS.on(email_index.hex())
    )
    now, password_reset_id = resources.clock(), uuid4()
    async with transaction(resources.identity) as identity:
        await queries.insert_reset(
            identity, password_reset_id=password_reset_id, email_index=email_index, now=now, expires_at=now + RESET_FOR
        )
        await defer_job(identity, task=DECIDE_TASK, arguments={"password_reset_id": password_reset_id})


async def decide_password_reset(resources: Resources, *, password_reset_id: UUID) -> None:
    """Write a token to the address, if it has an account; nothing otherwise.

    Locks: the reset, so that a job that runs twice sends one mail.
    """
    async with transaction(resources.identity) as identity:
        row = await queries.lock_undecided(identity, password_reset_id=password_reset_id)
        if row is None:
            return
        account = await find_account_by_address(identity, email_index=row["email_index"])
        if account is None:
            await queries.delete_reset(identity, password_reset_id=password_reset_id)
            return
        token = new_token(_TOKEN_PREFIX)
        await queries.update_token(
            identity, password_reset_id=password_reset_id, account_id=account.account_id, token_hash=token_hash(token)
        )
        await enqueue_mail(
            identity,
            resources.keys,
            to=account.email(resources.keys),
            template="password_reset",
            locale=account.locale,
            now=resources.clock(),
            params={"token": token},
            subject_index=account.subject_index(resources.keys),
        )


async def confirm_password_reset(resources: Resources, data: PasswordReset, *, client_address: str) -> None:
    """Set the password by the token of the mail, end every session, and tell the address.

    A refused password or code leaves the token unspent.
    Rule: pitfall 5; ASVS 6.4.3: a reset does not get round the second factor.
    Raises: UnknownToken (404), SecondFactorRequired, InvalidCredentials (401), ValidationFailed (400), RateLimited (429), StaleFence.
    """
    await resources.limiter.hit(throttling.TOKENS_PER_CLIENT.on_address(client_address))
    hashed = token_hash(data.token)
    account = await queries.find_account_by_token(resources.identity, token_hash=hashed, now=resources.clock())
    if account is None:
        raise UnknownToken
    if account.has_second_factor:
        if data.second_factor is None:
            raise SecondFactorRequired
        await resources.limiter.hit(throttling.CODES_PER_RESET.on(hashed.hex()))
    new_hash = await _checked_hash(resources, account, data.new_password)
    async with raised_fence(resources, account.account_id) as identity:
        copies = await list_copies(identity, [account.account_id])
        if not await queries.take_reset(identity, token_hash=hashed, now=resources.clock()):
            raise UnknownToken
        if account.has_second_factor and not await use_second_factor(identity, resources, account, data.second_factor or ""):
            raise InvalidCredentials
        await _replace_password(identity, resources, account, new_hash, data.new_password)
        await delete_sessions(identity, account_id=account.account_id)
        email_index = parse_address(account.email(resources.keys)).index(resources.keys)
    await resources.limiter.drop(*copies)
    await resources.limiter.forgive(*throttling.account_hits(email_index))


async def change_password(resources: Resources, session: Session, data: PasswordChange) -> None:
    """Set another password, end every other session, and tell the address.

    Rule: pitfall 5.
    Raises: WrongPassword (403), ValidationFailed (400), RateLimited (429), StaleFence.
    """
    account = await verify_own_password(resources, session, password=data.password)
    new_hash = await _checked_hash(resources, account, data.new_password)
    async with raised_fence(resources, session.account_id, epoch=session.epoch) as identity:
        copies = await list_copies(identity, [account.account_id])
        await _replace_password(identity, resources, account, new_hash, data.new_password)
        await delete_sessions(identity, account_id=account.account_id, except_id=session.session_id)
    await resources.limiter.drop(*copies)


async def _checked_hash(resources: Resources, account: Account, password: str) -> str:
    owner = PasswordOwner(
        email=account.email(resources.keys),
        display_name=account.display_name(resources.keys),
        has_second_factor=account.has_second_factor,
    )
    await check_password(resources.settings, password, owner=owner, pointer=_NEW_PASSWORD)
    return await hash_password(resources.settings, password)


async def _replace_password(
    identity: Connection, resources: Resources, account: Account, new_hash: str, password: str
) -> None:
    if not await queries.update_password(identity, account, password_hash=new_hash, is_long=is_long(password)):
        raise StaleFence
    await queries.delete_pending(identity, account_id=account.account_id)
    await tell(identity, resources, account, "password_changed")
