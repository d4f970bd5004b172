"""One handler turns every exception into an RFC 9457 answer that tells the client what to do and nothing of our insides."""

import re
import socket
from collections.abc import Mapping
from functools import cache
from typing import Any, cast
from urllib.parse import quote

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg

from vitalapp.core.fence import StaleFence
from vitalapp.core.http.request import UnsupportedMediaType
from vitalapp.core.problems import (
    BadRequest,
    FieldError,
    Forbidden,
    InvalidSession,
    MalformedBody,
    NotFound,
    Problem,
    RateLimited,
    StoreUnavailable,
    ValidationFailed,
)
from vitalapp.core.replay import IS_FENCE_STALE
from vitalapp.core.stores import StoreOutdated
from vitalapp.core.texts import DEFAULT_LOCALE, mark, translate
from vitalapp.core.validation import field_error

PROBLEM_MEDIA_TYPE = "application/problem+json"

_BODY_REQUIRED = mark("A JSON body is required.")
_PARAMETER_REQUIRED = mark("This parameter is required.")
_MISSING_PARAMETER = re.compile(r"Missing required \w+ parameter '(?P<name>[^']+)'")


class MethodNotAllowed(Problem):
    """The path exists, and this method is none of its own."""

    status = 405
    code = "method-not-allowed"
    title = mark("This method is not offered here")
    default_detail = mark("See the Allow header for the methods of this path.")


class PayloadTooLarge(Problem):
    """The body is larger than any operation takes."""

    status = 413
    code = "payload-too-large"
    title = mark("The request is too large")
    default_detail = mark("A body may hold at most 256 KiB.")


_BY_STATUS: dict[int, type[Problem]] = {
    problem.status: problem
    for problem in (BadRequest, Forbidden, NotFound, MethodNotAllowed, PayloadTooLarge, UnsupportedMediaType)
}

_STORE_AWAY = (
    StoreOutdated,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,  # what a statement gets that was being sent while the server was killed
    ConnectionError,
    TimeoutError,
    socket.gaierror,
)


def answer_exception(request: Request[Any, Any, Any], exception: Exception) -> Response[bytes]:
    """The answer to a request that ended in `exception`; what caused a 500 is left for the request's log line."""
    problem = _as_problem(request, exception)
    scope = cast("dict[str, Any]", request.scope)
    state: dict[str, Any] = scope["state"]
    if isinstance(exception, StaleFence):
        scope[IS_FENCE_STALE] = True
    if problem.status >= 500:
        state["exception"] = exception
    return Response(
        render_problem(problem, locale=state.get("locale", DEFAULT_LOCALE), instance=_instance(request, problem)),
        status_code=problem.status,
        headers=problem.headers,
        media_type=PROBLEM_MEDIA_TYPE,
    )


def _as_problem(request: Request[Any, Any, Any], exception: Exception) -> Problem:
    match exception:
        case Problem():
            return exception
        case StaleFence():
            return InvalidSession()
        case ValidationException():
            return ValidationFailed(errors=_parameter_errors(request, exception))
        case HTTPException():
            return _from_http_exception(exception)
        case SerializationException():
            return MalformedBody()
        case _ if is_store_away(exception):
            return StoreUnavailable()
        case _:
            return Problem()


def is_store_away(exception: BaseException) -> bool:
    """Whether a store, not the request, is to blame: gone, shutting down, full, or too busy to answer in time."""
    if isinstance(exception, asyncpg.InterfaceError):
        return "clos" in str(exception)  # a connection or pool "is closed" or "is closing"; others are our own mistakes
    return isinstance(exception, _STORE_AWAY) or type(exception) is OSError


def render_problem(problem: Problem, *, locale: str, instance: str) -> bytes:
    """The problem document.

    Shape: `{type, title, status, detail, code, instance, errors?: [{pointer, detail}], …}`.
    """
    document: dict[str, object] = {
        "type": f"urn:vitalapp:problem:{problem.code}",
        "title": translate(locale, problem.title),
        "status": problem.status,
        "detail": translate(locale, problem.detail, **problem.params),
        "code": problem.code,
        "instance": instance,
        **problem.members,
    }
    if problem.errors:
        document["errors"] = [
            {"pointer": error.pointer, "detail": translate(locale, error.detail, **error.params)} for error in problem.errors
        ]
    return msgspec.json.encode(document)


def instance_of(path: str) -> str:
    """A request's path as a URI reference."""
    return quote(path, safe="/:@!$&'()*+,;=~-._", errors="replace")


def _instance(request: Request[Any, Any, Any], problem: Problem) -> str:
    """The request's path; of a 404 only what stands before the first id, so that any two of them are equal to the byte."""
    template = request.scope.get("path_template", "")
    if problem.status == NotFound.status and "{" in template:
        return template[: template.index("{")].rstrip("/")
    return instance_of(request.scope["path"])


def _from_http_exception(exception: HTTPException) -> Problem:
    headers = {name.title(): value for name, value in (exception.headers or {}).items()}
    if exception.status_code == InvalidSession.status:
        return InvalidSession()
    if exception.status_code == RateLimited.status:
        return RateLimited(1)
    if exception.status_code == StoreUnavailable.status:
        return StoreUnavailable()
    if known := _BY_STATUS.get(exception.status_code):
        return known(headers=headers)
    return Problem() if exception.status_code >= 500 else BadRequest(headers=headers)


def _parameter_errors(request: Request[Any, Any, Any], exception: ValidationException) -> list[FieldError]:
    """What Litestar found wrong with query, path and header parameters, or with a body that is not there."""
    if missing := _MISSING_PARAMETER.match(exception.detail):
        return [FieldError(f"/{missing['name']}", _PARAMETER_REQUIRED)]
    names = _names_on_the_wire(request.route_handler)
    return [_parameter_error(extra, names) for extra in cast("list[Mapping[str, str]]", exception.extra or [])]


def _parameter_error(extra: Mapping[str, str], names: Mapping[str, str]) -> FieldError:
    name = extra.get("key", "")
    if name == "data":
        return FieldError("", _BODY_REQUIRED)
    return field_error(f"/{names.get(name, name)}", extra["message"])


@cache
def _names_on_the_wire(handler: HTTPRouteHandler) -> dict[str, str]:
    """What the parameters of a handler and of its dependencies are called by clients: `from` for `from_`."""
    signatures = [
        handler.parsed_fn_signature,
        *(each.parsed_fn_signature for each in handler.resolve_dependencies().values()),
    ]
    return {
        name: field.kwarg_definition.name
        for signature in signatures
        for name, field in signature.parameters.items()
        if isinstance(field.kwarg_definition, ParameterKwarg) and field.kwarg_definition.name
    }
