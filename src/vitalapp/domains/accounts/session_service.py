"""Sessions: signing in, the next pair of tokens, the list of devices, signing out.

Each sign-in begins a family of tokens; a family ends by sign-out, by expiry, or by the reuse of a token that was used up.
"""

import hmac
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from vitalapp.core.fence import raised_fence
from vitalapp.core.keys import token_hash
from vitalapp.core.passwords import hash_password, needs_rehash, verify_password
from vitalapp.core.problems import InvalidSession, NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session, list_copies
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.accounts import session_queries as queries
from vitalapp.domains.accounts import throttling
from vitalapp.domains.accounts.account import Account, tell
from vitalapp.domains.accounts.account_queries import find_account_by_address, update_at_sign_in
from vitalapp.domains.accounts.account_service import ACCESS_FOR, IDLE_FOR, open_session
from vitalapp.domains.accounts.addresses import parse_address
from vitalapp.domains.accounts.errors import InvalidCredentials, RefreshTokenReused, SecondFactorRequired
from vitalapp.domains.accounts.networks import network_index
from vitalapp.domains.accounts.second_factor_check import use_second_factor
from vitalapp.domains.accounts.session_schemas import ConsentState, Device, SessionView, SignedIn, SignIn, Tokens
from vitalapp.domains.accounts.session_tokens import RefreshToken, TokenMint, TokenPair

GRACE: Final = timedelta(seconds=10)


async def sign_in(resources: Resources, data: SignIn, *, client_address: str) -> SignedIn:
    """Open a session of a device.

    Rule: ASVS 6.3.8, S0-20, S0-25; pitfall 6, 7: an unknown address takes the same steps as a wrong password.
    Raises: InvalidCredentials, SecondFactorRequired (401), ValidationFailed (400), RateLimited (429).
    """
    email_index = parse_address(data.email).index(resources.keys)
    network = network_index(resources.keys, client_address)
    account = await find_account_by_address(resources.identity, email_index=email_index)
    running = await queries.list_running(
        resources.identity, account_id=account and account.account_id, now=resources.clock()
    )
    hits = throttling.sign_in_hits(
        client_address,
        email_index=email_index,
        network_index=network,
        is_known_network=any(row["network_index"] == network for row in running),
    )
    await resources.limiter.hit(*hits)
    is_right = await verify_password(resources.settings, account and account.password_hash, data.password)
    if account is None or not is_right:
        raise InvalidCredentials
    if account.has_second_factor and data.second_factor is None:
        raise SecondFactorRequired
    is_known_device = any((row["network_index"], row["platform"]) == (network, data.device.platform) for row in running)
    pair = await _open(resources, account, data, network=network, is_told=account.has_signed_in and not is_known_device)
    await resources.limiter.forgive(*throttling.forgiven_hits(hits))
    return SignedIn(
        access_token=pair.access_token,
        expires_in=int(ACCESS_FOR.total_seconds()),
        refresh_token=pair.refresh_token,
        consent=_consent_state(resources, account),
    )


async def _open(resources: Resources, account: Account, data: SignIn, *, network: bytes, is_told: bool) -> TokenPair:
    password_hash = account.password_hash
    if needs_rehash(resources.settings, password_hash):
        password_hash = await hash_password(resources.settings, data.password)
    async with transaction(resources.identity) as identity:
        today = resources.clock().date()
        if not await update_at_sign_in(identity, account, today=today, password_hash=password_hash):
            raise InvalidCredentials
        if account.has_second_factor and not await use_second_factor(identity, resources, account, data.second_factor or ""):
            raise InvalidCredentials
        if is_told:
            await tell(identity, resources, account, "new_sign_in")
        return await open_session(
            identity,
            resources,
            account_id=account.account_id,
            key=account.key(resources.keys),
            device_name=data.device.name,
            platform=data.device.platform,
            network_index=network,
        )


def _consent_state(resources: Resources, account: Account) -> ConsentState:
    now = resources.clock()
    is_granted = account.consented_statement_id in resources.legal_texts.accepted_statement_ids(now)
    return ConsentState(
        status="granted" if is_granted else "required", statement_id=resources.legal_texts.current("consent", now).id
    )


