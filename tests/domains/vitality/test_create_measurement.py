"""POST /v1/vitality/measurements: scored, sealed, logged, once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.domains.vitality.vitality_steps import (
    DIMENSIONS,
    ENERGY,
    MEASUREMENTS,
    Superusers,
    access_lines,
    measured,
    measurement_body,
    post_measurement,
)
from tests.support.application import TravellingClock
from tests.support.people import People
from vitalapp.core.resources import Resources
from vitalapp.domains.vitality.instrument_registry import load_instruments

OURS = load_instruments(None).current[0]


async def test_a_full_measurement_is_scored_on_every_dimension(people: People) -> None:
    vector = next(vector for vector in OURS.vectors if vector.name == "each dimension by itself")
    answer = await post_measurement(await people.signed_in(), answers=vector.answers)
    assert answer.status_code == 201
    body = answer.json()
    assert {score["dimension"]: score["value"] for score in body["scores"]} == vector.scores
    assert (body["overall"], body["version"], answer.headers["ETag"]) == (vector.overall, 1, '"1"')
    assert body["answers"] == vector.answers
    assert (body["instrument"], body["instrument_version"]) == ("vitality", "1.0.0")
    assert "Idempotency-Replayed" not in answer.headers


async def test_a_missing_answer_is_never_a_zero(people: People) -> None:
    body = await measured(await people.signed_in(), answers={**ENERGY, "sleep_enough": 5})
    by_dimension = {score.pop("dimension"): score for score in body["scores"]}
    assert list(by_dimension) == DIMENSIONS
    assert by_dimension["energy"] == {"value": 83, "status": "scored", "answered": 3, "required": 2}
    assert by_dimension["sleep"] == {"value": None, "status": "not_scorable", "answered": 1, "required": 2}
    assert by_dimension["movement"] == {"value": None, "status": "not_scorable", "answered": 0, "required": 2}
    assert body["overall"] is None


async def test_nothing_of_a_measurement_stands_in_clear_and_the_access_is_logged(
    people: People, superusers: Superusers
) -> None:
    person = await people.signed_in()
    body = await measured(person)
    row = await superusers["vault"].fetchrow("SELECT * FROM measurements")
    assert row
    assert (row["person_id"], row["measurement_id"]) == (person.person_id, UUID(body["id"]))
    stored = b"".join(value for value in row.values() if isinstance(value, bytes))
    assert all(word not in stored for word in (b"vitality", b"energy", b"scored"))
    kept = await superusers["vault"].fetchval("SELECT answer_sealed FROM idempotency_keys")
    assert b"energy" not in kept
    assert await access_lines(superusers, person) == [("create", "measurement", UUID(body["id"]), "granted")]


async def test_it_was_measured_now_unless_the_app_says_when(people: People, clock: TravellingClock) -> None:
    person = await people.signed_in()
    before = clock()
    now = datetime.fromisoformat((await measured(person))["measured_at"])
    assert before <= now <= clock()
    said = await measured(person, measured_at="2026-03-29T02:30:00+01:00")
    assert said["measured_at"] == "2026-03-29T01:30:00Z"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (measurement_body({"energy_start": 6}), ["/answers/energy_start"]),
        (measurement_body({"energy_start": 0}), ["/answers/energy_start"]),
        (measurement_body({"energy_start": 10**30}), ["/answers/energy_start"]),
        (measurement_body({"a/b": 1, "energy_gone": -1}), ["/answers/a~1b", "/answers/energy_gone"]),
        ({**measurement_body(), "answers": {"energy_start": "5"}}, ["/answers/energy_start"]),
        ({**measurement_body(), "answers": {"energy_start": None}}, ["/answers/energy_start"]),
        ({**measurement_body(), "answers": {"energy_start": 2.5}}, ["/answers/energy_start"]),
        ({**measurement_body(), "answers": {"energy_start": True}}, ["/answers/energy_start"]),
        (measurement_body(instrument="nothing"), ["/instrument"]),
        (measurement_body(instrument_version="9.9.9"), ["/instrument_version"]),
        (measurement_body(measured_at="2026-11-22T10:00:00"), ["/measured_at"]),
        (measurement_body(measured_at="1999-12-31T23:59:59Z"), ["/measured_at"]),
        (measurement_body(measured_at="0001-01-01T00:00:00+14:00"), ["/measured_at"]),
        (measurement_body(measured_at="9999-12-31T23:59:59-14:00"), ["/measured_at"]),
        (measurement_body(advice="rest"), ["/advice"]),
        ({"answers": {}}, ["/instrument", "/instrument_version"]),
    ],
)
async def test_what_does_not_fit_is_400_with_its_place_and_nothing_is_written(
    people: People, superusers: Superusers, body: dict[str, Any], pointers: list[str]
) -> None:
    person = await people.signed_in()
    answer = await person.post(MEASUREMENTS, json=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 400, answer.text
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == pointers
    for table in ("measurements", "idempotency_keys", "access_log"):
        assert await superusers["vault"].fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_a_clock_that_is_a_little_ahead_is_forgiven_and_the_future_is_not(
    people: People, clock: TravellingClock
) -> None:
    person = await people.signed_in()
    assert (await post_measurement(person, measured_at=(clock() + timedelta(minutes=4)).isoformat())).status_code == 201
    answer = await post_measurement(person, measured_at=(clock() + timedelta(minutes=6)).isoformat())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/measured_at")


async def test_without_a_key_it_is_400(people: People) -> None:
    answer = await (await people.signed_in()).post(MEASUREMENTS, json=measurement_body())
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")


async def test_without_consent_it_is_403_and_without_a_session_401(people: People) -> None:
    person = await people.signed_in(consent=False)
    assert (await post_measurement(person)).json()["code"] == "consent-required"
    person.access_token = "vae_unknown"
    assert (await post_measurement(person)).status_code == 401


async def test_a_repeated_request_gives_the_first_answer_and_no_second_measurement(
    people: People, superusers: Superusers
) -> None:
    person = await people.signed_in()
    first = await post_measurement(person, key="once")
    again = await post_measurement(person, key="once")
    assert (again.status_code, again.content, again.headers["ETag"]) == (201, first.content, first.headers["ETag"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await superusers["vault"].fetchval("SELECT count(*) FROM measurements") == 1


async def test_a_key_that_stood_for_another_body_is_422(people: People, superusers: Superusers) -> None:
    person = await people.signed_in()
    await measured(person, key="once")
    answer = await post_measurement(person, key="once", answers={"energy_start": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert await superusers["vault"].fetchval("SELECT count(*) FROM measurements") == 1


async def test_a_key_is_free_again_after_24_hours_and_belongs_to_one_person(
    people: People, clock: TravellingClock, superusers: Superusers
) -> None:
    first, second = await people.signed_in(), await people.signed_in()
    await measured(first, key="shared")
    await measured(second, key="shared")
    clock.travel(timedelta(hours=24, minutes=1))
    returned = await people.device_of(first.account_id, first.email)
    answer = await post_measurement(returned, key="shared", answers={"energy_start": 1})
    assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (201, False)
    assert await superusers["vault"].fetchval("SELECT count(*) FROM measurements") == 3


async def test_of_20_at_once_with_one_key_one_is_kept_and_nobody_waits_long(people: People, superusers: Superusers) -> None:
    person = await people.signed_in()
    answers = await asyncio.gather(*(post_measurement(person, key="once") for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency-key-in-use"}
    assert await superusers["vault"].fetchval("SELECT count(*) FROM measurements") == 1
    assert len(await access_lines(superusers, person)) == 1


async def test_a_request_whose_key_is_running_elsewhere_is_409(
    people: People, superusers: Superusers, resources: Resources
) -> None:
    person = await people.signed_in()
    answer = await post_measurement(person, key="once")
    key_hash = await superusers["vault"].fetchval("DELETE FROM idempotency_keys RETURNING key_hash")
    lock_id = int.from_bytes(key_hash[:8], "big", signed=True)
    async with superusers["vault"].transaction():
        await superusers["vault"].execute("SELECT pg_advisory_xact_lock($1)", lock_id)
        answer = await post_measurement(person, key="once")
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-key-in-use")
    assert (await post_measurement(person, key="once")).status_code == 201


async def test_after_the_epoch_was_raised_nothing_is_written(people: People, superusers: Superusers) -> None:
    person = await people.signed_in()
    await superusers["vault"].execute("UPDATE persons SET epoch = epoch + 1")
    assert (await post_measurement(person)).status_code == 401
    assert await superusers["vault"].fetchval("SELECT count(*) FROM measurements") == 0


async def test_every_vector_of_ours_comes_back_over_http(people: People) -> None:
    person = await people.signed_in()
    for number, vector in enumerate(OURS.vectors):
        given = {**measurement_body(), "answers": vector.answers}
        answer = await person.post(MEASUREMENTS, content=json.dumps(given), headers={"Idempotency-Key": str(uuid4())})
        assert answer.status_code == 201, (number, answer.text)
        assert {score["dimension"]: score["value"] for score in answer.json()["scores"]} == vector.scores
        assert answer.json()["overall"] == vector.overall


async def test_instants_are_answered_in_utc(people: People) -> None:
    body = await measured(await people.signed_in(), measured_at="2026-01-01T00:00:00+05:30")
    assert datetime.fromisoformat(body["measured_at"]) == datetime(2025, 12, 31, 18, 30, tzinfo=UTC)
    assert body["measured_at"].endswith("Z")
