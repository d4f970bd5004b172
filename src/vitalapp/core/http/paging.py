"""Lists: `?limit=` and `?cursor=` in, `{items, next_cursor}` out.

A cursor is the last row's sort key. It is opaque to clients but no secret: what a person may see is decided by the query
around it, never by the cursor.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from vitalapp.core.problems import FieldError, MalformedBody, ValidationFailed
from vitalapp.core.texts import mark
from vitalapp.core.validation import decode_json

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_CURSOR_CHARACTERS = 512

Limit = Annotated[
    int,
    QueryParameter(ge=1, le=MAX_LIMIT, description="How many items at most.", schema_extra={"default": DEFAULT_LIMIT}),
]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=MAX_CURSOR_CHARACTERS, description="The `next_cursor` of the page before."),
]

Item = TypeVar("Item")
Row = TypeVar("Row")
Key = TypeVar("Key")

_MALFORMED = mark("This is not a cursor of this list.")


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """One page of a list.

    Shape: `next_cursor` is null on the last page.
    """

    items: list[Item]
    next_cursor: str | None = None


def encode_cursor(*key: object) -> str:
    """An opaque cursor that stands after the row with this sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, key_type: type[Key]) -> Key | None:
    """The sort key in a cursor, as a tuple type such as `tuple[datetime, UUID]`; None for the first page.

    Raises: ValidationFailed (400) for anything that is no cursor of this list.
    """
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return decode_json(base64.b64decode(padded, altchars=b"-_", validate=True), key_type)
    except (ValidationFailed, MalformedBody, ValueError):
        raise ValidationFailed(errors=[FieldError("/cursor", _MALFORMED)]) from None


def make_page(
    rows: Sequence[Row], *, limit: int, to_item: Callable[[Row], Item], to_key: Callable[[Row], tuple[Any, ...]]
) -> Page[Item]:
    """A page from up to `limit + 1` rows: the one too many says that there is more."""
    shown = rows[:limit]
    next_cursor = encode_cursor(*to_key(shown[-1])) if len(rows) > limit else None
    return Page(items=[to_item(row) for row in shown], next_cursor=next_cursor)
