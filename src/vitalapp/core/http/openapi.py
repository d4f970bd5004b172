"""The OpenAPI document of an application, made once from its routes.

Litestar writes operations and schemas; here they get what it leaves out: every problem that an operation can answer with, who
may call it, that unknown fields are refused, and an example of each schema.
"""

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, cast

import msgspec
from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import License
from litestar.routes import HTTPRoute
from litestar.types import Method

from vitalapp.core.http.examples import example_of
from vitalapp.core.http.problem_responses import problem_components, problems_of

TITLES = {
    "app": "Vitalapp, API of the employee app and of staff",
    "operator": "Vitalapp, API of operators",
    "employer": "Vitalapp, API of employers",
}

Json = dict[str, Any]

_DOCUMENT = "openapi_document"
_GENERIC = re.compile(r"^(?P<outer>[A-Za-z]+)_(?:[\w.]*\.)?(?P<inner>[A-Za-z]+)_$")
_DOMAIN = re.compile(r"^vitalapp\.domains\.(?P<name>\w+)")

DESCRIPTION = """\
JSON in UTF-8, `snake_case`; instants are RFC 3339 in UTC, ids are UUIDs. Unknown fields are refused.

Every failure is an RFC 9457 problem document whose `code` says what happened; a failed validation names each fault in `errors`.
Texts for people come in Dutch, or in English with `Accept-Language: en`. `X-Request-Id` is echoed or made. Send `X-App-Version`
(`ios/2.1.0`): 426 means that the app must be updated. 429 and 503 say in `Retry-After` when to come back.
"""


def openapi_config(*, audience: str, router: Router) -> OpenAPIConfig:
    """What Litestar needs to know to describe its routes, and to serve the description by `router`."""
    return OpenAPIConfig(
        title=TITLES[audience],
        version=version("vitalapp"),
        description=DESCRIPTION,
        license=License(name="EUPL-1.2", identifier="EUPL-1.2"),
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        openapi_router=router,
    )


def openapi_document(app: Litestar) -> Json:
    """The finished OpenAPI 3.1 document; the same object at each call."""
    if _DOCUMENT not in app.state:
        written = msgspec.json.encode(app.openapi_schema.to_schema())
        app.state[_DOCUMENT] = _finish(app, msgspec.json.decode(written))
    return app.state[_DOCUMENT]


def _operation_id(handler: HTTPRouteHandler, _method: Method, _path: list[Any]) -> str:
    return handler.handler_name


def _finish(app: Litestar, document: Json) -> Json:
    for path, method, handler in _operations(app):
        _describe(document["paths"][path][method], handler, path=path)
    schemas: Json = document["components"]["schemas"]
    _mend_choices(document)
    for name in _names_in_requests(document):
        schemas[name]["additionalProperties"] = False
    document["components"] |= problem_components(schemas)
    document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for schema in schemas.values():
        if schema.get("properties"):
            schema.setdefault("examples", [example_of(schema, schemas)])
    return _rename(document, {name: _short_name(name) for name in schemas})


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.resolve_include_in_schema():
                    for method in handler.http_methods:
                        yield route.path_format, str(method).lower(), handler


def _describe(operation: Json, handler: HTTPRouteHandler, *, path: str) -> None:
    is_public = bool(handler.opt.get("is_public"))
    operation["security"] = [] if is_public else [{"bearer": []}]
    if not operation.get("tags") and (domain := _DOMAIN.match(handler.fn.__module__)):
        operation["tags"] = [domain["name"].capitalize()]
    for parameter in operation.get("parameters", []):
        needs = {"If-Match": "expected_version", "Idempotency-Key": "keyed_request"}.get(parameter["name"])
        if needs in handler.parsed_fn_signature.parameters:
            parameter["required"] = True
    # Litestar describes 400 by its own kind of document; what else is there, the handler declared.
    declared = {status: answer for status, answer in operation["responses"].items() if status != "400"}
    operation["responses"] = problems_of(operation, handler, path=path, is_public=is_public) | declared
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()


def _names_in_requests(document: Json) -> set[str]:
    """The schemas that a request's body is made of; all refuse unknown fields."""
    schemas: Json = document["components"]["schemas"]
    bodies = [operation.get("requestBody") for path in document["paths"].values() for operation in path.values()]
    waiting = [*_references(bodies)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schemas[name])
    return {name for name in found if "properties" in schemas[name]}


def _mend_choices(part: object) -> None:
    """Say `anyOf` for a union, and take out the `{}` by which Litestar writes the dots of `tuple[X, ...]`."""
    for members in _objects(part):
        choices = [choice for choice in members.pop("oneOf", []) if choice]
        if len(choices) == 1:
            members.update(choices[0])
        elif choices:
            members["anyOf"] = choices


def _objects(part: object) -> Iterator[Json]:
    """Every object in a document, outer ones first."""
    if isinstance(part, dict):
        members = cast("Json", part)
        yield members
        for value in members.values():
            yield from _objects(value)
    elif isinstance(part, list):
        for item in cast("list[object]", part):
            yield from _objects(item)


def _references(part: object) -> Iterator[str]:
    for members in _objects(part):
        if isinstance(reference := members.get("$ref"), str):
            yield reference.rpartition("/")[2]


def _short_name(name: str) -> str:
    """`Page_vitalapp.domains.diary.schemas.DiaryEntry_` is a `DiaryEntryPage`."""
    generic = _GENERIC.match(name)
    return f"{generic['inner']}{generic['outer']}" if generic else name


def _rename(document: Json, names: dict[str, str]) -> Json:
    schemas: Json = document["components"]["schemas"]
    document["components"]["schemas"] = {names[name]: schema for name, schema in schemas.items()}
    for members in _objects(document):
        if isinstance(reference := members.get("$ref"), str):
            folder, _, name = reference.rpartition("/")
            members["$ref"] = f"{folder}/{names.get(name, name)}"
    return document
