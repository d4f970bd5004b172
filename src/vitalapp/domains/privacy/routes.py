"""A person's rights in the app; all of it stays open without consent."""

from typing import Any
from uuid import UUID

from litestar import Response, delete, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from vitalapp.core.auth import NOT_A_USE, PUBLIC, require_employee
from vitalapp.core.rate_limits import RateLimit
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.domains.privacy import service
from vitalapp.domains.privacy.schemas import (
    AccountDeletion,
    ErasureCertificate,
    ErasureClaim,
    ErasurePending,
    ErasureRunning,
)

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


async def _delete(
    resources: Resources, session: Session, data: AccountDeletion
) -> Response[ErasureCertificate | ErasurePending]:
    erasure = await service.delete_account(resources, session, data)
    return _answer(erasure, is_done=isinstance(erasure, ErasureCertificate))


def _answer(content: Any, *, is_done: bool) -> Response[Any]:
    return Response(content, status_code=200 if is_done else 202)


ROUTES = [delete_me, delete_me_by_post, get_erasure]
