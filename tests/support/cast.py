"""Everybody who can stand in a relationship to one employee, each with a token, and the things between them.

nobody, the employee (`self`), another employee, the coach of a running trajectory (`coach`), of a closed one (`former_coach`) and of
none (`other_coach`), the officers, the operator, and an employer by key.
"""

from datetime import UTC, datetime
from typing import Any, Literal, get_args
from uuid import uuid4

from tests.support.coaching import Coaches
from tests.support.diarist import Diarist
from tests.support.people import People, Person
from tests.support.staff import Worker

Relationship = Literal[
    "nobody",
    "self",
    "other_employee",
    "coach",
    "former_coach",
    "other_coach",
    "privacy_officer",
    "complaints_officer",
    "operator",
    "employer",
]
RELATIONSHIPS: tuple[Relationship, ...] = get_args(Relationship)
_OFFICES = ("privacy_officer", "complaints_officer", "operator")


class Cast:
    """One employee and everybody around them; made by `assemble`."""

    def __init__(self, coaches: Coaches, person: Person, tokens: dict[Relationship, str]) -> None:
        self.coaches = coaches
        self.person = person
        self.tokens = tokens
        self.things: dict[Relationship, dict[str, object]] = {}
        self.ids: dict[str, object] = {}

    def values(self, relationship: Relationship) -> dict[str, object]:
        """Path parameters: the employee's things, as far as the relationship has none of its own with the employee."""
        return self.ids | self.things.get(relationship, {})

    def body(self, name: str) -> dict[str, Any]:
        """A body that the operation takes; an empty one where nobody needs to get as far as that."""
        slot = self.coaches.slot(9).isoformat()
        coach_id = self.ids.get("coach_id")
        bodies: dict[str, dict[str, Any]] = {
            "share_diary_entry": {"coach_id": coach_id, "is_shared": True},
            "share_measurement": {"coach_id": coach_id, "is_shared": True},
            "reschedule_appointment": {"starts_at": slot},
            "state_beside_note": {"text": "In my own words"},
            "record_attendance": {"status": "attended"},
            "open_emergency_access": {"reason": "Did not come and does not answer"},
            "create_note": {"text": "A note"},
            "forward_privacy_question": {"text": "Who reads this?"},
            "review_emergency_access": {"is_justified": True},
        }
        return bodies.get(name, {})


async def assemble(coaches: Coaches, people: People, *, employer_key: str) -> Cast:
    """The people, with nothing between them yet."""
    person, other = await people.signed_in(), await people.signed_in()
    tokens: dict[Relationship, str] = {
        "nobody": "",
        "self": person.access_token,
        "other_employee": other.access_token,
        "other_coach": (await coaches.workers.signed_in("coach")).access_token,
        "employer": employer_key,
    }
    for office in _OFFICES:
        tokens[office] = (await coaches.workers.signed_in(office)).access_token
    for relationship in ("coach", "former_coach"):
        tokens[relationship] = (await coaches.workers.signed_in("coach")).access_token
    return Cast(coaches, person, tokens)


async def entangle(cast: Cast) -> None:
    """Give the employee one thing of each kind, a running and a closed trajectory."""
    person, coaches = cast.person, cast.coaches
    coach, former = await coaches.with_agenda(), await coaches.with_agenda()
    cast.tokens |= {"coach": coach.access_token, "former_coach": former.access_token}
    closed = await coaches.book(person, former, coaches.slot(2))
    await _expect(former, f"/admin/v1/trajectories/{closed['trajectory_id']}/closure")
    booked = await coaches.book(person, coach, coaches.slot())
    clients = f"/admin/v1/clients/{person.person_id}"
    note = await _expect(coach, f"{clients}/notes", {"text": "A note"})
    emergency = await _expect(coach, f"{clients}/emergency-access", {"reason": "Did not come and does not answer"})
    question = await _expect(coach, f"{clients}/privacy-questions", {"text": "Who reads this?"})
    hold = await _expect(
        person, f"/v1/coaches/{coach.staff_id}/holds", {"starts_at": coaches.slot(5).isoformat(), "kind": "session"}
    )
    waiting = await _expect(person, "/v1/waiting-list", {"coach_id": str(former.staff_id)})
    cast.ids = {
        "person_id": person.person_id,
        "coach_id": str(coach.staff_id),
        "appointment_id": booked["id"],
        "trajectory_id": booked["trajectory_id"],
        "note_id": note["id"],
        "access_id": emergency["id"],
        "question_id": question["id"],
        "hold_id": hold["id"],
        "waiting_id": waiting["id"],
        "session_id": person.session.session_id,
        "entry_id": (await Diarist(person).write())["id"],
        "measurement_id": await measure(person),
    }
    cast.things = {"former_coach": {"appointment_id": closed["id"], "trajectory_id": closed["trajectory_id"]}}


async def measure(person: Person) -> str:
    """The id of a measurement by the first instrument that is offered."""
    (listed, *_) = (await person.get("/v1/vitality/instruments")).json()["items"]
    instrument = (await person.get(f"/v1/vitality/instruments/{listed['key']}")).json()
    answers = {item["key"]: item["scale"]["max"] for item in instrument["items"]}
    body: dict[str, Any] = {
        "instrument": listed["key"],
        "instrument_version": listed["version"],
        "answers": answers,
        "measured_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
    }
    return (await _expect(person, "/v1/vitality/measurements", body))["id"]


async def _expect(actor: Person | Worker, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await actor.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
    assert answer.is_success, f"{path}: {answer.text}"
    return answer.json()
