"""What surrounds every request, whether or not a route takes it.

Request id and language in; refusals that need no routing; security headers out; one log line and one count at the end.
"""

import os
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any, cast
from urllib.parse import unquote_to_bytes

import structlog
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

from vitalapp.core.http.app_version import MinimumVersions
from vitalapp.core.http.client_address import TrustedProxies
from vitalapp.core.http.errors import PROBLEM_MEDIA_TYPE, instance_of, render_problem
from vitalapp.core.http.locale import accepted_locale
from vitalapp.core.logs import failure
from vitalapp.core.metrics import count_request, known_method
from vitalapp.core.problems import BadRequest, Problem, UpgradeRequired
from vitalapp.core.settings import Settings
from vitalapp.core.texts import mark

UNMATCHED = "unmatched"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
# What an answer carries unless its handler says otherwise.
_DEFAULT_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"vary", b"Accept-Language, Authorization"),
    (b"x-content-type-options", b"nosniff"),
)


class HttpsRequired(Problem):
    """The request reached our proxy in clear.

    Rule: S1-14, S4-20.
    """

    status = 403
    code = "https-required"
    title = mark("This server is reached over https only")
    default_detail = mark(
        "Send the request to the https:// address. Tokens sent over http:// should be considered known to others."
    )


class UnreadableAddress(BadRequest):
    """Path or query hold what is no text."""

    default_detail = mark("The address holds bytes that are not valid text.")


class Envelope:
    """ASGI: the outermost layer of an audience's application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._minimum_versions = MinimumVersions(settings)
        self._is_https_required = not settings.is_local_run
        self._log = structlog.get_logger().bind()  # once, not for each line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        request = cast("HTTPScope", scope)
        headers = _first_values(request)
        given_id = headers.get(b"x-request-id", "")
        request_id = given_id if _REQUEST_ID.fullmatch(given_id) else os.urandom(16).hex()
        locale = accepted_locale(headers.get(b"accept-language", ""))
        request.setdefault("state", {}).update(request_id=request_id, locale=locale)
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _dress(message, request_id=request_id, locale=locale)
            await send(message)

        try:
            refusal = self._refusal(request, headers)
            if refusal is None:
                await self._app(scope, receive, send_dressed)
            else:
                await _refuse(refusal, request["path"], send_dressed, locale=locale)
        except Exception as exception:
            request["state"]["exception"] = exception
            if status:
                raise
            await _refuse(Problem(), request["path"], send_dressed, locale=locale)
        finally:
            self._note(request, status=status, seconds=perf_counter() - started, request_id=request_id)

    def _refusal(self, scope: HTTPScope, headers: dict[bytes, str]) -> Problem | None:
        peer = scope.get("client")
        client = self._proxies.client(
            peer[0] if peer else "",
            scope["scheme"],
            forwarded_for=[value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"],
            forwarded_proto=headers.get(b"x-forwarded-proto", ""),
        )
        scope["state"]["client_address"] = client.address
        if self._is_https_required and b"x-forwarded-proto" in headers and client.scheme == "http":
            return HttpsRequired()
        if not _is_text(_raw_path(scope)) or not _is_text(scope["query_string"]):
            return UnreadableAddress()
        app_version = headers.get(b"x-app-version")
        if app_version and scope["path"].startswith("/v1/") and self._minimum_versions.is_outdated(app_version):
            return UpgradeRequired(minimum_versions=self._minimum_versions.texts)
        return None

    def _note(self, scope: HTTPScope, *, status: int, seconds: float, request_id: str) -> None:
        state: dict[str, Any] = scope["state"]
        route = scope.get("path_template") or UNMATCHED
        exception: BaseException | None = state.get("exception")
        count_request(method=scope["method"], route=route, status=status, seconds=seconds)
        write: Callable[..., object] = self._log.info if status < 500 else self._log.error
        write(
            "request",
            method=known_method(scope["method"]),
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            request_id=request_id,
            role=_role(state),
            **(failure(exception) if exception is not None else {}),
        )


def _first_values(scope: HTTPScope) -> dict[bytes, str]:
    """The headers by their names in lower case; of a repeated one the first."""
    values: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        values.setdefault(name.lower(), value.decode("latin-1"))
    return values


def _raw_path(scope: HTTPScope) -> bytes:
    return scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")


def _is_text(raw: bytes) -> bool:
    """Whether an encoded path or query holds UTF-8 without NUL, once decoded."""
    if b"%" not in raw and b"\0" not in raw and raw.isascii():
        return True
    decoded = unquote_to_bytes(raw)
    try:
        decoded.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in decoded


def _dress(message: HTTPResponseStartEvent, *, request_id: str, locale: str) -> None:
    """Add what every answer carries; what the handler set itself stands."""
    headers = list(message.get("headers", []))
    present = {name.lower() for name, _ in headers}
    added = ((b"x-request-id", request_id.encode()), (b"content-language", locale.encode()), *_DEFAULT_HEADERS)
    headers += [(name, value) for name, value in added if name not in present]
    message["headers"] = headers


async def _refuse(problem: Problem, path: str, send: Send, *, locale: str) -> None:
    body = render_problem(problem, locale=locale, instance=instance_of(path))
    headers = {"content-type": PROBLEM_MEDIA_TYPE, "content-length": str(len(body)), **problem.headers}
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _role(state: dict[str, Any]) -> str:
    """Whose request it was, as far as the guards told."""
    if (staff := state.get("staff")) is not None:
        return staff.role
    return "employee" if "session" in state else state.get("role", "public")
