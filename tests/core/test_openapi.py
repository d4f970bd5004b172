"""The OpenAPI document says what the API does, and can be browsed without the internet."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import httpx
import jsonschema_rs
import msgspec
import pytest
import schemathesis
from litestar import Litestar, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.http.envelope import Envelope
from vitalapp.core.http.openapi import openapi_document
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from vitalapp.core.http.preconditions import require_if_match
from vitalapp.core.http.wiring import COMMON_ROUTES, http_options
from vitalapp.core.idempotency import KeyedRequest
from vitalapp.core.settings import Settings

PUBLIC = {"is_public": True}


class Part(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A part of a body."""

    email: str
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None


class ThingInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A body."""

    title: Annotated[str, msgspec.Meta(max_length=80, examples=["A walk"])]
    parts: list[Part]
    colours: tuple[Literal["red", "blue"], ...] = ()


class Thing(msgspec.Struct, kw_only=True, frozen=True):
    """An answer."""

    id: UUID
    title: str
    next: "Thing | None" = None


@get("/v1/things", opt=PUBLIC)
async def list_things(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[Thing]:
    """All things, the newest first.

    Shape: a page.
    """
    return Page(items=[])


@post("/v1/things")
async def make_thing(data: JSONBody[ThingInput], keyed_request: NamedDependency[KeyedRequest]) -> Response[Thing]:
    """Make a thing."""
    raise NotImplementedError


@put("/v1/things/{thing_id:uuid}", guards=[require_if_match])
async def change_thing(
    thing_id: FromPath[UUID], data: JSONBody[ThingInput], expected_version: NamedDependency[int]
) -> Thing:
    """Change a thing."""
    raise NotImplementedError


@pytest.fixture
def app() -> Litestar:
    """An application with an operation of each kind."""
    settings = Settings(is_local_run=True)
    litestar = Litestar([*COMMON_ROUTES, list_things, make_thing, change_thing], **http_options(settings, audience="app"))
    litestar.asgi_handler = Envelope(litestar.asgi_handler, settings)
    return litestar


@pytest.fixture
def document(app: Litestar) -> dict[str, Any]:
    """Its document."""
    return openapi_document(app)


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Its client."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=cast("Any", app)), base_url="http://vitalapp.example"
    ) as opened:
        yield opened


async def test_the_document_is_openapi_3_1_and_valid(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await client.get("/schema/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()


def test_operation_ids_are_the_handlers_names(document: dict[str, Any]) -> None:
    assert document["paths"]["/v1/things"]["post"]["operationId"] == "make_thing"
    assert document["paths"]["/health/ready"]["get"]["operationId"] == "get_readiness"


def test_bodies_refuse_unknown_fields_all_the_way_down_and_answers_may_grow(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["ThingInput"]["additionalProperties"] is False
    assert schemas["Part"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Thing"]


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/v1/things", "get", {"200", "400", "426", "429", "500", "503", "default"}),
        (
            "/v1/things",
            "post",
            {"201", *["400", "401", "403", "409", "413", "415", "422", "426", "429", "500", "503"], "default"},
        ),
        (
            "/v1/things/{thing_id}",
            "put",
            {"200", *["400", "401", "403", "404", "412", "413", "415", "426", "428", "429", "500", "503"], "default"},
        ),
    ],
)
def test_every_operation_names_the_problems_that_it_answers_with(
    document: dict[str, Any], path: str, method: str, statuses: set[str]
) -> None:
    responses = document["paths"][path][method]["responses"]
    assert set(responses) == statuses
    for status in statuses - {"200", "201"}:
        name = responses[status]["$ref"].rpartition("/")[2]
        assert "application/problem+json" in document["components"]["responses"][name]["content"]


def test_who_may_call_is_said(document: dict[str, Any]) -> None:
    assert document["paths"]["/v1/things"]["get"]["security"] == []
    assert document["paths"]["/v1/things"]["post"]["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_required_headers_are_parameters(document: dict[str, Any]) -> None:
    def header(path: str, method: str) -> dict[str, Any]:
        (found,) = [each for each in document["paths"][path][method]["parameters"] if each["in"] == "header"]
        return found

    assert header("/v1/things", "post")["name"] == "Idempotency-Key"
    assert header("/v1/things", "post")["required"] is True
    assert header("/v1/things/{thing_id}", "put")["name"] == "If-Match"
    assert header("/v1/things/{thing_id}", "put")["required"] is True


def test_every_schema_has_an_example_that_fits_it(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert "ThingPage" in schemas
    for name, schema in schemas.items():
        if schema.get("properties") and name != "Problem":
            (example,) = schema["examples"]
            jsonschema_rs.validate({**schema, "components": document["components"]}, example)
    assert schemas["ThingInput"]["examples"][0]["title"] == "A walk"
    assert schemas["ThingInput"]["properties"]["colours"]["items"] == {"type": "string", "enum": ["red", "blue"]}


async def test_the_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/schema")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "https://" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        answer = await client.get(asset)
        assert answer.status_code == 200, asset
        assert len(answer.content) > 100


@pytest.mark.parametrize("path", ["/schema/redoc", "/schema/assets/..%2f..%2fsecret", "/schema/assets/index.html"])
async def test_there_is_nothing_else_below_schema(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
