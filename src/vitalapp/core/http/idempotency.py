"""`Idempotency-Key` at the HTTP side.

Where the key is required: guard `require_idempotency_key`, dependency `keyed_request`, and in the deciding transaction
`claim_in_vault`, then `keep_in_vault` with an answer made by `core.idempotency.make_answer`; the handler returns `answer_response`.
Everywhere else the key is optional and needs nothing of the handler: `begin_keyed_request` and `KeepKeyedAnswers` surround it.
"""

import re
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from vitalapp.core.http.errors import is_store_away
from vitalapp.core.idempotency import Answer, KeyedRequest, begin, finish, release
from vitalapp.core.problems import BadRequest
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import mark

HEADER = "idempotency-key"
_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")
_KEPT_HEADERS = frozenset({"content-type", "etag", "location"})
_STATE = "keyed_request"

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        description="A fresh random value for each new request, the same one for a retry; remembered for 24 hours.",
    ),
]


class IdempotencyKeyRequired(BadRequest):
    """This operation must not run twice by accident, so it needs a key."""

    code = "idempotency-key-required"
    title = mark("Idempotency-Key is missing")
    default_detail = mark(
        "Send an Idempotency-Key header: a fresh random value for each new request, the same one for a retry."
    )


class IdempotencyKeyMalformed(BadRequest):
    """The key is empty, too long, or holds more than visible ASCII."""

    code = "idempotency-key-malformed"
    title = mark("Idempotency-Key is not usable")
    default_detail = mark("An Idempotency-Key is 1 to 255 visible ASCII characters.")


def require_idempotency_key(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard: the request carries a usable key.

    Raises: IdempotencyKeyRequired, IdempotencyKeyMalformed (400).
    """
    key = connection.headers.get(HEADER)
    if key is None:
        raise IdempotencyKeyRequired
    if not _KEY.match(key):
        raise IdempotencyKeyMalformed


async def provide_keyed_request(request: Request[Any, Any, Any], idempotency_key: IdempotencyKey = None) -> KeyedRequest:
    """Dependency `keyed_request`, for operations that require the key.

    Raises: IdempotencyKeyRequired (400).
    """
    if idempotency_key is None:
        raise IdempotencyKeyRequired
    return await _keyed_request(request, idempotency_key)


def answer_response(answer: Answer) -> Response[Any]:
    """The answer to send, marked where it is a replay."""
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-type"}
    if answer.is_replayed:
        headers["Idempotency-Replayed"] = "true"
    media_types = [value for name, value in answer.headers.items() if name.lower() == "content-type"]
    return Response(
        answer.body, status_code=answer.status, headers=headers, media_type=media_types[0] if media_types else None
    )


async def begin_keyed_request(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Before the handler of an employee's POST with an optional key: replay, refuse, or claim the key for this run.

    Raises: IdempotencyKeyMalformed (400), IdempotencyKeyInUse (409), IdempotencyKeyReused (422).
    """
    key = request.headers.get(HEADER)
    state = request.scope["state"]
    if key is None or request.method != "POST" or not isinstance(state.get("session"), Session):
        return None
    if "keyed_request" in request.route_handler.parsed_fn_signature.parameters:
        return None
    if not _KEY.match(key):
        raise IdempotencyKeyMalformed
    keyed = await _keyed_request(request, key)
    answer = await begin(_resources(request).identity, keyed)
    if answer is not None:
        return answer_response(answer)
    state[_STATE] = keyed
    return None


class KeepKeyedAnswers:
    """Keeps the answer of a run that `begin_keyed_request` claimed before the client sees it, or lets the key go."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through but a POST that carries a key."""
        is_keyed = scope["type"] == "http" and scope["method"] == "POST" and _has_key(scope)
        if not is_keyed:
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        try:
            await self._app(scope, receive, hold)
        finally:
            await _end_run(scope, held)
        for message in held:
            await send(message)


async def _end_run(scope: Scope, messages: list[Message]) -> None:
    """Keep or release; where the store is away by now, the client still gets its answer and the claim runs out by itself."""
    keyed: KeyedRequest | None = scope.get("state", {}).pop(_STATE, None)
    if keyed is None:
        return
    identity = cast("Resources", scope["litestar_app"].state.resources).identity
    answer = _answer_of(messages)
    try:
        await (release(identity, keyed) if answer is None else finish(identity, keyed, answer))
    except Exception as exception:
        if not is_store_away(exception):
            raise


async def _keyed_request(request: Request[Any, Any, Any], key: str) -> KeyedRequest:
    resources = _resources(request)
    session: Session = request.scope["state"]["session"]
    operation = f"{request.method} {request.scope['path']}\x1f{key}".encode()
    owner = session.person_id.bytes
    return KeyedRequest(
        account_id=session.account_id,
        person_id=session.person_id,
        epoch=session.epoch,
        person_key=session.person_key(resources),
        key_hash=resources.keys.blind_index("idempotency-key", owner + operation),
        request_hash=resources.keys.blind_index("idempotency-request", owner + _canonical(await request.body())),
        received_at=resources.clock(),
    )


def _resources(request: Request[Any, Any, Any]) -> Resources:
    return request.app.state.resources


def _canonical(body: bytes) -> bytes:
    """The body without what JSON leaves free: a retry may be written with other spaces and another order."""
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body


def _has_key(scope: Scope) -> bool:
    return any(name == HEADER.encode() for name, _ in scope["headers"])


def _answer_of(messages: list[Message]) -> Answer | None:
    """The answer in ASGI messages if it is one that is kept: complete and 2xx."""
    start = next((message for message in messages if message["type"] == "http.response.start"), None)
    if start is None or not 200 <= start["status"] < 300:
        return None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(
        status=start["status"],
        headers={name: value for name, value in headers.items() if name.lower() in _KEPT_HEADERS},
        body=b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body"),
    )
