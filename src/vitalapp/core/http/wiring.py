"""What `app.py` hands to Litestar."""

from typing import Any

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from vitalapp.core.auth import provide_resources, provide_session
from vitalapp.core.http.client_address import provide_client_address
from vitalapp.core.http.errors import answer_exception
from vitalapp.core.http.health import get_liveness, get_readiness
from vitalapp.core.http.idempotency import begin_keyed_request, provide_keyed_request
from vitalapp.core.http.openapi import openapi_config
from vitalapp.core.http.period import provide_period
from vitalapp.core.http.preconditions import provide_expected_version, provide_write_condition
from vitalapp.core.http.query import refuse_loose_instants
from vitalapp.core.http.request import StrictRequest, provide_locale
from vitalapp.core.http.schema_page import SchemaRouter
from vitalapp.core.http.well_known import get_jwks, get_metrics, get_security_txt
from vitalapp.core.settings import Settings
from vitalapp.core.staff_auth import provide_staff

MAX_BODY_BYTES = 256 * 1024


# Operations of every audience that belong to no domain.
COMMON_ROUTES: list[ControllerRouterHandler] = [get_liveness, get_readiness, get_security_txt, get_jwks, get_metrics]


def http_options(settings: Settings, *, audience: str) -> dict[str, Any]:
    """Keyword arguments for `Litestar`: what every operation of an audience shares.

    Shape: with it come the dependencies `session`, `staff`, `resources`, `locale`, `client_address`,
    `period`, `expected_version`, `write_condition` and `keyed_request`.
    """
    return {
        "request_class": StrictRequest,
        "request_max_body_size": MAX_BODY_BYTES,
        "exception_handlers": {Exception: answer_exception},
        "dependencies": {
            "session": Provide(provide_session),
            "staff": Provide(provide_staff),
            "resources": Provide(provide_resources),
            "locale": Provide(provide_locale, sync_to_thread=False),
            "client_address": Provide(provide_client_address),
            "expected_version": Provide(provide_expected_version, sync_to_thread=False),
            "period": Provide(provide_period, sync_to_thread=False),
            "write_condition": Provide(provide_write_condition, sync_to_thread=False),
            "keyed_request": Provide(provide_keyed_request),
        },
        "before_request": _before_handler,
        "openapi_config": openapi_config(audience=audience, router=SchemaRouter()),
        "logging_config": None,
    }


async def _before_handler(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """After the guards, before the handler: an answer ends the request."""
    refuse_loose_instants(request)
    return await begin_keyed_request(request)


def resolve_dependencies_in_turn(app: Litestar) -> None:
    """Have an application call dependencies one after the other: ours never wait, and a task for each costs more than they do."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, parameters in route.route_handler_map.values():
                batches = parameters.dependency_batches
                parameters.dependency_batches = [{dependency} for batch in batches for dependency in batch]
