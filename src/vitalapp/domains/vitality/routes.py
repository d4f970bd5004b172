"""The vitality meter in the app."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from vitalapp.core.auth import require_consent
from vitalapp.core.http.idempotency import answer_response, require_idempotency_key
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor, make_page
from vitalapp.core.http.period import Period, decode_position
from vitalapp.core.http.preconditions import etag_header
from vitalapp.core.idempotency import KeyedRequest
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import Locale
from vitalapp.domains.vitality import instruments, service, trend
from vitalapp.domains.vitality.schemas import Instrument, InstrumentSummary, Measurement, MeasurementInput, Trend


@get("/v1/vitality/instruments", operation_id="list_instruments", guards=[require_consent])
async def list_instruments(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    locale: NamedDependency[Locale],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[InstrumentSummary]:
    """The instruments that can be filled in, each in its newest version."""
    (after,) = decode_cursor(cursor, tuple[str]) or ("",)
    summaries = await instruments.list_instruments(resources, session, locale=locale, after=after, limit=limit + 1)
    return make_page(summaries, limit=limit, to_item=lambda summary: summary, to_key=lambda summary: (summary.key,))


@get("/v1/vitality/instruments/{key:str}", operation_id="get_instrument", guards=[require_consent])
async def get_instrument(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    locale: NamedDependency[Locale],
    key: FromPath[str],
) -> Instrument:
    """The newest version of an instrument, with everything that the app needs to have it filled in, also offline."""
    return await instruments.get_instrument(resources, session, key=key, locale=locale)


@post(
    "/v1/vitality/measurements",
    operation_id="create_measurement",
    guards=[require_consent, require_idempotency_key],
    responses={201: ResponseSpec(Measurement, description="The measurement with its scores.")},
)
async def create_measurement(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    keyed_request: NamedDependency[KeyedRequest],
    data: JSONBody[MeasurementInput],
) -> Response[Any]:
    """Hand in an instrument that was filled in; it is scored by the version that the person saw.

    An item that was skipped is left out and never counts as a zero: with too few answers a dimension is `not_scorable`. An unknown item
    or a value off its scale is 400, and so is `measured_at` in the future. Scores describe; no advice follows from one.
    """
    return answer_response(await service.create_measurement(resources, session, request=keyed_request, given=data))


@get("/v1/vitality/measurements", operation_id="list_measurements", guards=[require_consent])
async def list_measurements(
    *,
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    period: NamedDependency[Period],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Measurement]:
    """Page through the measurements with their answers, newest first, each scored as on its day."""
    measurements = await service.list_measurements(
        resources,
        session,
        since=period.since,
        until=period.until,
        before=decode_position(cursor),
        limit=limit + 1,
    )
    return make_page(
        measurements,
        limit=limit,
        to_item=lambda measurement: measurement,
        to_key=lambda measurement: (measurement.measured_at, measurement.id),
    )


@get("/v1/vitality/measurements/{measurement_id:uuid}", operation_id="get_measurement", guards=[require_consent])
async def get_measurement(
    resources: NamedDependency[Resources], session: NamedDependency[Session], measurement_id: FromPath[UUID]
) -> Response[Measurement]:
    """Read one measurement."""
    measurement = await service.get_measurement(resources, session, measurement_id=measurement_id)
    return Response(measurement, headers=etag_header(measurement.version))


@delete("/v1/vitality/measurements/{measurement_id:uuid}", operation_id="delete_measurement", guards=[require_consent])
async def delete_measurement(
    resources: NamedDependency[Resources], session: NamedDependency[Session], measurement_id: FromPath[UUID]
) -> None:
    """Delete a measurement for good, and for every coach that it was shared with."""
    await service.delete_measurement(resources, session, measurement_id=measurement_id)


@get("/v1/vitality/trend", operation_id="get_vitality_trend", guards=[require_consent])
async def get_vitality_trend(
    *,
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    period: NamedDependency[Period],
    dimension: Annotated[str, QueryParameter(max_length=64, description="A dimension of the instrument, or `overall`.")],
    instrument: Annotated[
        str, QueryParameter(max_length=64, description="Whose dimension it is.")
    ] = instruments.DEFAULT_KEY,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Trend:
    """The scores of one dimension over time, oldest first.

    A page looks at `limit` measurements; one in which the dimension was not scorable, or of another instrument, has no point.
    `change_since_previous` compares the last two points of the whole period, on every page.
    """
    points, change, position = await trend.get_vitality_trend(
        resources,
        session,
        instrument=instrument,
        dimension=dimension,
        since=period.since,
        until=period.until,
        after=decode_position(cursor),
        limit=limit,
    )
    next_cursor = None if position is None else encode_cursor(*position)
    return Trend(dimension=dimension, points=points, change_since_previous=change, next_cursor=next_cursor)


ROUTES = [
    list_instruments,
    get_instrument,
    create_measurement,
    list_measurements,
    get_measurement,
    delete_measurement,
    get_vitality_trend,
]
