"""The same key and body give the first answer again, and there is never a second effect."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any, cast
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar, Response, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tests.support.application import TravellingClock
from tests.support.databases import Stores
from vitalapp.core.fence import StaleFence
from vitalapp.core.http.idempotency import KeepKeyedAnswers, answer_response, require_idempotency_key
from vitalapp.core.http.wiring import http_options
from vitalapp.core.idempotency import (
    KeyedRequest,
    claim_in_identity,
    claim_in_vault,
    keep_in_identity,
    keep_in_vault,
    make_answer,
)
from vitalapp.core.problems import NotFound
from vitalapp.core.replay import ReplayOnStaleFence
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.stores import transaction

CANARY = "canary-Zeehond-4711"


class Note(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the operations under test take and give back."""

    text: str


class Effects:
    """How often an operation ran, and what holds it up."""

    def __init__(self) -> None:
        self.count = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = asyncio.Event()
        self.failure: Exception | None = None

    async def happen(self) -> int:
        """Run once."""
        self.started.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.count += 1
        return self.count


@pytest.fixture
async def session(resources: Resources, stores: Stores) -> Session:
    """An employee with rows in identity and vault."""
    account_id, person_id, contract_id = uuid4(), uuid4(), uuid4()
    _, wrapped = resources.keys.new_data_key(person_id)
    today = resources.clock().date()
    identity = await asyncpg.connect(stores.identity.superuser)
    await identity.execute(
        "INSERT INTO contracts (contract_id, mail_domains, starts_on) VALUES ($1, '{}', $2)", contract_id, today
    )
    await identity.execute(
        """
        INSERT INTO accounts (account_id, person_id, log_subject_id, consent_subject_id, contract_id, email_index, email_sealed,
            display_name_sealed, time_zone_sealed, locale, password_hash, accepted_terms_version, wrapped_data_key, created_at,
            last_used_on)
        VALUES ($1, $2, $3, $4, $5, $6, '', '', '', 'nl', '', '1', $7, $8, $9)
        """,
        account_id,
        person_id,
        uuid4(),
        uuid4(),
        contract_id,
        secrets.token_bytes(32),
        wrapped,
        resources.clock(),
        today,
    )
    await identity.close()
    await resources.vault.execute("INSERT INTO persons (person_id, epoch) VALUES ($1, 1)", person_id)
    return Session(
        session_id=uuid4(),
        account_id=account_id,
        person_id=person_id,
        log_subject_id=uuid4(),
        consent_subject_id=uuid4(),
        contract_id=contract_id,
        epoch=1,
        wrapped_data_key=wrapped,
        consented_statement_id=None,
        is_restricted=False,
        locale="nl",
        last_used_on=date(2026, 1, 1),
        expires_at=resources.clock() + timedelta(hours=1),
    )


@pytest.fixture
def effects() -> Effects:
    """What happened."""
    return Effects()


