"""The employer's key: which employer asks, and what the key may do."""

from collections.abc import Callable, Coroutine
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar.connection import Request
from litestar.handlers import BaseRouteHandler

from vitalapp.core.auth import Connection, bearer_token
from vitalapp.core.keys import token_hash
from vitalapp.core.problems import InvalidSession, WrongRole
from vitalapp.core.rate_limits import REQUESTS_PER_SESSION
from vitalapp.core.resources import Resources

EMPLOYER_PREFIX = "vek_"

Scope = Literal["confirmations", "invoices", "webhooks"]
SCOPES: tuple[Scope, ...] = ("confirmations", "invoices", "webhooks")


class Employer(msgspec.Struct, frozen=True, kw_only=True):
    """The employer behind a key, and the key's scopes."""

    employer_id: UUID
    scopes: list[Scope]


FIND_EMPLOYER_OF_KEY = """
    SELECT employer_id, scopes FROM api_keys
    WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
"""


async def find_employer(resources: Resources, *, key: str) -> Employer | None:
    """The employer whose running key this is."""
    row = await resources.ledger.fetchrow(FIND_EMPLOYER_OF_KEY, token_hash(key), resources.clock())
    return None if row is None else msgspec.convert(dict(row), Employer)


def require_employer(scope: Scope) -> Callable[[Connection, BaseRouteHandler], Coroutine[Any, Any, None]]:
    """A guard that lets an employer's key with `scope` in.

    Raises: InvalidSession (401), WrongRole (403), RateLimited (429).
    Rule: C7, S0-03, S1-36: nothing but `/employer/v1` answers to such a key.
    """

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        resources: Resources = connection.app.state.resources
        key = bearer_token(connection, kind="employer")
        await resources.limiter.hit(REQUESTS_PER_SESSION.on(token_hash(key).hex()))
        employer = await find_employer(resources, key=key)
        if employer is None:
            raise InvalidSession
        if scope not in employer.scopes:
            raise WrongRole
        connection.state.employer = employer

    return guard


async def provide_employer(request: Request[Any, Any, Any]) -> Employer:
    """The employer that the guard found."""
    return request.state.employer
