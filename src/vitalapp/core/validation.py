"""Strict decoding of JSON bodies that reports everything that is wrong, each with a pointer."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec

from vitalapp.core.problems import FieldError, MalformedBody, ValidationFailed
from vitalapp.core.texts import mark

MAX_REPORTED_ERRORS = 100

_REQUIRED = mark("This value is required.")
_UNKNOWN = mark("This field is not known here.")
_UNSTORABLE = mark("Text must not hold NUL characters, half surrogate pairs or bytes that are not UTF-8.")
_WRONG = mark("This value is not acceptable.")

# What msgspec says, and what we say to the app developer; the first match counts.
_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Expected `str` of length <= (?P<limit>\d+)"), mark("At most {limit} characters.")),
    (re.compile(r"Expected `str` of length >= (?P<limit>\d+)"), mark("At least {limit} characters.")),
    (re.compile(r"Expected `\w+` of length <= (?P<limit>\d+)"), mark("At most {limit} items.")),
    (re.compile(r"Expected `\w+` of length >= (?P<limit>\d+)"), mark("At least {limit} items.")),
    (re.compile(r"Expected `\w+` <= (?P<limit>\S+)"), mark("At most {limit}.")),
    (re.compile(r"Expected `\w+` >= (?P<limit>\S+)"), mark("At least {limit}.")),
    (re.compile(r"Expected `\w+` < (?P<limit>\S+)"), mark("Less than {limit}.")),
    (re.compile(r"Expected `\w+` > (?P<limit>\S+)"), mark("More than {limit}.")),
    (re.compile(r"Expected `str` matching regex"), mark("This text does not have the expected form.")),
    (re.compile(r"Expected `datetime` with a timezone component"), mark("An instant needs its offset or Z.")),
    (re.compile(r"Invalid RFC3339 encoded datetime"), mark("Not an RFC 3339 instant, such as 2026-11-22T10:00:00Z.")),
    (re.compile(r"Invalid RFC3339 encoded date"), mark("Not a date in the form YYYY-MM-DD.")),
    (re.compile(r"Invalid RFC3339 encoded time"), mark("Not a time in the form HH:MM.")),
    (re.compile(r"Invalid UUID"), mark("Not a UUID.")),
    (re.compile(r"Invalid enum value"), mark("Not one of the allowed values.")),
    (re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`"), mark("Expected {expected}, got {got}.")),
    (re.compile(r"Number out of range"), mark("This number is out of range.")),
    (re.compile(r"Object missing required field"), _REQUIRED),
    (re.compile(r"Object contains unknown field"), _UNKNOWN),
)
_PLACE = re.compile(r" - at `(?P<place>[^`]*)`$")
_STEP = re.compile(r"\.(?P<field>[^.\[]+)|\[(?P<index>\d+|\.\.\.)\]")
_FIELD_IN_MESSAGE = re.compile(r"^Object (?:missing required|contains unknown) field `(?P<field>.+?)`")


def decode_json(body: bytes, annotation: Any) -> Any:
    """The body as `annotation`, with no coercion between JSON types.

    Raises: MalformedBody, ValidationFailed with every fault that could be told (400).
    """
    try:
        value = _decoder(annotation).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _explain(body, annotation) from None
    if b"\\u0000" in body and (faults := [*_unstorable_texts(json.loads(body), "")]):
        raise ValidationFailed(errors=faults)
    return value


def field_error(pointer: str, message: str) -> FieldError:
    """One fault as msgspec words it, below the value at `pointer`, in our own words."""
    place = _PLACE.search(message)
    if place:
        pointer += _pointer_of(place["place"])
        message = message[: place.start()]
    if named := _FIELD_IN_MESSAGE.match(message):
        pointer += "/" + escape(named["field"])
    for pattern, phrase in _PHRASES:
        if match := pattern.match(message):
            return FieldError(pointer, phrase, match.groupdict())
    is_own_wording = not message.startswith(("Expected", "Invalid", "Can't", "JSON"))
    return FieldError(pointer, message if is_own_wording and message else _WRONG)


def escape(name: str) -> str:
    """A name as one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=512)
def _decoder(annotation: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(annotation)


def _explain(body: bytes, annotation: Any) -> ValidationFailed | MalformedBody:
    try:
        value = json.loads(body.decode("utf-8", "surrogateescape"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return MalformedBody()
    faults = [*_unstorable_texts(value, "")] or [*_faults(value, annotation, "")]
    return ValidationFailed(errors=faults[:MAX_REPORTED_ERRORS] or [FieldError("", _WRONG)])


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _unstorable_texts(value: object, pointer: str) -> Iterator[FieldError]:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            yield FieldError(pointer, _UNSTORABLE)
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[object], value)):
            yield from _unstorable_texts(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for name, item in cast(dict[str, object], value).items():
            if [*_unstorable_texts(name, "")]:
                yield FieldError(pointer, _UNSTORABLE)
            else:
                yield from _unstorable_texts(item, f"{pointer}/{escape(name)}")


def _faults(value: object, annotation: Any, pointer: str) -> Iterator[FieldError]:
    """Every fault of `value`, from the leaves up; a container's own fault is told where its parts are in order."""
    below = [*_faults_below(value, annotation, pointer)]
    if below:
        yield from below
        return
    try:
        msgspec.convert(value, annotation, str_keys=True)
    except msgspec.ValidationError as error:
        yield field_error(pointer, str(error))


def _faults_below(value: object, annotation: Any, pointer: str) -> Iterator[FieldError]:
    shape = _container_of(annotation)
    arguments = get_args(shape)
    if isinstance(value, dict):
        members = cast(dict[str, object], value)
        if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
            yield from _struct_faults(members, shape, pointer)
        elif get_origin(shape) in (dict, Mapping) and len(arguments) == 2:
            for name, item in members.items():
                yield from _faults(item, arguments[1], f"{pointer}/{escape(name)}")
    elif isinstance(value, list) and get_origin(shape) in (list, set, frozenset, tuple) and arguments:
        for index, item in enumerate(cast(list[object], value)):
            yield from _faults(item, arguments[0], f"{pointer}/{index}")


def _struct_faults(members: dict[str, object], shape: type[msgspec.Struct], pointer: str) -> Iterator[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for name, field in fields.items():
        if name in members:
            yield from _faults(members[name], field.type, f"{pointer}/{escape(name)}")
        elif field.required:
            yield FieldError(f"{pointer}/{escape(name)}", _REQUIRED)
    if shape.__struct_config__.forbid_unknown_fields:
        tag = shape.__struct_config__.tag_field
        for name in members.keys() - fields.keys() - {tag}:
            yield FieldError(f"{pointer}/{escape(name)}", _UNKNOWN)


def _container_of(annotation: Any) -> Any:
    """The one container that an annotation may hold, without its `Annotated`, `None` and `UNSET`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _container_of(get_args(annotation)[0])
    if origin in (Union, UnionType):
        members = [_container_of(member) for member in get_args(annotation)]
        containers = [member for member in members if get_origin(member) or _is_struct(member)]
        return containers[0] if len(containers) == 1 else None
    return annotation


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _pointer_of(place: str) -> str:
    steps = (match["field"] or match["index"] for match in _STEP.finditer(place))
    return "".join("/" + escape(step) for step in steps if step != "...")
