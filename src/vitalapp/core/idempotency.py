"""Requests that carry an `Idempotency-Key`: the first answer again, and never a second effect.

An operation that must carry one keeps its answer in the transaction that decides (`claim_in_vault` … `keep_in_vault`, the same for
identity). For any other the claim is a row of its own around the request (`begin`, then `finish` or `release`): a crash in
between leaves that row, which blocks the key for `RUN_LEASE` at most.
Rule: only 2xx are kept, 24 hours, sealed under the person's key, erased with the person.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.fence import StaleFence
from vitalapp.core.problems import IdempotencyKeyInUse, IdempotencyKeyReused
from vitalapp.core.sealing import PersonKey
from vitalapp.core.stores import Connection, Pool

KEPT_FOR = timedelta(hours=24)
RUN_LEASE = timedelta(seconds=60)


class KeyedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its key, as far as it tells one request from another.

    Shape: both hashes are keyed (32 bytes); `key_hash` stands for the key, the method and the path, `request_hash` for the body.
    """

    account_id: UUID
    person_id: UUID
    epoch: int
    person_key: PersonKey
    key_hash: bytes
    request_hash: bytes
    received_at: datetime

    @property
    def lock_id(self) -> int:
        """The advisory lock that says: this request is running."""
        return int.from_bytes(self.key_hash[:8], "big", signed=True)

    @property
    def forgotten_before(self) -> datetime:
        """Answers from before this instant no longer count."""
        return self.received_at - KEPT_FOR


