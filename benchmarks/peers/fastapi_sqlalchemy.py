"""Peer (b): FastAPI, SQLAlchemy 2 and pydantic, as their documentation shows them, and nothing else."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, FastAPI, Header, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, DateTime, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from vitalapp.domains.vitality.instrument_registry import load_instruments
from vitalapp.domains.vitality.scoring import score

INSTRUMENT = load_instruments(None).current[0]

engine = create_async_engine(os.environ["BENCH_DSN"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=10)
session_maker = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with session_maker() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]
PersonId = Annotated[UUID, Header(alias="X-Person-Id")]


class Base(DeclarativeBase):
    pass


class EntryRow(Base):
    __tablename__ = "peer_entries"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    time_zone: Mapped[str]
    local_date: Mapped[date]
    mood: Mapped[int | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    text: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class MeasurementRow(Base):
    __tablename__ = "peer_measurements"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    measurement_id: Mapped[UUID] = mapped_column(primary_key=True)
    instrument: Mapped[str]
    instrument_version: Mapped[str]
    measured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    scores: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    overall: Mapped[int | None]


class EntryInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    written_at: datetime
    time_zone: str
    mood: int | None = None
    tags: list[str] = []
    text: str


class Entry(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    entry_id: UUID
    written_at: datetime
    time_zone: str
    local_date: date
    mood: int | None
    tags: list[str]
    text: str
    version: int
    updated_at: datetime


class Page(BaseModel):
    items: list[Entry]
    next_cursor: str | None = None


class MeasurementInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instrument: str
    instrument_version: str
    answers: dict[str, int]
    measured_at: datetime | None = None


class ScoreOut(BaseModel):
    dimension: str
    value: int | None
    status: str
    answered: int
    required: int


class Measurement(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    measurement_id: UUID
    instrument: str
    instrument_version: str
    measured_at: datetime
    answers: dict[str, int]
    scores: list[ScoreOut]
    overall: int | None
    version: int = 1


@app.put("/v1/diary/entries/{entry_id}", status_code=201, response_model=Entry)
async def put_entry(session: Session, person_id: PersonId, entry_id: UUID, data: EntryInput) -> EntryRow:
    row = EntryRow(
        person_id=person_id,
        entry_id=entry_id,
        local_date=data.written_at.astimezone(ZoneInfo(data.time_zone)).date(),
        updated_at=datetime.now(UTC),
        **data.model_dump(),
    )
    session.add(row)
    await session.commit()
    return row


@app.get("/v1/diary/entries", response_model=Page)
async def list_entries(
    session: Session, person_id: PersonId, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> dict[str, Any]:
    rows = await session.scalars(
        select(EntryRow)
        .where(EntryRow.person_id == person_id)
        .order_by(EntryRow.local_date.desc(), EntryRow.written_at.desc(), EntryRow.entry_id.desc())
        .limit(limit)
    )
    return {"items": rows.all()}


@app.post("/v1/vitality/measurements", status_code=201, response_model=Measurement)
async def create_measurement(session: Session, person_id: PersonId, data: MeasurementInput) -> MeasurementRow:
    result = score(INSTRUMENT, data.answers)
    row = MeasurementRow(
        person_id=person_id,
        measurement_id=uuid4(),
        instrument=data.instrument,
        instrument_version=data.instrument_version,
        measured_at=data.measured_at or datetime.now(UTC),
        answers=data.answers,
        scores=msgspec.to_builtins(result.scores),
        overall=result.overall,
    )
    session.add(row)
    await session.commit()
    return row
