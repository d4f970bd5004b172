"""What the operations of the vitality meter take and give."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from vitalapp.domains.vitality.scoring import Score

AnswersByItem = Annotated[
    dict[Annotated[str, msgspec.Meta(max_length=64)], Annotated[int, msgspec.Meta(ge=-1000, le=1000)]],
    msgspec.Meta(
        max_length=500,
        description="The value chosen for each item that was answered, by the item's key; leave out what was skipped.",
        examples=[{"energy_start": 4, "energy_left": 3}],
    ),
]


class InstrumentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument that is offered, in the reader's language."""

    key: str
    version: str
    title: str
    licence: str


class InstrumentDimension(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an instrument measures."""

    key: str
    title: str


class ItemScale(msgspec.Struct, frozen=True, kw_only=True):
    """The values that an answer may have.

    Shape: `labels` has one label for each value, from `min` to `max`.
    """

    min: int
    max: int
    labels: tuple[str, ...]


class InstrumentItem(msgspec.Struct, frozen=True, kw_only=True):
    """One statement to answer."""

    key: str
    text: str
    dimension: str
    scale: ItemScale


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument as it is filled in, in the reader's language."""

    key: str
    version: str
    title: str
    introduction: str
    licence: str
    dimensions: list[InstrumentDimension]
    items: list[InstrumentItem]


class MeasurementInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instrument that was filled in."""

    instrument: Annotated[str, msgspec.Meta(max_length=64, examples=["vitality"])]
    instrument_version: Annotated[str, msgspec.Meta(max_length=32, examples=["1.0.0"])]
    answers: AnswersByItem
    measured_at: (
        Annotated[datetime, msgspec.Meta(tz=True, description="When it was filled in.", examples=["2026-11-22T20:15:00Z"])]
        | None
    ) = None


class MeasurementContent(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What of a measurement is sealed, as one value; the scores are those of the day, and are never worked out anew."""

    instrument: str
    instrument_version: str
    answers: dict[str, int]
    scores: tuple[Score, ...]
    overall: int | None


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument that was filled in, with its scores.

    Shape: `scores` has every dimension of the instrument, null and `not_scorable` where too few of its items were answered; `overall`
    is null where too few dimensions are scored.
    Units: scores run from 0 (low) to 100 (high).
    """

    id: UUID
    instrument: str
    instrument_version: str
    measured_at: datetime
    answers: dict[str, int]
    scores: tuple[Score, ...]
    overall: int | None
    version: int = 1


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One score."""

    measured_at: datetime
    value: int


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of one dimension, oldest first; a measurement in which it was not scorable has no point.

    Shape: `change_since_previous` is the newest score of the period less the one before it, null where there are not two.
    """

    dimension: str
    points: list[TrendPoint]
    change_since_previous: int | None
    next_cursor: str | None


class MeasurementSharing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether one coach may read one measurement."""

    coach_id: UUID
    is_shared: bool
