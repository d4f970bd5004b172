"""Signing in, refreshing, devices and the step-up over HTTP."""

from datetime import datetime
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.auth import NOT_A_USE, PUBLIC, require_employee
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.problems import FieldError, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import mark
from vitalapp.domains.accounts import service as account_service
from vitalapp.domains.accounts import session_service as service
from vitalapp.domains.accounts.session_schemas import Refresh, SessionView, SignedIn, SignIn, StepUp, Tokens

_ONE_OF_TWO = mark("Send either password or second_factor.")


@post("/v1/sessions", operation_id="sign_in", status_code=201, opt=PUBLIC)
async def sign_in(
    data: JSONBody[SignIn], resources: NamedDependency[Resources], client_address: NamedDependency[str]
) -> SignedIn:
    """Sign a device in.

    401 `invalid-credentials` says no more; 401 `second-factor-required` asks for the same request with `second_factor`. Where `consent`
    is `required`, show the current consent statement next.
    """
    return await service.sign_in(resources, data, client_address=client_address)


@post("/v1/sessions/refresh", operation_id="refresh_session", status_code=200, opt=PUBLIC)
async def refresh_session(
    data: JSONBody[Refresh], resources: NamedDependency[Resources], client_address: NamedDependency[str]
) -> Tokens:
    """The next pair of tokens; keep both, the old refresh token is used up.

    Where the answer got lost, the same refresh token gives the same pair again: within ten seconds, and until the new pair is used.
    After that it ends this device's session: 401 `refresh-token-reused`.
    """
    return await service.refresh_session(resources, data.refresh_token, client_address=client_address)


@get("/v1/sessions", operation_id="list_sessions", guards=[require_employee])
async def list_sessions(
    session: NamedDependency[Session],
    resources: NamedDependency[Resources],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[SessionView]:
    """The devices that are signed in, the last one first."""
    after = decode_cursor(cursor, tuple[datetime, UUID])
    views = await service.list_sessions(resources, session, after=after, limit=limit + 1)
    return make_page(views, limit=limit, to_item=lambda view: view, to_key=lambda view: (view.created_at, view.id))


@delete("/v1/sessions/{session_id:uuid}", operation_id="end_session", guards=[require_employee])
async def end_session(
    session_id: FromPath[UUID], session: NamedDependency[Session], resources: NamedDependency[Resources]
) -> None:
    """Sign a device out, wherever it is; its next request is 401."""
    await service.end_session(resources, session, session_id=session_id)


@delete("/v1/sessions/current", operation_id="end_current_session", guards=[require_employee], opt=NOT_A_USE)
async def end_current_session(session: NamedDependency[Session], resources: NamedDependency[Resources]) -> None:
    """Sign this device out."""
    await service.end_session(resources, session, session_id=session.session_id)


@post("/v1/sessions/current/step-up", operation_id="step_up", status_code=204, guards=[require_employee])
async def step_up(data: JSONBody[StepUp], session: NamedDependency[Session], resources: NamedDependency[Resources]) -> None:
    """Confirm to be there, by the password or by a second factor, for the next five minutes of this session."""
    if (data.password is None) == (data.second_factor is None):
        raise ValidationFailed(errors=[FieldError("", _ONE_OF_TWO)])
    await account_service.step_up(resources, session, password=data.password, second_factor=data.second_factor)


ROUTES = [sign_in, refresh_session, list_sessions, end_session, end_current_session, step_up]
