"""What other domains may ask of accounts: links, the step-up, and proof that a signed-in person is the person."""

import base64
import os
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vitalapp.core.keys import KeyRing, token_hash
from vitalapp.core.passwords import verify_password
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.stores import transaction
from vitalapp.domains.accounts import session_queries, throttling
from vitalapp.domains.accounts.account import Account
from vitalapp.domains.accounts.account_queries import get_account
from vitalapp.domains.accounts.addresses import parse_address
from vitalapp.domains.accounts.errors import SecondFactorMissing, StepUpRequired, WrongPassword, WrongSecondFactor
from vitalapp.domains.accounts.registration_queries import insert_link, revoke_links
from vitalapp.domains.accounts.second_factor_check import use_second_factor

LINK_PREFIX: Final = "vrl_"
STEP_UP_FOR: Final = timedelta(minutes=5)
_LINK_BYTES: Final = 99


def address_index(keys: KeyRing, email: str) -> bytes:
    """The keyed hash by which the account of an address is found.

    Raises: ValidationFailed (400) for what is no address.
    """
    return parse_address(email).index(keys)


async def create_registration_link(resources: Resources, *, contract_id: UUID, expires_at: datetime | None = None) -> str:
    """A fresh link's token, shown once; only its hash is kept.

    Shape: 136 characters, 792 bits of chance.
    Rule: S0-16, S0-24.
    Raises: NotFound (404) where identity does not know the contract.
    """
    token = LINK_PREFIX + base64.urlsafe_b64encode(os.urandom(_LINK_BYTES)).decode()
    is_known = await insert_link(
        resources.identity,
        link_hash=token_hash(token),
        contract_id=contract_id,
        now=resources.clock(),
        expires_at=expires_at,
    )
    if not is_known:
        raise NotFound
    return token


async def revoke_registration_links(resources: Resources, *, contract_id: UUID) -> None:
    """End every link of a contract; it is as unknown as any other from the next request."""
    await revoke_links(resources.identity, contract_id=contract_id, now=resources.clock())


async def require_step_up(resources: Resources, session: Session) -> None:
    """Let pass who has stepped up in this session within five minutes.

    Rule: ASVS 7.5.1.
    Raises: StepUpRequired (403), StaleFence.
    """
    stepped_up_at = await session_queries.get_stepped_up(resources.identity, session)
    if stepped_up_at is None or resources.clock() - stepped_up_at > STEP_UP_FOR:
        raise StepUpRequired


async def step_up(resources: Resources, session: Session, *, password: str | None, second_factor: str | None) -> None:
    """Prove to be there, by password or by second factor.

    Raises: WrongPassword, WrongSecondFactor (403), RateLimited (429), StaleFence.
    """
    account = await get_account(resources.identity, session)
    if password is not None:
        await _prove_password(resources, session, account, password)
    if second_factor is not None:
        await _prove_second_factor(resources, session, account, second_factor)
    await session_queries.update_stepped_up(resources.identity, session, now=resources.clock())


async def verify_password_and_second_factor(
    resources: Resources, session: Session, *, password: str, second_factor: str | None
) -> Account:
    """The account of a person who has proven to be the person by everything that is set.

    Raises: WrongPassword, SecondFactorMissing, WrongSecondFactor (403), RateLimited (429), StaleFence.
    """
    account = await verify_own_password(resources, session, password=password)
    if account.has_second_factor:
        if second_factor is None:
            raise SecondFactorMissing
        await _prove_second_factor(resources, session, account, second_factor)
    return account


async def verify_own_password(resources: Resources, session: Session, *, password: str) -> Account:
    """The account of a person who knows its password.

    Raises: WrongPassword (403), RateLimited (429), StaleFence.
    """
    account = await get_account(resources.identity, session)
    await _prove_password(resources, session, account, password)
    return account


async def _prove_password(resources: Resources, session: Session, account: Account, password: str) -> None:
    await resources.limiter.hit(throttling.check_hit(session.session_id))
    if not await verify_password(resources.settings, account.password_hash, password):
        raise WrongPassword
    await resources.limiter.forgive(throttling.check_hit(session.session_id))


async def _prove_second_factor(resources: Resources, session: Session, account: Account, code: str) -> None:
    await resources.limiter.hit(throttling.code_hit(session.session_id))
    async with transaction(resources.identity) as identity:
        is_accepted = account.has_second_factor and await use_second_factor(identity, resources, account, code)
    if not is_accepted:
        raise WrongSecondFactor
    await resources.limiter.forgive(throttling.code_hit(session.session_id))
