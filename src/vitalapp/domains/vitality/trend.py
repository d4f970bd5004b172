"""The trend of one dimension: its scores in the order of time, and nothing that follows from them (S1-09, S2-18)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.access_log import own_line
from vitalapp.core.problems import FieldError, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.sessions import Session
from vitalapp.core.texts import mark
from vitalapp.domains.vitality import queries
from vitalapp.domains.vitality.definitions import OVERALL
from vitalapp.domains.vitality.instrument_registry import Instruments
from vitalapp.domains.vitality.instruments import offered
from vitalapp.domains.vitality.schemas import Measurement, TrendPoint
from vitalapp.domains.vitality.service import KIND, open_measurement

SEEN_FOR_CHANGE = 100

_BEFORE_ALL = UUID(int=0)
_UNKNOWN_INSTRUMENT = mark("There is no such instrument.")
_UNKNOWN_DIMENSION = mark("The instrument has no such dimension.")

Position = tuple[datetime, UUID]


async def get_vitality_trend(
    resources: Resources,
    session: Session,
    *,
    instrument: str,
    dimension: str,
    since: datetime,
    until: datetime,
    after: Position | None,
    limit: int,
) -> tuple[list[TrendPoint], int | None, Position | None]:
    """Points of `[since, until)` after a position, oldest first; the change at its end; where to go on, None at its end.

    Shape: up to `limit` measurements are looked at, of which those of the instrument in which the dimension (or `overall`) was scored
    give a point; the change is that of the last two points among the newest `SEEN_FOR_CHANGE` measurements.
    Raises: ValidationFailed (400), StaleFence.
    """
    _check(offered(resources), instrument, dimension)
    line = own_line(session, action="read", object_kind=KIND)
    rows = await queries.list_measurements_oldest_first(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=line,
        until=until,
        after=after or (since, _BEFORE_ALL),
        limit=limit + 1,
    )
    key = session.person_key(resources)
    shown = rows[:limit]
    points = _points(key, shown, instrument, dimension)
    is_last = len(rows) <= limit
    newest = points
    if after is not None or not is_last:
        newest_rows = await queries.list_measurements(
            resources.vault,
            person_id=session.person_id,
            epoch=session.epoch,
            line=line,
            since=since,
            before=(until, _BEFORE_ALL),
            limit=SEEN_FOR_CHANGE,
        )
        newest = _points(key, newest_rows[::-1], instrument, dimension)
    change = newest[-1].value - newest[-2].value if len(newest) > 1 else None
    return points, change, None if is_last else (shown[-1]["measured_at"], shown[-1]["measurement_id"])


def _check(instruments: Instruments, instrument: str, dimension: str) -> None:
    if not instruments.has_key(instrument):
        raise ValidationFailed(errors=[FieldError("/instrument", _UNKNOWN_INSTRUMENT)])
    if dimension != OVERALL and dimension not in instruments.dimensions_of(instrument):
        raise ValidationFailed(errors=[FieldError("/dimension", _UNKNOWN_DIMENSION)])


def _points(key: PersonKey, rows: Sequence[asyncpg.Record], instrument: str, dimension: str) -> list[TrendPoint]:
    measurements = [open_measurement(key, row) for row in rows]
    values = [
        (measurement.measured_at, _value(measurement, dimension))
        for measurement in measurements
        if measurement.instrument == instrument
    ]
    return [TrendPoint(measured_at=measured_at, value=value) for measured_at, value in values if value is not None]


def _value(measurement: Measurement, dimension: str) -> int | None:
    if dimension == OVERALL:
        return measurement.overall
    return next((score.value for score in measurement.scores if score.dimension == dimension), None)
