"""A person books a slot as it was listed; nobody else can have it then."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.support.application import TravellingClock
from tests.support.coaching import AGENDA, Coaches
from tests.support.people import People, Person
from tests.support.staff import Worker
from vitalapp.core.resources import Resources


async def test_a_booking_takes_the_slot_and_tells_when_cancelling_is_late(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    """S3-08."""
    coach, person = await coaches.with_agenda(), await people.signed_in()
    contract = await resources.identity.execute("UPDATE contracts SET cancellation_notice_hours = 30")
    assert contract == "UPDATE 1"
    starts_at = coaches.slot()
    answer = await coaches.try_to_book(person, coach, starts_at, kind="intake", mode="phone")
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == '"1"'
    booked = answer.json()
    assert booked | {"id": "", "trajectory_id": ""} == {
        "id": "",
        "trajectory_id": "",
        "coach": {"id": str(coach.staff_id), "display_name": "Els de Wit"},
        "starts_at": starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ends_at": (starts_at + timedelta(minutes=50)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kind": "intake",
        "mode": "phone",
        "status": "booked",
        "late_cancellation_from": (starts_at - timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_late": False,
        "version": 1,
    }
    row = await resources.vault.fetchrow("SELECT * FROM appointments WHERE person_id = $1", person.person_id)
    assert row
    assert (row["starts_at"], row["status"], str(row["trajectory_id"])) == (starts_at, "booked", booked["trajectory_id"])
    line = await resources.vault.fetchrow(
        "SELECT action, outcome, actor_role FROM access_log WHERE object_id = $1", row["appointment_id"]
    )
    assert line
    assert dict(line) == {"action": "create", "outcome": "granted", "actor_role": "self"}


async def test_a_taken_slot_is_a_conflict_and_leaves_a_refused_line(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    coach = await coaches.with_agenda()
    first, second = await people.signed_in(), await people.signed_in()
    await coaches.book(first, coach, coaches.slot())
    answer = await coaches.try_to_book(second, coach, coaches.slot())
    assert (answer.status_code, answer.json()["code"]) == (409, "slot-taken")
    assert (
        await resources.vault.fetchval(
            "SELECT count(*) FROM access_log WHERE log_subject_id = $1 AND outcome = 'refused'",
            second.session.log_subject_id,
        )
        == 1
    )
    assert await resources.vault.fetchval("SELECT count(*) FROM trajectories WHERE person_id = $1", second.person_id) == 0


async def listed(coaches: Coaches, person: Person, coach: Worker) -> list[datetime]:
    starts = coaches.slot()
    params = {"from": starts.isoformat(), "to": (starts + timedelta(days=2)).isoformat()}
    answer = await person.get(f"/v1/coaches/{coach.staff_id}/slots", params=params)
    assert answer.status_code == 200, answer.text
    return [datetime.fromisoformat(item["starts_at"]) for item in answer.json()["items"]]


async def test_buffers_keep_neighbours_away(coaches: Coaches, people: People) -> None:
    """Also where the rules have changed since the booking: what is taken keeps the buffers that it was booked with."""
    coach = await coaches.with_agenda(buffer_before_minutes=30, buffer_after_minutes=40)
    first, second = await people.signed_in(), await people.signed_in()
    taken = (await listed(coaches, first, coach))[2]
    await coaches.book(first, coach, taken)
    await coach.put("/admin/v1/availability", json=AGENDA)
    near = [at for at in await listed(coaches, second, coach) if abs(at - taken) < timedelta(hours=4)]
    assert near
    assert all(at >= taken + timedelta(minutes=90) or at <= taken - timedelta(minutes=90) for at in near)
    assert (await coaches.try_to_book(second, coach, taken + timedelta(hours=1))).json()["code"] in {
        "slot-taken",
        "slot-not-offered",
    }


async def test_one_person_is_in_one_place(coaches: Coaches, people: People) -> None:
    one, other, person = await coaches.with_agenda(), await coaches.with_agenda(), await people.signed_in()
    await coaches.book(person, one, coaches.slot())
    for coach in (one, other):
        answer = await coaches.try_to_book(person, coach, coaches.slot())
        assert (answer.status_code, answer.json()["code"]) == (409, "appointment-overlap")


@pytest.mark.parametrize("minutes", [1, 30, -10 * 24 * 60, 100 * 24 * 60])
async def test_what_is_not_listed_is_not_booked(coaches: Coaches, people: People, minutes: int) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in()
    answer = await coaches.try_to_book(person, coach, coaches.slot() + timedelta(minutes=minutes))
    assert (answer.status_code, answer.json()["code"]) == (422, "slot-not-offered")


async def test_a_repeated_request_gives_the_first_answer_and_books_once(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    coach, person, key = await coaches.with_agenda(), await people.signed_in(), str(uuid4())
    first = await coaches.try_to_book(person, coach, coaches.slot(), key=key)
    again = await coaches.try_to_book(person, coach, coaches.slot(), key=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await coaches.try_to_book(person, coach, coaches.slot(1), key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert await resources.vault.fetchval("SELECT count(*) FROM appointments") == 1
    body = {"coach_id": str(coach.staff_id), "starts_at": coaches.slot().isoformat(), "kind": "intake", "mode": "phone"}
    assert (await person.post("/v1/appointments", json=body)).json()["code"] == "idempotency-key-required"


async def test_a_group_is_full_when_its_seats_are_taken(coaches: Coaches, people: People) -> None:
    coach = await coaches.with_agenda(capacity=2)
    persons = [await people.signed_in() for _ in range(4)]
    for person in persons[:2]:
        await coaches.book(person, coach, coaches.slot(), kind="group")
    for person, kind in ((persons[2], "group"), (persons[3], "session")):
        answer = await coaches.try_to_book(person, coach, coaches.slot(), kind=kind)
        assert (answer.status_code, answer.json()["code"]) == (409, "slot-taken")
    single = await coaches.with_agenda()
    answer = await coaches.try_to_book(persons[0], single, coaches.slot(2), kind="group")
    assert (answer.status_code, answer.json()["code"]) == (422, "slot-not-offered")


async def test_a_held_slot_is_taken_for_others_until_it_expires(
    coaches: Coaches, people: People, clock: TravellingClock
) -> None:
    coach = await coaches.with_agenda()
    holder, other = await people.signed_in(), await people.signed_in()
    body = {"starts_at": coaches.slot().isoformat(), "kind": "session"}
    path = f"/v1/coaches/{coach.staff_id}/holds"
    held = await holder.post(path, json=body)
    assert held.status_code == 201, held.text
    assert (await coaches.try_to_book(other, coach, coaches.slot())).json()["code"] == "slot-taken"
    assert coaches.slot() not in await listed(coaches, other, coach)
    starts_at = coaches.slot()
    clock.travel(timedelta(minutes=5, seconds=1))
    assert starts_at in await listed(coaches, other, coach)
    await coaches.book(other, coach, starts_at)

    held = await holder.post(path, json=body | {"starts_at": coaches.slot(2).isoformat()})
    await coaches.book(holder, coach, coaches.slot(2))
    held = await holder.post(path, json=body | {"starts_at": coaches.slot(3).isoformat()})
    assert (await other.delete(f"/v1/coaches/holds/{held.json()['id']}")).status_code == 404
    assert (await holder.delete(f"/v1/coaches/holds/{held.json()['id']}")).status_code == 204
    await coaches.book(other, coach, coaches.slot(3))


async def test_a_coach_who_left_is_not_booked(coaches: Coaches, people: People, resources: Resources) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in()
    assert [item["id"] for item in (await person.get("/v1/coaches")).json()["items"]] == [str(coach.staff_id)]
    await resources.identity.execute("UPDATE staff SET is_active = false")
    assert (await coaches.try_to_book(person, coach, coaches.slot())).status_code == 404
    assert (await person.get("/v1/coaches")).json()["items"] == []
