"""An example for each schema of the OpenAPI document, always the same: its own where it has one, else made from its constraints."""

from typing import Any, cast

Json = dict[str, Any]

_BY_FORMAT = {
    "uuid": "6f1c7a52-8d0e-4c3b-9a77-2f3b1f0f9d10",
    "date-time": "2026-11-22T10:00:00Z",
    "date": "2026-11-22",
    "time": "09:00:00",
    "email": "sam@example.org",
    "uri": "https://vitalapp.example/",
    "byte": "AA==",
}
_BY_NAME = {
    "display_name": "Sam de Vries",
    "email": "sam@example.org",
    "key": "energy",
    "name": "Sam's phone",
    "phone": "+31612345678",
    "billing_email": "invoices@employer.example",
    "reference": "7Q4K-2M9X",
    "registration_number": "12345678",
    "time_zone": "Europe/Amsterdam",
    "title": "Energy",
    "version": "1.0.0",
}
# A schema that holds itself does so in a list or where null will do: from here on they stay empty.
_DEEPEST = 4


def example_of(schema: Json, schemas: Json, *, name: str = "", depth: int = 0) -> Any:
    """A value that fits `schema`, of the property `name`; references are looked up in `schemas`."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name=name, depth=depth + 1)
    if examples := schema.get("examples"):
        return _first(examples)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return next(value for value in schema["enum"] if value is not None)
    if "default" in schema and schema["default"] is not None:
        return schema["default"]
    if "anyOf" in schema:
        return example_of(_chosen(schema, depth), schemas, name=name, depth=depth)
    return _by_type(schema, schemas, name=name, depth=depth)


def _by_type(schema: Json, schemas: Json, *, name: str, depth: int) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next(each for each in cast("list[str]", kind) if each != "null")
    match kind:
        case "object":
            properties: Json = schema.get("properties", {})
            return {key: example_of(each, schemas, name=key, depth=depth + 1) for key, each in properties.items()}
        case "array":
            items = schema.get("items")
            return [example_of(items, schemas, depth=depth + 1)] if items and depth < _DEEPEST else []
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _text(schema, name)


def _text(schema: Json, name: str) -> str:
    text = _BY_FORMAT.get(schema.get("format", ""), _BY_NAME.get(name, name or "text"))
    text = text.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]


def _chosen(schema: Json, depth: int) -> Json:
    """The first of the choices that is not null, under the constraints that stand beside them."""
    others = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
    is_nullable = len(others) < len(schema["anyOf"])
    if not others or (is_nullable and depth >= _DEEPEST):
        return {"type": "null"}
    return {**{key: value for key, value in schema.items() if key != "anyOf"}, **others[0]}


def _first(examples: list[Any] | Json) -> Any:
    """Litestar writes examples as a list of values, or by name with the value inside."""
    if isinstance(examples, list):
        return examples[0]
    return next(iter(examples.values()))["value"]
