"""Who may call a route: guards that read the bearer token, and the session that they leave for the handler.

Guards run before headers and body are looked at, in this order: 401 session, 403 role, 403 `consent-required`.
Every route has one of these guards, or the option `PUBLIC`.
"""

from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler

from vitalapp.core.fence import StaleFence
from vitalapp.core.problems import ConsentRequired, InvalidSession, WrongRole
from vitalapp.core.replay import IS_REPLAY
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import ACCESS_PREFIX, Session, resolve_session

Connection = ASGIConnection[Any, Any, Any, Any]

PUBLIC = {"is_public": True}
# For routes that the app calls by itself: they do not move `last_used_on`.
NOT_A_USE = {"is_use": False}

_TOKEN_KINDS = {ACCESS_PREFIX: "employee", "vas_": "staff", "vek_": "employer"}


def bearer_token(connection: Connection, *, kind: str) -> str:
    """The bearer token, which must be of `kind`.

    Raises: InvalidSession (401) without a known token, WrongRole (403) with another audience's.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token[:4] not in _TOKEN_KINDS:
        raise InvalidSession
    if _TOKEN_KINDS[token[:4]] != kind:
        raise WrongRole
    return token


async def require_employee(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let an employee with a running session in; consent is not asked for.

    Raises: InvalidSession (401), WrongRole (403).
    """
    resources: Resources = connection.app.state.resources
    token = bearer_token(connection, kind="employee")
    session = await resolve_session(
        resources, token, is_fresh=IS_REPLAY in connection.scope, is_use=handler.opt.get("is_use", True)
    )
    if session is None:
        raise InvalidSession
    connection.state.session = session


async def require_consent(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let an employee in whose consent covers the current statement; a session copy that says no is not believed.

    Raises: InvalidSession (401), WrongRole (403), ConsentRequired (403), StaleFence before the first answer of no.
    Rule: GDPR 9(2)(a); S2-05, S2-07.
    """
    await require_employee(connection, handler)
    resources: Resources = connection.app.state.resources
    now = resources.clock()
    if connection.state.session.consented_statement_id not in resources.legal_texts.accepted_statement_ids(now):
        if IS_REPLAY not in connection.scope:
            raise StaleFence
        raise ConsentRequired(statement_id=resources.legal_texts.current("consent", now).id)


async def provide_session(request: Request[Any, Any, Any]) -> Session:
    """The session that the guard resolved."""
    return request.state.session


async def provide_resources(request: Request[Any, Any, Any]) -> Resources:
    """What the process holds."""
    return request.app.state.resources
