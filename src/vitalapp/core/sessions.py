"""The employee's session: an opaque access token, resolved by one Redis round trip, by the identity store where Redis has nothing.

Redis is a hint, never the authority: the copy is sealed under a key that only the API holds, bound to the token's hash, and each store's
fence checks its epoch.
"""

from datetime import date, datetime
from uuid import UUID

import msgspec

from vitalapp.core.keys import token_hash
from vitalapp.core.rate_limits import REQUESTS_PER_SESSION
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey, SealBroken, open_bytes, seal_bytes
from vitalapp.core.stores import Connection, Pool

ACCESS_PREFIX = "vae_"
REFRESH_PREFIX = "var_"


class Session(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Who is asking, as of the epoch that every store compares.

    Shape: `wrapped_data_key` opens with the key ring only; `consented_statement_id` is None before consent and after a
    withdrawal.
    """

    session_id: UUID
    account_id: UUID
    person_id: UUID
    log_subject_id: UUID
    consent_subject_id: UUID
    contract_id: UUID
    epoch: int
    wrapped_data_key: bytes
    consented_statement_id: UUID | None
    is_restricted: bool
    locale: str
    last_used_on: date
    expires_at: datetime

    def person_key(self, resources: Resources) -> PersonKey:
        """The person's opened data key, for this request."""
        return resources.keys.unwrap(self.person_id, self.wrapped_data_key)


USE_ACCESS_TOKEN = """
    WITH token AS (
        SELECT session_id, generation, expires_at FROM access_tokens WHERE token_hash = $1 AND expires_at > $2
    ), used AS (
        UPDATE sessions
        SET last_used_at = greatest(sessions.last_used_at, $2),
            is_successor_used = is_successor_used OR sessions.generation = token.generation
        FROM token
        WHERE sessions.session_id = token.session_id AND sessions.absolute_expires_at > $2
        RETURNING sessions.session_id, sessions.account_id, token.expires_at
    )
    SELECT used.session_id, account_id, person_id, log_subject_id, consent_subject_id, contract_id, epoch, wrapped_data_key,
           consented_statement_id, is_restricted, locale, last_used_on, expires_at
    FROM used JOIN accounts USING (account_id)
    WHERE NOT is_erasing
"""


async def use_access_token(resources: Resources, *, hashed: bytes) -> Session | None:
    """Read the session of an access token from the identity store, which marks its refresh token's successor as used."""
    row = await resources.identity.fetchrow(USE_ACCESS_TOKEN, hashed, resources.clock())
    return None if row is None else Session(**row)


TOUCH_LAST_USE = """
    UPDATE accounts SET last_used_on = $3 WHERE account_id = $1 AND epoch = $2 AND last_used_on < $3
"""


async def touch_last_use(resources: Resources, session: Session) -> Session:
    """Note the first use of a day.

    Rule: S0-30, S2-19, C2: any authenticated action of the person counts, never a job, a push or staff.
    """
    today = resources.clock().date()
    await resources.identity.execute(TOUCH_LAST_USE, session.account_id, session.epoch, today)
    return msgspec.structs.replace(session, last_used_on=today)


def redis_key(hashed: bytes) -> str:
    """Where the copy of a session lies."""
    return f"session:{hashed.hex()}"


def seal_copy(session: Session, *, session_key: bytes, hashed: bytes) -> bytes:
    """The copy of a session for Redis."""
    return seal_bytes(session_key, 1, hashed, msgspec.msgpack.encode(session))


def open_copy(copy: bytes, *, session_key: bytes, hashed: bytes, now: datetime) -> Session | None:
    """The session of a copy; None for a copy of another token, an altered or an expired one."""
    try:
        session = msgspec.msgpack.decode(open_bytes(session_key, hashed, copy), type=Session)
    except (SealBroken, msgspec.MsgspecError):
        return None
    return session if session.expires_at > now else None


async def resolve_session(resources: Resources, token: str, *, is_fresh: bool, is_use: bool) -> Session | None:
    """The session of an access token, None where there is none.

    Shape: one Redis round trip that also counts the request against the session's rate limit; the identity store is read where
    Redis has no usable copy, and always where `is_fresh` asks for it; the first use of a day writes there once.
    Raises: RateLimited (429).
    """
    hashed = token_hash(token)
    now = resources.clock()
    copy = await resources.limiter.get_and_hit(redis_key(hashed), REQUESTS_PER_SESSION.on(hashed.hex()))
    kept = None if copy is None or is_fresh else open_copy(copy, session_key=resources.copy_key, hashed=hashed, now=now)
    session = kept or await use_access_token(resources, hashed=hashed)
    if session is None:
        return None
    if is_use and session.last_used_on < now.date():
        session = await touch_last_use(resources, session)
    if session is not kept:
        await keep_copy(resources, session, hashed=hashed)
    return session


async def keep_copy(resources: Resources, session: Session, *, hashed: bytes) -> None:
    """Leave a sealed copy in Redis until the access token expires."""
    seconds = int((session.expires_at - resources.clock()).total_seconds())
    if seconds > 0:
        copy = seal_copy(session, session_key=resources.copy_key, hashed=hashed)
        await resources.limiter.put(redis_key(hashed), copy, seconds=seconds)


LIST_TOKEN_HASHES = """
    SELECT token_hash FROM access_tokens JOIN sessions USING (session_id) WHERE account_id = ANY($1::uuid[])
"""


async def list_copies(connection: Connection | Pool, account_ids: list[UUID]) -> list[str]:
    """The Redis keys of all session copies of these people, for `limiter.drop` once the reason for it is committed."""
    return [redis_key(row["token_hash"]) for row in await connection.fetch(LIST_TOKEN_HASHES, account_ids)]
