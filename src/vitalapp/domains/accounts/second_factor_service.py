"""Setting up and removing an authenticator app, and the recovery codes that come with it."""

from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.second_factors import find_totp_step, new_totp_secret, otpauth_uri
from vitalapp.core.sessions import Session
from vitalapp.core.stores import transaction
from vitalapp.domains.accounts import second_factor_queries as queries
from vitalapp.domains.accounts import throttling
from vitalapp.domains.accounts.account import TABLE, tell
from vitalapp.domains.accounts.account_queries import get_account
from vitalapp.domains.accounts.errors import PasswordNeedsSecondFactor, SecondFactorExists, WrongSecondFactor
from vitalapp.domains.accounts.second_factor_check import (
    RECOVERY_CODES,
    new_recovery_code,
    recovery_code_hash,
    totp_secret,
)
from vitalapp.domains.accounts.second_factor_schemas import NewAuthenticator
from vitalapp.domains.accounts.service import require_step_up


async def add_totp(resources: Resources, session: Session) -> NewAuthenticator:
    """Begin with an authenticator app, which counts once it has shown a code; beginning anew forgets the one before.

    Rule: S0-20.
    Raises: StepUpRequired (403), SecondFactorExists (409), StaleFence.
    """
    await require_step_up(resources, session)
    account = await get_account(resources.identity, session)
    if account.has_second_factor:
        raise SecondFactorExists
    secret = new_totp_secret()
    sealed = account.key(resources.keys).seal(TABLE, account.account_id, "totp_sealed", secret.encode())
    await queries.update_pending_secret(resources.identity, session, totp_sealed=sealed)
    return NewAuthenticator(secret=secret, otpauth_uri=otpauth_uri(secret, account_name=account.email(resources.keys)))


async def confirm_totp(resources: Resources, session: Session, code: str) -> list[str]:
    """Make the app the account's second factor, tell the person, and hand out recovery codes.

    Raises: NotFound (404) where none was begun with, SecondFactorExists (409), WrongSecondFactor (403), RateLimited (429), StaleFence.
    """
    account = await get_account(resources.identity, session)
    if account.has_second_factor:
        raise SecondFactorExists
    secret = totp_secret(resources.keys, account)
    if secret is None or account.totp_sealed is None:
        raise NotFound
    await resources.limiter.hit(throttling.code_hit(session.session_id))
    step = find_totp_step(secret, code, now=resources.clock())
    if step is None:
        raise WrongSecondFactor
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    hashes = [recovery_code_hash(resources.keys, account.account_id, recovery_code) for recovery_code in codes]
    async with transaction(resources.identity) as identity:
        await queries.confirm_secret(identity, session, totp_sealed=account.totp_sealed, step=step)
        await queries.delete_recovery_codes(identity, account_id=account.account_id)
        await queries.insert_recovery_codes(identity, account_id=account.account_id, code_hashes=hashes)
        await tell(identity, resources, account, "second_factor_changed")
    await resources.limiter.forgive(throttling.code_hit(session.session_id))
    return codes


async def remove_totp(resources: Resources, session: Session) -> None:
    """Let the password stand alone again, and tell the person.

    Raises: StepUpRequired (403), NotFound (404), PasswordNeedsSecondFactor (409), StaleFence.
    """
    await require_step_up(resources, session)
    account = await get_account(resources.identity, session)
    if not account.has_second_factor:
        raise NotFound
    if not account.is_password_long:
        raise PasswordNeedsSecondFactor
    async with transaction(resources.identity) as identity:
        await queries.remove_secret(identity, session)
        await queries.delete_recovery_codes(identity, account_id=account.account_id)
        await tell(identity, resources, account, "second_factor_changed")
