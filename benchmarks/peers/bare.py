"""Peer (a): Litestar and asyncpg, one statement for each request and nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from litestar import Litestar, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from vitalapp.domains.vitality.instrument_registry import load_instruments
from vitalapp.domains.vitality.scoring import Score, score

INSTRUMENT = load_instruments(None).current[0]

PersonId = Annotated[UUID, HeaderParameter(name="X-Person-Id")]


class EntryInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    written_at: datetime
    time_zone: str
    mood: int | None = None
    tags: list[str] = []
    text: str


class Entry(msgspec.Struct, kw_only=True):
    id: UUID
    written_at: datetime
    time_zone: str
    local_date: date
    mood: int | None
    tags: list[str]
    text: str
    version: int
    updated_at: datetime


class Page(msgspec.Struct, kw_only=True):
    items: list[Entry]
    next_cursor: str | None = None


class MeasurementInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    instrument: str
    instrument_version: str
    answers: dict[str, int]
    measured_at: datetime | None = None


class Measurement(msgspec.Struct, kw_only=True):
    id: UUID
    instrument: str
    instrument_version: str
    measured_at: datetime
    answers: dict[str, int]
    scores: tuple[Score, ...]
    overall: int | None
    version: int = 1


INSERT_ENTRY = """
    INSERT INTO peer_entries (person_id, entry_id, written_at, time_zone, local_date, mood, tags, text, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (person_id, entry_id) DO NOTHING
    RETURNING version
"""


@put("/v1/diary/entries/{entry_id:uuid}", status_code=201)
async def put_entry(state: State, person_id: PersonId, entry_id: FromPath[UUID], data: JSONBody[EntryInput]) -> Entry:
    local_date = data.written_at.astimezone(ZoneInfo(data.time_zone)).date()
    updated_at = datetime.now(UTC)
    version = await state.pool.fetchval(
        INSERT_ENTRY,
        person_id,
        entry_id,
        data.written_at,
        data.time_zone,
        local_date,
        data.mood,
        data.tags,
        data.text,
        updated_at,
    )
    return Entry(
        id=entry_id,
        written_at=data.written_at,
        time_zone=data.time_zone,
        local_date=local_date,
        mood=data.mood,
        tags=data.tags,
        text=data.text,
        version=version,
        updated_at=updated_at,
    )


LIST_ENTRIES = """
    SELECT entry_id AS id, written_at, time_zone, local_date, mood, tags, text, version, updated_at
    FROM peer_entries WHERE person_id = $1
    ORDER BY local_date DESC, written_at DESC, entry_id DESC
    LIMIT $2
"""


@get("/v1/diary/entries")
async def list_entries(state: State, person_id: PersonId, limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20) -> Page:
    rows = await state.pool.fetch(LIST_ENTRIES, person_id, limit)
    return Page(items=[Entry(**row) for row in rows])


INSERT_MEASUREMENT = """
    INSERT INTO peer_measurements
        (person_id, measurement_id, instrument, instrument_version, measured_at, answers, scores, overall)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


@post("/v1/vitality/measurements")
async def create_measurement(state: State, person_id: PersonId, data: JSONBody[MeasurementInput]) -> Measurement:
    result = score(INSTRUMENT, data.answers)
    measurement = Measurement(
        id=uuid4(),
        instrument=data.instrument,
        instrument_version=data.instrument_version,
        measured_at=data.measured_at or datetime.now(UTC),
        answers=data.answers,
        scores=result.scores,
        overall=result.overall,
    )
    await state.pool.execute(
        INSERT_MEASUREMENT,
        person_id,
        measurement.id,
        measurement.instrument,
        measurement.instrument_version,
        measurement.measured_at,
        msgspec.json.encode(measurement.answers).decode(),
        msgspec.json.encode(measurement.scores).decode(),
        measurement.overall,
    )
    return measurement


async def _keep_session(_connection: asyncpg.Connection) -> None:
    """No round trip to reset a connection: ours has none either."""


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(os.environ["BENCH_DSN"], min_size=0, max_size=10, reset=_keep_session)
    yield
    await app.state.pool.close()


app = Litestar([put_entry, list_entries, create_measurement], lifespan=[lifespan], logging_config=None)