@pytest.fixture
async def app(resources: Resources, session: Session, effects: Effects) -> AsyncIterator[httpx.AsyncClient]:
    """Operations that need a key, decided by either store, and one where it is optional."""

    def sign_in(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        connection.scope["state"]["session"] = session

    @post("/in-vault", guards=[sign_in, require_idempotency_key])
    async def in_vault(
        data: JSONBody[Note], resources: NamedDependency[Resources], keyed_request: NamedDependency[KeyedRequest]
    ) -> Response[Note]:
        async with transaction(resources.vault) as connection:
            answer = await claim_in_vault(connection, keyed_request)
            if answer is None:
                await effects.happen()
                answer = make_answer(Note(text=f"{data.text} {effects.count}"), version=1)
                await keep_in_vault(connection, keyed_request, answer)
        return answer_response(answer)

    @post("/in-identity", guards=[sign_in, require_idempotency_key])
    async def in_identity(
        data: JSONBody[Note], resources: NamedDependency[Resources], keyed_request: NamedDependency[KeyedRequest]
    ) -> Response[Note]:
        async with transaction(resources.identity) as connection:
            answer = await claim_in_identity(connection, keyed_request)
            if answer is None:
                await effects.happen()
                answer = make_answer(Note(text=f"{data.text} {effects.count}"), version=1)
                await keep_in_identity(connection, keyed_request, answer)
        return answer_response(answer)

    @post("/optional", guards=[sign_in])
    async def optional(data: JSONBody[Note]) -> Response[Note]:
        count = await effects.happen()
        return Response(Note(text=f"{data.text} {count}"), headers={"ETag": '"1"'})

    @post("/other", guards=[sign_in])
    async def other(data: JSONBody[Note]) -> Note:
        return Note(text=f"{data.text} {await effects.happen()}")

    litestar = Litestar([in_vault, in_identity, optional, other], **http_options(resources.settings, audience="app"))
    litestar.state.resources = resources
    litestar.asgi_handler = ReplayOnStaleFence(KeepKeyedAnswers(litestar.asgi_handler))
    transport = httpx.ASGITransport(app=cast("Any", litestar), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://vitalapp.example") as client:
        yield client


OPERATIONS = pytest.mark.parametrize("operation", ["/in-vault", "/in-identity", "/optional"])


async def send(app: httpx.AsyncClient, operation: str, *, key: str = "key-1", text: str = "hello") -> httpx.Response:
    return await app.post(operation, json={"text": text}, headers={"Idempotency-Key": key})


async def count_keys(resources: Resources) -> int:
    return sum(
        [await pool.fetchval("SELECT count(*) FROM idempotency_keys") for pool in (resources.vault, resources.identity)]
    )


@OPERATIONS
async def test_a_repeated_request_gets_the_first_answer_again(
    app: httpx.AsyncClient, effects: Effects, operation: str
) -> None:
    first = await send(app, operation)
    again = await send(app, operation)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["etag"] == again.headers["etag"] == '"1"'
    assert first.headers["content-type"] == again.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert effects.count == 1


@OPERATIONS
async def test_json_written_in_another_way_is_the_same_body(
    app: httpx.AsyncClient, effects: Effects, operation: str
) -> None:
    await send(app, operation)
    again = await app.post(operation, content=b' {\n"text" :"hello"} ', headers={"Idempotency-Key": "key-1"})
    assert again.headers["idempotency-replayed"] == "true"
    assert effects.count == 1


@OPERATIONS
async def test_another_body_under_the_same_key_is_refused(app: httpx.AsyncClient, effects: Effects, operation: str) -> None:
    await send(app, operation)
    answer = await send(app, operation, text="other")
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency-key-reused"
    assert effects.count == 1


@OPERATIONS
async def test_a_key_whose_request_still_runs_is_refused_at_once(
    app: httpx.AsyncClient, effects: Effects, operation: str
) -> None:
    effects.gate.clear()
    first = asyncio.create_task(send(app, operation))
    await effects.started.wait()
    answer = await asyncio.wait_for(send(app, operation), timeout=2)
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency-key-in-use"
    assert answer.headers["retry-after"] == "1"
    effects.gate.set()
    assert (await first).status_code == 201
    assert (await send(app, operation)).headers["idempotency-replayed"] == "true"


@OPERATIONS
async def test_of_many_at_once_exactly_one_has_an_effect(app: httpx.AsyncClient, effects: Effects, operation: str) -> None:
    answers = await asyncio.gather(*(send(app, operation) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert effects.count == 1


@OPERATIONS
@pytest.mark.parametrize("failure", [NotFound(), RuntimeError(CANARY)])
async def test_a_failure_is_not_kept(
    app: httpx.AsyncClient, effects: Effects, resources: Resources, operation: str, failure: Exception
) -> None:
    effects.failure = failure
    assert (await send(app, operation)).status_code >= 400
    assert await count_keys(resources) == 0
    effects.failure = None
    assert (await send(app, operation)).status_code == 201
    assert effects.count == 1


@OPERATIONS
async def test_a_key_is_forgotten_after_a_day(
    app: httpx.AsyncClient, effects: Effects, clock: TravellingClock, operation: str
) -> None:
    await send(app, operation)
    clock.travel(timedelta(hours=23))
    assert (await send(app, operation)).headers["idempotency-replayed"] == "true"
    clock.travel(timedelta(hours=2))
    assert "idempotency-replayed" not in (await send(app, operation)).headers
    assert effects.count == 2


async def test_a_key_belongs_to_one_operation(app: httpx.AsyncClient, effects: Effects) -> None:
    for operation in ("/in-vault", "/in-identity", "/optional", "/other"):
        assert (await send(app, operation)).status_code == 201
    assert effects.count == 4


@OPERATIONS
async def test_answers_are_sealed_and_bodies_leave_no_guessable_hash(
    app: httpx.AsyncClient, resources: Resources, operation: str
) -> None:
    await send(app, operation, text=CANARY, key=CANARY)
    for pool in (resources.vault, resources.identity):
        for row in await pool.fetch("SELECT key_hash, request_hash, answer_sealed FROM idempotency_keys"):
            assert CANARY.encode() not in row["answer_sealed"]
            assert len(row["key_hash"]) == len(row["request_hash"]) == 32
    assert await count_keys(resources) == 1


@pytest.mark.parametrize("operation", ["/in-vault", "/in-identity"])
async def test_a_required_key_that_is_missing_is_a_400(app: httpx.AsyncClient, operation: str) -> None:
    answer = await app.post(operation, json={"text": "x"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency-key-required"


@OPERATIONS
@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "tab\t"])
async def test_an_unusable_key_is_a_400(app: httpx.AsyncClient, effects: Effects, operation: str, key: str) -> None:
    answer = await send(app, operation, key=key)
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency-key-malformed"
    assert effects.count == 0


async def test_without_the_optional_key_nothing_is_kept(
    app: httpx.AsyncClient, effects: Effects, resources: Resources
) -> None:
    for _ in range(2):
        assert (await app.post("/optional", json={"text": "x"})).status_code == 201
    assert effects.count == 2
    assert await count_keys(resources) == 0


@OPERATIONS
async def test_a_session_whose_epoch_is_over_reads_and_leaves_nothing(
    app: httpx.AsyncClient, effects: Effects, resources: Resources, session: Session, operation: str
) -> None:
    await send(app, operation)
    await resources.identity.execute("UPDATE accounts SET epoch = 2 WHERE account_id = $1", session.account_id)
    await resources.vault.execute("UPDATE persons SET epoch = 2 WHERE person_id = $1", session.person_id)
    assert (await send(app, operation)).status_code == 401
    assert (await send(app, operation, key="key-2")).status_code == 401
    assert effects.count == 1
    assert await count_keys(resources) == 1


async def test_a_run_whose_process_died_blocks_its_key_for_a_minute_at_most(
    app: httpx.AsyncClient, effects: Effects, resources: Resources, clock: TravellingClock
) -> None:
    await send(app, "/optional")
    await resources.identity.execute("UPDATE idempotency_keys SET status = NULL, answer_sealed = NULL")
    assert (await send(app, "/optional")).status_code == 409
    clock.travel(timedelta(seconds=61))
    assert (await send(app, "/optional")).status_code == 201


async def test_a_stale_fence_during_a_run_lets_the_key_go_for_the_replay(
    app: httpx.AsyncClient, effects: Effects, resources: Resources
) -> None:
    effects.failure = StaleFence()
    assert (await send(app, "/optional")).status_code == 401
    assert await count_keys(resources) == 0


async def test_an_erasure_takes_the_keys_with_it(
    app: httpx.AsyncClient, resources: Resources, session: Session, stores: Stores
) -> None:
    await send(app, "/optional")
    await resources.identity.execute("DELETE FROM accounts WHERE account_id = $1", session.account_id)
    assert await count_keys(resources) == 0
