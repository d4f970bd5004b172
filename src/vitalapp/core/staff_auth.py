"""Who of the staff may call a route: guards for `/admin/v1`, and the session that they leave for the handler."""

from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler

from vitalapp.core.auth import bearer_token
from vitalapp.core.http.client_address import address_of
from vitalapp.core.networks import may_staff_come_from
from vitalapp.core.problems import InvalidSession, NetworkNotAllowed, WrongRole
from vitalapp.core.resources import Resources
from vitalapp.core.staff_sessions import STAFF_ROLES, StaffRole, StaffSession, use_staff_token

Connection = ASGIConnection[Any, Any, Any, Any]


class StaffGuard:
    """Lets in staff of some roles, from their networks, with a running session.

    Raises: InvalidSession (401), WrongRole (403), NetworkNotAllowed (403).
    """

    def __init__(self, roles: frozenset[StaffRole]) -> None:
        self.roles = roles

    async def __call__(self, connection: Connection, _handler: BaseRouteHandler) -> None:
        """Leave the session for the handler."""
        resources: Resources = connection.app.state.resources
        staff = await use_staff_token(resources, bearer_token(connection, kind="staff"))
        if staff is None:
            raise InvalidSession
        if staff.role not in self.roles:
            raise WrongRole
        if not may_staff_come_from(address_of(connection), roles=[staff.role], settings=resources.settings):
            raise NetworkNotAllowed
        connection.state.staff = staff


def require_staff(*roles: StaffRole) -> StaffGuard:
    """The guard of a route for these roles, for all staff where none is named."""
    return StaffGuard(frozenset(roles or STAFF_ROLES))


async def require_staff_network(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Let a request in from where some staff may come: for what precedes a staff session.

    Raises: NetworkNotAllowed (403).
    """
    settings = connection.app.state.resources.settings
    if not may_staff_come_from(address_of(connection), roles=STAFF_ROLES, settings=settings):
        raise NetworkNotAllowed


async def provide_staff(request: Request[Any, Any, Any]) -> StaffSession:
    """The staff session that the guard resolved."""
    return request.state.staff
