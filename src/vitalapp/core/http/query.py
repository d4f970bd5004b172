"""Query parameters that Litestar reads too loosely: to it, `0.5` is an instant in 1970, and one without offset is an instant too."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.enums import ParamType
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg

from vitalapp.core.problems import FieldError, ValidationFailed
from vitalapp.core.validation import field_error

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


def refuse_loose_instants(request: Request[Any, Any, Any]) -> None:
    """Before the handler: every instant in the query is an RFC 3339 one, with its offset.

    Raises: ValidationFailed (400).
    """
    if not request.scope["query_string"]:
        return
    errors = [
        error
        for name in _instants_of(request.route_handler)
        for value in request.query_params.getall(name, [])
        if (error := _fault(f"/{name}", value)) is not None
    ]
    if errors:
        raise ValidationFailed(errors=errors)


def _fault(pointer: str, value: str) -> FieldError | None:
    try:
        msgspec.convert(value, _Instant)
    except msgspec.ValidationError as error:
        return field_error(pointer, str(error))
    return None


@cache
def _instants_of(handler: HTTPRouteHandler) -> tuple[str, ...]:
    """The query parameters of a handler and of its dependencies that are instants, by the names that clients use."""
    signatures = [
        handler.parsed_fn_signature,
        *(each.parsed_fn_signature for each in handler.resolve_dependencies().values()),
    ]
    return tuple(
        field.kwarg_definition.name or name
        for signature in signatures
        for name, field in signature.parameters.items()
        if isinstance(field.kwarg_definition, ParameterKwarg)
        and field.kwarg_definition.param_type is ParamType.QUERY
        and datetime in (field.annotation, *(inner.annotation for inner in field.inner_types))
    )
