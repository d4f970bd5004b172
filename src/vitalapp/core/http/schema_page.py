"""`/schema`: the OpenAPI document as JSON and as a page to browse; everything that the page loads comes from here."""

from functools import cache
from importlib import resources
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from vitalapp.core.http.openapi import openapi_document
from vitalapp.core.problems import NotFound

_PUBLIC = {"is_public": True}
_JAVASCRIPT = "text/javascript"
_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": _JAVASCRIPT,
    "favicon-32x32.png": "image/png",
}
_CACHED = {"Cache-Control": "public, max-age=3600"}
_PAGE_HEADERS = {
    **_CACHED,
    # The page writes styles into its elements; scripts come from files only.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vitalapp API</title>
<link rel="stylesheet" href="/schema/assets/swagger-ui.css">
<link rel="icon" type="image/png" href="/schema/assets/favicon-32x32.png">
</head>
<body>
<div id="api"></div>
<script src="/schema/assets/swagger-ui-bundle.js"></script>
<script src="/schema/assets/page.js"></script>
</body>
</html>
"""
_PAGE_SCRIPT = """\
SwaggerUIBundle({
  url: "/schema/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null,
  syntaxHighlight: false,
});
"""


class SchemaRouter(Router):
    """The routes of this module alone: what Litestar would add for its own pages, which load from elsewhere, stays out."""

    def __init__(self) -> None:
        self._is_complete = False
        super().__init__(
            "/schema",
            route_handlers=[get_schema_page, get_openapi_document, get_schema_asset],
            include_in_schema=False,
            opt=_PUBLIC,
        )
        self._is_complete = True

    def register(self, value: ControllerRouterHandler) -> list[Any]:
        """Take the module's own routes, once."""
        return [] if self._is_complete else super().register(value)


@get("/", media_type="text/html", sync_to_thread=False)
def get_schema_page() -> Response[str]:
    """The page."""
    return Response(_PAGE, headers=_PAGE_HEADERS)


@get("/openapi.json", media_type="application/json", sync_to_thread=False)
def get_openapi_document(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The OpenAPI 3.1 document."""
    return Response(msgspec.json.encode(openapi_document(request.app)), headers=_CACHED)


@get("/assets/{name:str}", sync_to_thread=False)
def get_schema_asset(name: FromPath[str]) -> Response[bytes]:
    """A file that the page loads."""
    if name == "page.js":
        return Response(_PAGE_SCRIPT.encode(), media_type=_JAVASCRIPT, headers=_CACHED)
    if name not in _ASSETS:
        raise NotFound
    return Response(_asset(name), media_type=_ASSETS[name], headers=_CACHED)


@cache
def _asset(name: str) -> bytes:
    (release,) = (resources.files("swagger_ui_bundle") / "vendor").iterdir()
    return (release / name).read_bytes()
