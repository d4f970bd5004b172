"""Steps that several tests of the vitality meter take."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.support.people import Person
from vitalapp.core.settings import Store

MEASUREMENTS = "/v1/vitality/measurements"
TREND = "/v1/vitality/trend"
DIMENSIONS = ["energy", "sleep", "recovery", "focus", "connection", "meaning", "movement"]
ENERGY = {"energy_start": 5, "energy_left": 4, "energy_gone": 2}

Superusers = dict[Store, asyncpg.Connection]


def measurement_body(answers: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    """What the app sends; the energy items alone unless told otherwise."""
    return {"instrument": "vitality", "instrument_version": "1.0.0", "answers": answers or ENERGY, **more}


async def post_measurement(person: Person, *, key: str | None = None, **more: Any) -> httpx.Response:
    """Hand a measurement in, under a fresh key unless told otherwise."""
    return await person.post(MEASUREMENTS, json=measurement_body(**more), headers={"Idempotency-Key": key or str(uuid4())})


async def measured(person: Person, **more: Any) -> dict[str, Any]:
    """A measurement that was handed in."""
    answer = await post_measurement(person, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def access_lines(superusers: Superusers, person: Person) -> list[tuple[str, str, UUID | None, str]]:
    """The person's access-log lines: action, kind, object, outcome."""
    rows = await superusers["vault"].fetch(
        "SELECT action, object_kind, object_id, outcome FROM access_log WHERE log_subject_id = $1 ORDER BY line_id",
        person.session.log_subject_id,
    )
    return [tuple(row) for row in rows]
