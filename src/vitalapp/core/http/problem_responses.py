"""The problems that an operation can answer with, for the OpenAPI document."""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from vitalapp.core import problems
from vitalapp.core.http.errors import PROBLEM_MEDIA_TYPE, PayloadTooLarge
from vitalapp.core.http.request import UnsupportedMediaType
from vitalapp.core.problems import Problem

Json = dict[str, Any]

SCHEMA_NAME = "Problem"

_PROBLEM_SCHEMA: Json = {
    "type": "object",
    "title": SCHEMA_NAME,
    "description": "RFC 9457. Some codes add members of their own.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "description": "urn:vitalapp:problem: and the code"},
        "title": {"type": "string", "description": "for people, in their language"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "for people, in their language"},
        "code": {"type": "string", "description": "for programs"},
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {
            "type": "array",
            "description": "Of a failed validation: every fault that was found.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "RFC 6901 into the body, `/name` of a parameter or header, empty for the whole body",
                    },
                    "detail": {"type": "string", "description": "for people, in their language"},
                },
            },
        },
    },
}

# What any operation may answer, by the condition under which it may.
_ALWAYS = (problems.RateLimited, Problem, problems.StoreUnavailable)
_WITH_INPUT = (problems.ValidationFailed,)
_WITH_BODY = (PayloadTooLarge, UnsupportedMediaType)
_WITH_SESSION = (problems.InvalidSession, problems.WrongRole)
_WITH_PATH_PARAMETERS = (problems.NotFound,)
_WITH_VERSION = (problems.PreconditionFailed, problems.PreconditionRequired)
_WITH_KEY = (problems.IdempotencyKeyInUse, problems.IdempotencyKeyReused)
_FOR_APPS = (problems.UpgradeRequired,)

_DOCUMENTED: tuple[type[Problem], ...] = (
    *_ALWAYS,
    *_WITH_INPUT,
    *_WITH_BODY,
    *_WITH_SESSION,
    *_WITH_PATH_PARAMETERS,
    *_WITH_VERSION,
    *_WITH_KEY,
    *_FOR_APPS,
)


def problem_components(schemas: Json) -> Json:
    """`components.responses`: one per status, and one for any other; adds the schema of a problem to `schemas`."""
    schemas[SCHEMA_NAME] = {**_PROBLEM_SCHEMA}
    by_status = {_name(problem.status): _response(problem) for problem in _DOCUMENTED}
    other = {"description": "What this operation in particular refuses.", "content": _content({})}
    return {"responses": by_status | {SCHEMA_NAME: other}}


def problems_of(operation: Json, handler: HTTPRouteHandler, *, path: str, is_public: bool) -> Json:
    """The responses of an operation that are problems; `default` stands for what it refuses in particular."""
    parameters = handler.parsed_fn_signature.parameters
    has_body = "requestBody" in operation
    found = [
        *_ALWAYS,
        *(_WITH_INPUT if has_body or operation.get("parameters") else ()),
        *(_WITH_BODY if has_body else ()),
        *(() if is_public else _WITH_SESSION),
        *(_WITH_PATH_PARAMETERS if "{" in path else ()),
        *(_WITH_VERSION if {"expected_version", "write_condition"} & parameters.keys() else ()),
        *(_WITH_KEY if "keyed_request" in parameters else ()),
        *(_FOR_APPS if path.startswith("/v1/") else ()),
    ]
    names = {str(status): _name(status) for status in sorted({problem.status for problem in found})}
    return {key: {"$ref": f"#/components/responses/{name}"} for key, name in [*names.items(), ("default", SCHEMA_NAME)]}


def _name(status: int) -> str:
    return f"{SCHEMA_NAME}{status}"


def _response(kind: type[Problem]) -> Json:
    example: Json = {
        "type": f"urn:vitalapp:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.default_detail,
        "code": kind.code,
        "instance": "/v1/path/of/the/request",
    }
    if kind is problems.ValidationFailed:
        example["errors"] = [{"pointer": "/field", "detail": "This value is required."}]
    response: Json = {
        "description": f"{kind.title}. {kind.default_detail}",
        "content": _content({kind.code: {"value": example}}),
    }
    if kind in (problems.RateLimited, problems.StoreUnavailable):
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        }
    return response


def _content(examples: Json) -> Json:
    schema = {"schema": {"$ref": f"#/components/schemas/{SCHEMA_NAME}"}}
    return {PROBLEM_MEDIA_TYPE: {**schema, "examples": examples} if examples else schema}