class Answer(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An answer to a request, as it goes over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_replayed: bool = False


def make_answer(content: object, *, status: int = 201, version: int | None = None) -> Answer:
    """An answer as it is kept and sent: `content` as JSON, with its version's `ETag`."""
    headers = {} if version is None else {"ETag": f'"{version}"'}
    body = msgspec.json.encode(content)
    return Answer(status=status, headers={"Content-Type": "application/json", **headers}, body=body)


CLAIM_IN_VAULT = """
    SELECT pg_try_advisory_xact_lock($3) AS is_ours, k.request_hash, k.answer_sealed
    FROM persons AS p
    LEFT JOIN idempotency_keys AS k ON k.person_id = p.person_id AND k.key_hash = $4 AND k.created_at > $5
    WHERE p.person_id = $1 AND p.epoch = $2
"""


async def claim_in_vault(connection: Connection, request: KeyedRequest) -> Answer | None:
    """The kept answer of an earlier run; None where this transaction is now the only one with this key.

    Locks: an advisory lock until the transaction ends, tried for and never waited on.
    Raises: IdempotencyKeyInUse (409), IdempotencyKeyReused (422), StaleFence.
    """
    row = await connection.fetchrow(
        CLAIM_IN_VAULT,
        request.person_id,
        request.epoch,
        request.lock_id,
        request.key_hash,
        request.forgotten_before,
    )
    return _earlier_answer(row, request)


# The row's own uniqueness decides where the snapshot of the claim was a moment too old.
KEEP_IN_VAULT = """
    INSERT INTO idempotency_keys AS k (person_id, key_hash, request_hash, status, answer_sealed, created_at)
    SELECT p.person_id, $3, $4, $5, $6, $7 FROM persons AS p WHERE p.person_id = $1 AND p.epoch = $2
    ON CONFLICT (person_id, key_hash) DO UPDATE
    SET request_hash = EXCLUDED.request_hash, status = EXCLUDED.status, answer_sealed = EXCLUDED.answer_sealed,
        created_at = EXCLUDED.created_at
    WHERE k.created_at <= $8
    RETURNING true
"""


async def keep_in_vault(connection: Connection, request: KeyedRequest, answer: Answer) -> None:
    """Keep the answer, in the transaction that decides it.

    Raises: IdempotencyKeyInUse (409), after which the transaction must roll back.
    """
    is_kept = await connection.fetchval(
        KEEP_IN_VAULT,
        request.person_id,
        request.epoch,
        request.key_hash,
        request.request_hash,
        answer.status,
        seal_answer(request, answer),
        request.received_at,
        request.forgotten_before,
    )
    if not is_kept:
        raise IdempotencyKeyInUse


CLAIM_IN_IDENTITY = """
    SELECT pg_try_advisory_xact_lock($3) AS is_ours, k.request_hash, k.answer_sealed
    FROM accounts AS a
    LEFT JOIN idempotency_keys AS k ON k.account_id = a.account_id AND k.key_hash = $4 AND k.created_at > $5
    WHERE a.account_id = $1 AND a.epoch = $2
"""


async def claim_in_identity(connection: Connection, request: KeyedRequest) -> Answer | None:
    """As `claim_in_vault`, where the identity store decides."""
    row = await connection.fetchrow(
        CLAIM_IN_IDENTITY,
        request.account_id,
        request.epoch,
        request.lock_id,
        request.key_hash,
        request.forgotten_before,
    )
    return _earlier_answer(row, request)


KEEP_IN_IDENTITY = """
    INSERT INTO idempotency_keys AS k (account_id, key_hash, request_hash, status, answer_sealed, created_at)
    SELECT a.account_id, $3, $4, $5, $6, $7 FROM accounts AS a WHERE a.account_id = $1 AND a.epoch = $2
    ON CONFLICT (account_id, key_hash) DO UPDATE
    SET request_hash = EXCLUDED.request_hash, status = EXCLUDED.status, answer_sealed = EXCLUDED.answer_sealed,
        created_at = EXCLUDED.created_at
    WHERE k.created_at <= $8
    RETURNING true
"""


async def keep_in_identity(connection: Connection, request: KeyedRequest, answer: Answer) -> None:
    """As `keep_in_vault`, where the identity store decides."""
    is_kept = await connection.fetchval(
        KEEP_IN_IDENTITY,
        request.account_id,
        request.epoch,
        request.key_hash,
        request.request_hash,
        answer.status,
        seal_answer(request, answer),
        request.received_at,
        request.forgotten_before,
    )
    if not is_kept:
        raise IdempotencyKeyInUse


# The account's row is held against an erasure, so that no key outlives its person.
BEGIN_RUN = """
    WITH fence AS (
        SELECT account_id FROM accounts WHERE account_id = $1 AND epoch = $2 FOR KEY SHARE
    ), claimed AS (
        INSERT INTO idempotency_keys AS k (account_id, key_hash, request_hash, created_at)
        SELECT account_id, $3, $4, $5 FROM fence
        ON CONFLICT (account_id, key_hash) DO UPDATE
        SET request_hash = EXCLUDED.request_hash, status = NULL, answer_sealed = NULL, created_at = EXCLUDED.created_at
        WHERE k.created_at <= $6 OR (k.status IS NULL AND k.created_at <= $7)
        RETURNING true
    )
    SELECT EXISTS (SELECT FROM claimed) AS is_ours, k.request_hash, k.answer_sealed
    FROM fence LEFT JOIN idempotency_keys AS k ON k.account_id = fence.account_id AND k.key_hash = $3
"""


async def begin(identity: Pool, request: KeyedRequest) -> Answer | None:
    """The kept answer of an earlier run; None where this run now holds the key, to be ended by `finish` or `release`.

    Raises: IdempotencyKeyInUse (409), IdempotencyKeyReused (422), StaleFence.
    """
    row = await identity.fetchrow(
        BEGIN_RUN,
        request.account_id,
        request.epoch,
        request.key_hash,
        request.request_hash,
        request.received_at,
        request.forgotten_before,
        request.received_at - RUN_LEASE,
    )
    if row is not None and row["is_ours"]:
        return None
    answer = _earlier_answer(row, request)
    if answer is None:
        raise IdempotencyKeyInUse
    return answer


FINISH_RUN = """
    UPDATE idempotency_keys SET status = $3, answer_sealed = $4 WHERE account_id = $1 AND key_hash = $2
"""


async def finish(identity: Pool, request: KeyedRequest, answer: Answer) -> None:
    """Keep the answer of a run."""
    sealed = seal_answer(request, answer)
    await identity.execute(FINISH_RUN, request.account_id, request.key_hash, answer.status, sealed)


RELEASE_RUN = """
    DELETE FROM idempotency_keys WHERE account_id = $1 AND key_hash = $2 AND status IS NULL
"""


async def release(identity: Pool, request: KeyedRequest) -> None:
    """Let the key go: the run had no effect."""
    await identity.execute(RELEASE_RUN, request.account_id, request.key_hash)


def _earlier_answer(row: asyncpg.Record | None, request: KeyedRequest) -> Answer | None:
    if row is None:
        raise StaleFence
    if row["answer_sealed"] is None:
        if not row["is_ours"]:
            raise IdempotencyKeyInUse
        return None
    if row["request_hash"] != request.request_hash:
        raise IdempotencyKeyReused
    kept = request.person_key.open(*_place(request), row["answer_sealed"])
    return msgspec.structs.replace(msgspec.msgpack.decode(kept, type=Answer), is_replayed=True)


def seal_answer(request: KeyedRequest, answer: Answer) -> bytes:
    """The answer as the row of its key keeps it, for an operation that writes that row in a statement of its own."""
    return request.person_key.seal(*_place(request), msgspec.msgpack.encode(answer))


def _place(request: KeyedRequest) -> tuple[Literal["idempotency_keys"], str, Literal["answer_sealed"]]:
    return "idempotency_keys", request.key_hash.hex(), "answer_sealed"
