"""The API of one audience: the only wiring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar

from vitalapp import registry
from vitalapp.core.clock import Clock, utc_now
from vitalapp.core.http.envelope import Envelope
from vitalapp.core.http.idempotency import KeepKeyedAnswers
from vitalapp.core.http.wiring import COMMON_ROUTES, http_options, resolve_dependencies_in_turn
from vitalapp.core.replay import ReplayOnStaleFence
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings
from vitalapp.core.startup import open_resources

AUDIENCE_ROUTES = {
    "app": ("routes", "routes_admin"),
    "operator": ("routes_operator",),
    "employer": ("routes_employer",),
}


def create_app(
    settings: Settings, *, audience: str = "app", clock: Clock = utc_now, resources: Resources | None = None
) -> Litestar:
    """The application of `audience` (a key of `AUDIENCE_ROUTES`); tests hand their own `resources` in."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        if resources is not None:
            app.state.resources = resources
            yield
            return
        async with open_resources(settings, audience=audience, clock=clock) as opened:
            app.state.resources = opened
            yield

    app = Litestar(
        route_handlers=[*COMMON_ROUTES, *(route for name in AUDIENCE_ROUTES[audience] for route in registry.routes(name))],
        lifespan=[lifespan],
        **http_options(settings, audience=audience),
    )
    resolve_dependencies_in_turn(app)
    if resources is not None:
        app.state.resources = resources
    app.asgi_handler = Envelope(ReplayOnStaleFence(KeepKeyedAnswers(app.asgi_handler)), settings)
    return app
