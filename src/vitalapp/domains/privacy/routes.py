"""A person's rights in the app; all of it stays open without consent."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from vitalapp.core.auth import NOT_A_USE, PUBLIC, require_employee
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.http.period import AwareDatetime, Period, near
from vitalapp.core.rate_limits import RateLimit
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import Locale
from vitalapp.domains.privacy import service, views
from vitalapp.domains.privacy.schemas import (
    AccessLogItem,
    AccountDeletion,
    ErasureCertificate,
    ErasureClaim,
    ErasurePending,
    ErasureRunning,
    HeldData,
    Restriction,
)

LineId = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
CLAIMS = RateLimit("erasure_claim", requests=60, seconds=3600)

_PENDING = ResponseSpec(ErasurePending, description="A store is away: the account is dead, and the rest follows by itself.")
_RUNNING = ResponseSpec(ErasureRunning, description="Not finished yet.")


@delete(
    "/v1/me",
    operation_id="delete_me",
    guards=[require_employee],
    status_code=200,
    responses={202: _PENDING},
    opt=NOT_A_USE,
)
async def delete_me(
    resources: NamedDependency[Resources], session: NamedDependency[Session], data: JSONBody[AccountDeletion]
) -> Response[ErasureCertificate | ErasurePending]:
    """Delete the account, which withdraws consent and erases everything, at once and for good. No reason is asked.

    The answer is a signed certificate: how many records of each category are gone, and what is kept, why and until when. With a store
    away it is 202 with a secret for `POST /v1/erasures/{id}`. In both, every session has ended and the address is free again.
    """
    return await _delete(resources, session, data)


@post(
    "/v1/me/deletion",
    operation_id="delete_me_by_post",
    guards=[require_employee],
    status_code=200,
    responses={202: _PENDING},
    opt=NOT_A_USE,
)
async def delete_me_by_post(
    resources: NamedDependency[Resources], session: NamedDependency[Session], data: JSONBody[AccountDeletion]
) -> Response[ErasureCertificate | ErasurePending]:
    """The same as `DELETE /v1/me`, for networks that drop the body of a DELETE."""
    return await _delete(resources, session, data)


@post("/v1/erasures/{erasure_id:uuid}", operation_id="get_erasure", status_code=200, responses={202: _RUNNING}, opt=PUBLIC)
async def get_erasure(
    resources: NamedDependency[Resources],
    client_address: NamedDependency[str],
    erasure_id: FromPath[UUID],
    data: JSONBody[ErasureClaim],
) -> Response[ErasureCertificate | ErasureRunning]:
    """Fetch the certificate of an erasure that was 202, for thirty days, by the secret that came with it."""
    await resources.limiter.hit(CLAIMS.on_address(client_address))
    erasure = await service.get_erasure(resources, erasure_id=erasure_id, secret=data.secret)
    return _answer(erasure, is_done=isinstance(erasure, ErasureCertificate))


@get("/v1/me/data", operation_id="get_held_data", guards=[require_employee])
async def get_held_data(
    resources: NamedDependency[Resources], session: NamedDependency[Session], locale: NamedDependency[Locale]
) -> HeldData:
    """What is held on the person: each category, what for, on which ground, for how long, who gets it, how much there is."""
    return await views.get_held_data(resources, session, locale=locale)


@get("/v1/me/access-log", operation_id="list_access_log", guards=[require_employee])
async def list_access_log(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    period: NamedDependency[Period],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[AccessLogItem]:
    """Who reached the person's data, when, why and by which authorisation, newest first; the person's own accesses as well.

    It never says what was in the data. Reading the log is an access too, and is in the log the next time.
    """
    before = decode_cursor(cursor, tuple[AwareDatetime, LineId])
    rows = await views.list_access_log(
        resources,
        session,
        since=period.since,
        until=period.until,
        before=None if before is None else (near(before[0]), before[1]),
        limit=limit + 1,
    )
    return make_page(rows, limit=limit, to_item=lambda row: row[0], to_key=lambda row: row[1])


@put("/v1/me/restriction", operation_id="put_restriction", guards=[require_employee])
async def put_restriction(
    resources: NamedDependency[Resources], session: NamedDependency[Session], data: JSONBody[Restriction]
) -> Restriction:
    """Have the data stored only: coaches see nothing, jobs and statistics leave it out. Reading it oneself and deleting it stay.

    Every device stays signed in.
    """
    return await service.put_restriction(resources, session, is_restricted=data.is_restricted)


async def _delete(
    resources: Resources, session: Session, data: AccountDeletion
) -> Response[ErasureCertificate | ErasurePending]:
    erasure = await service.delete_account(resources, session, data)
    return _answer(erasure, is_done=isinstance(erasure, ErasureCertificate))


def _answer(content: Any, *, is_done: bool) -> Response[Any]:
    return Response(content, status_code=200 if is_done else 202)


ROUTES = [delete_me, delete_me_by_post, get_erasure, get_held_data, list_access_log, put_restriction]
