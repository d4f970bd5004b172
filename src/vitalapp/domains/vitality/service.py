"""The rules of the vitality meter: what an answer may be, when it may have been given, what a history is."""

from datetime import UTC, datetime, timedelta
from typing import NoReturn
from uuid import UUID, uuid4

import asyncpg
import msgspec

from vitalapp.core.access_log import Action, insert_access_line, own_line
from vitalapp.core.idempotency import Answer, KeyedRequest, claim_in_vault, make_answer, seal_answer
from vitalapp.core.problems import FieldError, IdempotencyKeyInUse, NotFound, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.sessions import Session
from vitalapp.core.stores import transaction
from vitalapp.core.texts import mark
from vitalapp.core.validation import escape
from vitalapp.domains.vitality import queries
from vitalapp.domains.vitality.definitions import Definition
from vitalapp.domains.vitality.instrument_registry import Instruments
from vitalapp.domains.vitality.instruments import offered
from vitalapp.domains.vitality.schemas import Measurement, MeasurementContent, MeasurementInput
from vitalapp.domains.vitality.scoring import is_on_scale, score

KIND = "measurement"
CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

_UNKNOWN_INSTRUMENT = mark("There is no such instrument.")
_UNKNOWN_VERSION = mark("There is no such version of this instrument.")
_UNKNOWN_ITEM = mark("This version of the instrument has no such item.")
_OFF_SCALE = mark("The value must be on the item's scale, from {min} to {max}.")
_IN_FUTURE = mark("The instant lies in the future; check the clock of the device.")
_TOO_EARLY = mark("The instant must not be before {earliest}.")


def score_measurement(
    instruments: Instruments, given: MeasurementInput, *, measurement_id: UUID, now: datetime
) -> Measurement:
    """A measurement with its scores.

    Raises: ValidationFailed (400).
    Rule: pitfall 19; S0-13.
    """
    definition = instruments.find(given.instrument, given.instrument_version)
    if definition is None:
        is_known = instruments.has_key(given.instrument)
        pointer, detail = ("/instrument_version", _UNKNOWN_VERSION) if is_known else ("/instrument", _UNKNOWN_INSTRUMENT)
        raise ValidationFailed(errors=[FieldError(pointer, detail)])
    measured_at = given.measured_at or now
    faults = _answer_faults(definition, given) + _time_faults(measured_at, now)
    if faults:
        raise ValidationFailed(errors=faults)
    result = score(definition, given.answers)
    return Measurement(
        id=measurement_id,
        instrument=definition.key,
        instrument_version=definition.version,
        measured_at=measured_at.astimezone(UTC),
        answers={item.key: given.answers[item.key] for item in definition.items if item.key in given.answers},
        scores=result.scores,
        overall=result.overall,
    )


def _answer_faults(definition: Definition, given: MeasurementInput) -> list[FieldError]:
    items = {item.key: item for item in definition.items}
    faults: list[FieldError] = []
    for key, value in given.answers.items():
        item = items.get(key)
        if item is None:
            faults.append(FieldError(f"/answers/{escape(key)}", _UNKNOWN_ITEM))
        elif not is_on_scale(definition, item, value):
            scale = definition.scale_of(item)
            faults.append(FieldError(f"/answers/{key}", _OFF_SCALE, {"min": scale.min, "max": scale.max}))
    return faults


def _time_faults(measured_at: datetime, now: datetime) -> list[FieldError]:
    if measured_at > now + CLOCK_SKEW:
        return [FieldError("/measured_at", _IN_FUTURE)]
    if measured_at < EARLIEST:
        return [FieldError("/measured_at", _TOO_EARLY, {"earliest": EARLIEST.date()})]
    return []


