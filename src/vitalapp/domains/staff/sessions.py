"""Sign-in, refresh and sign-out of staff."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from vitalapp.core.keys import new_token, token_hash
from vitalapp.core.networks import may_staff_come_from
from vitalapp.core.passwords import verify_password
from vitalapp.core.problems import InvalidSession, NetworkNotAllowed
from vitalapp.core.rate_limits import RateLimit
from vitalapp.core.resources import Resources
from vitalapp.core.second_factors import find_totp_step
from vitalapp.core.staff_sessions import IDLE, LONGEST, STAFF_ACCESS_PREFIX, STAFF_REFRESH_PREFIX, StaffSession
from vitalapp.core.stores import transaction
from vitalapp.domains.staff import queries, session_queries
from vitalapp.domains.staff.errors import InvalidCredentials, RefreshTokenReused, SecondFactorRequired, StaffInactive
from vitalapp.domains.staff.passkeys import check_passkey
from vitalapp.domains.staff.schemas import SignIn, TokenPair
from vitalapp.domains.staff.service import email_index, open_text

ACCESS_LASTS: Final = timedelta(minutes=15)
GRACE: Final = timedelta(seconds=10)

_PER_ADDRESS = RateLimit("staff-sign-in-address", requests=30, seconds=300)
# Counted per account and address, so that nobody elsewhere locks somebody out.
_PER_ACCOUNT = RateLimit("staff-sign-in-account", requests=10, seconds=900)


async def sign_in_staff(resources: Resources, data: SignIn, *, address: str) -> TokenPair:
    """Begin a session by password and second factor; the second factor is never optional.

    Raises: InvalidCredentials or SecondFactorRequired (401), StaffInactive or NetworkNotAllowed (403), RateLimited (429).
    Rule: C8, S0-33, S1-13, S1-14; ASVS 6.3.8.
    """
    index = email_index(resources.keys, data.email)
    await resources.limiter.hit(_PER_ADDRESS.on_address(address), _PER_ACCOUNT.on(f"{index.hex()} {address}"))
    row = await queries.find_staff_by_email(resources.identity, email_index=index)
    is_right = await verify_password(resources.settings, row["password_hash"] if row else None, data.password)
    if row is None or not is_right:
        raise InvalidCredentials
    await _check_second_factor(resources, row, data)
    now = resources.clock()
    signed_on = row["confidentiality_signed_on"]
    if not row["is_active"] or signed_on is None or signed_on > now.date():
        raise StaffInactive
    if not may_staff_come_from(address, roles=[row["role"]], settings=resources.settings):
        raise NetworkNotAllowed
    return await _begin_session(resources, row["staff_id"], now=now)


async def refresh_staff_session(resources: Resources, refresh_token: str) -> TokenPair:
    """The next pair of tokens; until it is used, and for ten seconds at most, an old token gives the same pair again.

    Raises: InvalidSession (401) for an unknown or ended session, RefreshTokenReused (401), which ends it.
    Rule: pitfall 4. A refresh is no use: it does not move the hour without use.
    """
    now = resources.clock()
    hashed = token_hash(refresh_token)
    successor = _successor(resources, refresh_token)
    async with transaction(resources.identity) as identity:
        session = await session_queries.lock_session(identity, refresh_token_hash=hashed, now=now, used_after=now - IDLE)
        if session is None:
            raise InvalidSession
        if session["refresh_token_hash"] == hashed:
            await session_queries.rotate_session(
                identity,
                session_id=session["session_id"],
                refresh_token_hash=token_hash(successor.refresh_token),
                now=now,
                access_token_hash=token_hash(successor.access_token),
                expires_at=now + ACCESS_LASTS,
            )
            return successor
        is_same_again = not session["is_successor_used"] and now - session["rotated_at"] <= GRACE
        if not is_same_again:
            await session_queries.delete_session(identity, session_id=session["session_id"])
    if is_same_again:
        return successor
    raise RefreshTokenReused


async def sign_out_staff(resources: Resources, staff: StaffSession) -> None:
    """End the session that is asking."""
    await session_queries.delete_session(resources.identity, session_id=staff.session_id)


async def _check_second_factor(resources: Resources, row: asyncpg.Record, data: SignIn) -> None:
    staff_id: UUID = row["staff_id"]
    if data.passkey is not None:
        await check_passkey(resources, staff_id, data.passkey)
        return
    if data.second_factor is None:
        raise SecondFactorRequired
    key = resources.keys.unwrap(staff_id, row["wrapped_data_key"])
    secret = open_text(key, staff_id, "totp_sealed", row["totp_sealed"])
    step = find_totp_step(secret, data.second_factor, now=resources.clock())
    if step is None or not await queries.use_totp_step(resources.identity, staff_id=staff_id, step=step):
        raise InvalidCredentials


async def _begin_session(resources: Resources, staff_id: UUID, *, now: datetime) -> TokenPair:
    pair = _pair(new_token(STAFF_ACCESS_PREFIX), new_token(STAFF_REFRESH_PREFIX))
    await session_queries.insert_session(
        resources.identity,
        session_id=uuid4(),
        staff_id=staff_id,
        refresh_token_hash=token_hash(pair.refresh_token),
        now=now,
        absolute_expires_at=now + LONGEST,
        access_token_hash=token_hash(pair.access_token),
        expires_at=now + ACCESS_LASTS,
    )
    return pair


def _successor(resources: Resources, refresh_token: str) -> TokenPair:
    """What follows a refresh token, the same each time: nothing of it needs to be stored."""
    return _pair(
        STAFF_ACCESS_PREFIX + _derived(resources, "access", refresh_token),
        STAFF_REFRESH_PREFIX + _derived(resources, "refresh", refresh_token),
    )


def _derived(resources: Resources, kind: str, refresh_token: str) -> str:
    digest = hmac.digest(resources.copy_key, f"staff {kind}\x1f{refresh_token}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _pair(access_token: str, refresh_token: str) -> TokenPair:
    return TokenPair(access_token=access_token, refresh_token=refresh_token, expires_in=int(ACCESS_LASTS.total_seconds()))
