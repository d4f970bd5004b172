"""Versions of objects: `ETag` out, `If-Match` and `If-None-Match` in.

An operation that needs `If-Match` lists the guard `require_if_match` last and takes the dependency `expected_version`; one where
only an existing object needs it takes `write_condition`.
"""

import re
from typing import Annotated, Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter

from vitalapp.core.problems import FieldError, PreconditionRequired, ValidationFailed
from vitalapp.core.texts import mark

NEVER_CURRENT = -1

_ENTITY_TAG = re.compile(r'^(?P<weak>W/)?"(?P<value>[\x21\x23-\x7e\x80-\xff]*)"$')

_MALFORMED = mark('Send one ETag as you received it, quotes included, such as "3".')
_ONLY_ANY = mark("Only * is understood here.")

IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", required=False, description='The ETag last read, such as `"3"`.'),
]
IfNoneMatch = Annotated[
    str | None,
    HeaderParameter(name="If-None-Match", required=False, description="`*` refuses to touch an existing object."),
]


class WriteCondition(msgspec.Struct, frozen=True, kw_only=True):
    """What a client demands of the object that it writes.

    Shape: `expected_version` is None without `If-Match`, NEVER_CURRENT for a tag that cannot be the current one (412).
    """

    expected_version: int | None = None
    is_create_only: bool = False


def require_if_match(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard: the request says which version it changes.

    Raises: PreconditionRequired (428), also for `*`, which names no version; ValidationFailed (400) for what is no entity tag.
    """
    parse_if_match(connection.headers.get("if-match"))


def parse_if_match(value: str | None) -> int:
    """The version in an `If-Match`; NEVER_CURRENT for a weak tag and for one that was never given out.

    Raises: PreconditionRequired (428), ValidationFailed (400).
    """
    if value is None or value.strip() == "*":
        raise PreconditionRequired
    tag = _ENTITY_TAG.match(value.strip())
    if tag is None:
        raise ValidationFailed(errors=[FieldError("/If-Match", _MALFORMED)])
    version = tag["value"]
    is_ours = not tag["weak"] and version.isascii() and version.isdigit() and len(version) <= 18
    return int(version) if is_ours else NEVER_CURRENT


def provide_expected_version(if_match: IfMatch = None) -> int:
    """Dependency `expected_version`: the version that the client changes."""
    return parse_if_match(if_match)


def provide_write_condition(if_match: IfMatch = None, if_none_match: IfNoneMatch = None) -> WriteCondition:
    """Dependency `write_condition`: what the client demands of an object that may or may not exist.

    Raises: PreconditionRequired (428), ValidationFailed (400).
    """
    if if_none_match is not None and if_none_match.strip() != "*":
        raise ValidationFailed(errors=[FieldError("/If-None-Match", _ONLY_ANY)])
    return WriteCondition(
        expected_version=None if if_match is None else parse_if_match(if_match),
        is_create_only=if_none_match is not None,
    )


def etag_header(version: int) -> dict[str, str]:
    """The `ETag` header of a version."""
    return {"ETag": f'"{version}"'}