async def refresh_session(resources: Resources, refresh_token: str, *, client_address: str) -> Tokens:
    """The next pair of tokens.

    Within ten seconds, and until the next pair was used, the same token gives the same pair; any later use of it ends the family.
    Rule: api.md; pitfall 4; RFC 9700, 4.14.2.
    Raises: InvalidSession, RefreshTokenReused (401), RateLimited (429).
    """
    mint = TokenMint(resources.copy_key)
    token = mint.read(refresh_token)
    if token is None:
        raise InvalidSession
    await resources.limiter.hit(throttling.REFRESHES_PER_SESSION.on(token.session_id.hex))
    now = resources.clock()
    async with transaction(resources.identity) as identity:
        family = await queries.lock_family(identity, session_id=token.session_id)
        if family is None or min(family["idle_expires_at"], family["absolute_expires_at"]) <= now:
            raise InvalidSession
        pair = mint.next_pair(token, refresh_token)
        hashed = token_hash(refresh_token)
        if hmac.compare_digest(family["refresh_token_hash"], hashed):
            network = network_index(resources.keys, client_address)
            return await _rotate(identity, family, token, pair, network=network, now=now)
        if _is_repeated(family, hashed, now=now):
            return _tokens(pair, access_expires_at=_access_end(family, family["rotated_at"]), now=now)
    with suppress(NotFound):
        await _end(resources, account_id=family["account_id"], session_id=token.session_id)
    raise RefreshTokenReused


def _is_repeated(family: asyncpg.Record, hashed: bytes, *, now: datetime) -> bool:
    is_previous = family["previous_refresh_token_hash"] == hashed
    return is_previous and not family["is_successor_used"] and now - family["rotated_at"] <= GRACE


async def _rotate(
    identity: Connection, family: asyncpg.Record, token: RefreshToken, pair: TokenPair, *, network: bytes, now: datetime
) -> Tokens:
    access_expires_at = _access_end(family, now)
    await queries.rotate(
        identity,
        session_id=token.session_id,
        generation=token.generation + 1,
        refresh_token_hash=token_hash(pair.refresh_token),
        network_index=network,
        now=now,
        idle_expires_at=min(now + IDLE_FOR, family["absolute_expires_at"]),
        access_token_hash=token_hash(pair.access_token),
        access_expires_at=access_expires_at,
    )
    return _tokens(pair, access_expires_at=access_expires_at, now=now)


def _access_end(family: asyncpg.Record, made_at: datetime) -> datetime:
    return min(made_at + ACCESS_FOR, family["absolute_expires_at"])


def _tokens(pair: TokenPair, *, access_expires_at: datetime, now: datetime) -> Tokens:
    return Tokens(
        access_token=pair.access_token,
        expires_in=int((access_expires_at - now).total_seconds()),
        refresh_token=pair.refresh_token,
    )


async def list_sessions(
    resources: Resources, session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[SessionView]:
    """The account's signed-in devices, newest first.

    Raises: StaleFence.
    """
    rows = await queries.list_sessions(resources.identity, session, now=resources.clock(), after=after, limit=limit)
    key = session.person_key(resources)
    return [
        SessionView(
            id=row["session_id"],
            device=Device(
                name=key.open("sessions", row["session_id"], "device_name_sealed", row["device_name_sealed"]).decode(),
                platform=row["platform"],
            ),
            created_at=row["created_at"],
            last_used_at=row["last_used_at"],
            is_current=row["session_id"] == session.session_id,
        )
        for row in rows
    ]


async def end_session(resources: Resources, session: Session, *, session_id: UUID) -> None:
    """Sign a device out, on every replica from its next request.

    Raises: NotFound (404), StaleFence.
    """
    await _end(resources, account_id=session.account_id, session_id=session_id, epoch=session.epoch)


async def _end(resources: Resources, *, account_id: UUID, session_id: UUID, epoch: int | None = None) -> None:
    async with raised_fence(resources, account_id, epoch=epoch) as identity:
        copies = await list_copies(identity, [account_id])
        if not await queries.delete_session(identity, account_id=account_id, session_id=session_id):
            raise NotFound
    await resources.limiter.drop(*copies)
