"""Every operation of every audience, as the applications themselves route them."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from vitalapp.app import AUDIENCE_ROUTES, create_app
from vitalapp.core.settings import Settings

# Litestar answers OPTIONS itself; the documentation's pages are files, the same for everybody.
DOCUMENTATION = "/schema"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path.

    Shape: `path_types` maps each path parameter to its type, `body` is the type of the request body (None: it takes none).
    """

    audience: str
    method: str
    path: str
    path_types: dict[str, Any]
    name: str
    is_public: bool
    body: Any

    def path_of(self, **values: object) -> str:
        """The path with its parameters filled in: by `values`, else by what exists nowhere."""
        made_up = {name: uuid4() if kind is UUID else "unknown" for name, kind in self.path_types.items()}
        return self.path.format(**(made_up | values))

    def __str__(self) -> str:
        """As the contract writes it."""
        return f"{self.method} {self.path}"


def list_operations(audience: str) -> list[Operation]:
    """The operations of one audience, its documentation left out."""
    app = create_app(Settings(), audience=audience)
    operations = [
        _operation(audience, route, handler, method)
        for route in app.routes
        if isinstance(route, HTTPRoute) and not route.path.startswith(DOCUMENTATION)
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS"}
    ]
    return sorted(operations, key=lambda operation: (operation.path, operation.method))


def _operation(audience: str, route: HTTPRoute, handler: HTTPRouteHandler, method: str) -> Operation:
    field = handler.parsed_data_field
    return Operation(
        audience=audience,
        method=method,
        path=route.path_format,
        path_types={name: definition.type for name, definition in route.path_parameters.items()},
        name=handler.handler_name,
        is_public=bool(handler.opt.get("is_public")),
        body=None if field is None else field.annotation,
    )


ALL_OPERATIONS = [operation for audience in AUDIENCE_ROUTES for operation in list_operations(audience)]