async def create_measurement(
    resources: Resources, session: Session, *, request: KeyedRequest, given: MeasurementInput
) -> Answer:
    """The answer with the measurement, kept and scored; the earlier answer where the request is a repeated one.

    Raises: ValidationFailed (400), IdempotencyKeyInUse (409), IdempotencyKeyReused (422), StaleFence.
    """
    measurement = score_measurement(offered(resources), given, measurement_id=uuid4(), now=request.received_at)
    answer = make_answer(measurement, version=measurement.version)
    is_written = await queries.insert_measurement(
        resources.vault,
        request=request,
        line=own_line(session, action="create", object_kind=KIND, object_id=measurement.id),
        status=answer.status,
        answer_sealed=seal_answer(request, answer),
        measurement_id=measurement.id,
        measured_at=measurement.measured_at,
        content_sealed=seal_content(request.person_key, measurement),
    )
    if is_written:
        return answer
    async with transaction(resources.vault) as vault:
        earlier = await claim_in_vault(vault, request)
    if earlier is None:
        raise IdempotencyKeyInUse
    return earlier


async def get_measurement(resources: Resources, session: Session, *, measurement_id: UUID) -> Measurement:
    """One measurement.

    Raises: NotFound (404), StaleFence.
    """
    row = await queries.find_measurement(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="read", object_kind=KIND, object_id=measurement_id),
        measurement_id=measurement_id,
    )
    if row is None:
        await _refuse(resources, session, action="read", measurement_id=measurement_id)
    return open_measurement(session.person_key(resources), row)


async def list_measurements(
    resources: Resources,
    session: Session,
    *,
    since: datetime,
    until: datetime,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Measurement]:
    """Up to `limit` measurements of `[since, until)`, newest first.

    Raises: StaleFence.
    """
    rows = await queries.list_measurements(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="read", object_kind=KIND),
        since=since,
        before=before or (until, UUID(int=0)),
        limit=limit,
    )
    key = session.person_key(resources)
    return [open_measurement(key, row) for row in rows]


async def delete_measurement(resources: Resources, session: Session, *, measurement_id: UUID) -> None:
    """Delete a measurement, and with it whoever it was shared with.

    Raises: NotFound (404), StaleFence.
    """
    is_deleted = await queries.delete_measurement(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="delete", object_kind=KIND, object_id=measurement_id),
        measurement_id=measurement_id,
    )
    if not is_deleted:
        await _refuse(resources, session, action="delete", measurement_id=measurement_id)


async def share_measurement(
    resources: Resources, session: Session, *, measurement_id: UUID, coach_id: UUID, is_shared: bool
) -> None:
    """Let a coach, who must exist, read one measurement, or no longer.

    Raises: NotFound (404), StaleFence.
    Rule: C6, private by default.
    """
    line = own_line(session, action="update", object_kind=KIND, object_id=measurement_id)
    if is_shared:
        is_there = await queries.insert_share(
            resources.vault,
            person_id=session.person_id,
            epoch=session.epoch,
            line=line,
            measurement_id=measurement_id,
            coach_id=coach_id,
            shared_at=resources.clock(),
        )
    else:
        is_there = await queries.delete_share(
            resources.vault,
            person_id=session.person_id,
            epoch=session.epoch,
            line=line,
            measurement_id=measurement_id,
            coach_id=coach_id,
        )
    if not is_there:
        await _refuse(resources, session, action="update", measurement_id=measurement_id)


def seal_content(key: PersonKey, measurement: Measurement) -> bytes:
    """What of a measurement is sealed."""
    content = MeasurementContent(
        instrument=measurement.instrument,
        instrument_version=measurement.instrument_version,
        answers=measurement.answers,
        scores=measurement.scores,
        overall=measurement.overall,
    )
    return key.seal("measurements", measurement.id, "content_sealed", msgspec.msgpack.encode(content))


def open_measurement(key: PersonKey, row: asyncpg.Record) -> Measurement:
    """A measurement from its row, its scores as they were on the day."""
    opened = key.open("measurements", row["measurement_id"], "content_sealed", row["content_sealed"])
    content = msgspec.msgpack.decode(opened, type=MeasurementContent)
    return Measurement(
        id=row["measurement_id"],
        instrument=content.instrument,
        instrument_version=content.instrument_version,
        measured_at=row["measured_at"],
        answers=content.answers,
        scores=content.scores,
        overall=content.overall,
    )


async def _refuse(resources: Resources, session: Session, *, action: Action, measurement_id: UUID) -> NoReturn:
    line = own_line(session, action=action, object_kind=KIND, object_id=measurement_id, outcome="refused")
    await insert_access_line(resources.vault, line)
    raise NotFound
