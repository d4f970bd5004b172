"""What every request body promises: unknown fields refused, instants with their offset, nothing without bounds."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import inspect

from vitalapp.app import AUDIENCE_ROUTES, create_app
from vitalapp.core.settings import Settings


def bodies() -> Iterator[tuple[str, Any]]:
    for audience in AUDIENCE_ROUTES:
        for route in create_app(Settings(is_local_run=True), audience=audience).routes:
            if isinstance(route, HTTPRoute):
                for handler in route.route_handlers:
                    yield from _body(handler)


def _body(handler: HTTPRouteHandler) -> Iterator[tuple[str, Any]]:
    if handler.parsed_data_field is not None:
        yield handler.handler_name, handler.parsed_data_field.annotation


BODIES = dict(bodies())


def parts(kind: inspect.Type, place: str) -> Iterator[tuple[str, inspect.Type]]:
    """A type and everything in it."""
    yield place, kind
    match kind:
        case inspect.Metadata():
            yield from parts(kind.type, place)
        case inspect.UnionType():
            for choice in kind.types:
                yield from parts(choice, place)
        case inspect.ListType() | inspect.SetType() | inspect.FrozenSetType() | inspect.VarTupleType():
            yield from parts(kind.item_type, f"{place}[]")
        case inspect.DictType():
            yield from parts(kind.key_type, f"{place} keys")
            yield from parts(kind.value_type, f"{place} values")
        case inspect.StructType():
            for field in kind.fields:
                yield from parts(field.type, f"{place}.{field.encode_name}")
        case _:
            pass


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_body_refuses_unknown_fields(name: str) -> None:
    for place, kind in parts(inspect.type_info(BODIES[name]), name):
        if isinstance(kind, inspect.StructType):
            assert kind.forbid_unknown_fields, place
            assert kind.cls.__struct_config__.frozen, place


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_body_has_bounds_everywhere(name: str) -> None:
    for place, kind in parts(inspect.type_info(BODIES[name]), name):
        match kind:
            case inspect.StrType():
                assert kind.max_length is not None or kind.pattern is not None, place
            case inspect.IntType() | inspect.FloatType():
                assert kind.ge is not None or kind.gt is not None, place
                assert kind.le is not None or kind.lt is not None, place
            case inspect.ListType() | inspect.SetType() | inspect.DictType() | inspect.VarTupleType():
                assert kind.max_length is not None, place
            case _:
                pass


@pytest.mark.parametrize("name", sorted(BODIES))
def test_an_instant_in_a_body_has_its_offset(name: str) -> None:
    for place, kind in parts(inspect.type_info(BODIES[name]), name):
        if isinstance(kind, inspect.DateTimeType):
            assert kind.tz is True, place


def test_there_are_bodies_to_look_at() -> None:
    assert len(BODIES) > 20
