"""`?from=&to=` of lists that a time orders: the dependency `period`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from vitalapp.core.http.paging import decode_cursor
from vitalapp.core.problems import ValidationFailed
from vitalapp.core.validation import field_error

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
From = Annotated[
    str | None,
    QueryParameter(name="from", description="The first instant.", schema_extra={"format": "date-time"}),
]
To = Annotated[
    str | None,
    QueryParameter(name="to", description="The instant after the last.", schema_extra={"format": "date-time"}),
]


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """`[since, until)`; instants that no row can have are brought near enough for a store to compare with."""

    since: datetime = EARLIEST
    until: datetime = LATEST


def provide_period(from_: From = None, to: To = None) -> Period:
    """Dependency `period`: everything where the client names no bounds.

    Raises: ValidationFailed (400).
    """
    return Period(
        since=EARLIEST if from_ is None else _parse("/from", from_), until=LATEST if to is None else _parse("/to", to)
    )


def decode_position(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The sort key in the cursor of a list that an instant and an id order; None for the first page.

    Raises: ValidationFailed (400).
    """
    key = decode_cursor(cursor, tuple[AwareDatetime, UUID])
    return None if key is None else (near(key[0]), key[1])


def near(instant: datetime) -> datetime:
    """The instant, or the nearest one that a store can compare with."""
    return min(max(instant, EARLIEST), LATEST)


def _parse(pointer: str, value: str) -> datetime:
    try:
        return near(msgspec.convert(value, AwareDatetime))
    except msgspec.ValidationError as error:
        raise ValidationFailed(errors=[field_error(pointer, str(error))]) from None
