"""Somebody else's object is answered as one that does not exist, to the byte: for every route that names an object by its id."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.coaching import Coaches
from tests.support.diarist import Diarist
from tests.support.operations import ALL_OPERATIONS, Operation
from tests.support.people import People, Person
from tests.support.staff import Worker

# What differs between any two answers.
PER_ANSWER = {"x-request-id", "date"}
# Ids that are not a person's, or whose owner is known by more than the session.
SHARED_IDS = {"coach_id"}
EXCEPTIONS = {"put_diary_entry": "an id that another person uses is free"}
OPERATIONS = [
    operation
    for operation in ALL_OPERATIONS
    if operation.path.startswith("/v1/")
    and not operation.is_public
    and UUID in operation.path_types.values()
    and not SHARED_IDS & operation.path_types.keys()
    and operation.name not in EXCEPTIONS
]


class Things:
    """Makes one thing of each kind that has an id, and the bodies of requests about it."""

    def __init__(self, owner: Person, coach: Worker, coaches: Coaches) -> None:
        self.owner = owner
        self.coach = coach
        self.coaches = coaches
        self._makers: dict[str, Callable[[], Awaitable[str]]] = {
            "session_id": self._session,
            "entry_id": self._diary_entry,
            "measurement_id": self._measurement,
            "hold_id": self._hold,
            "appointment_id": self._appointment,
            "waiting_id": self._waiting,
            "note_id": self._note,
        }

    async def make(self, parameter: str) -> str:
        """The id of a new thing, by the name of the path parameter that takes it."""
        return await self._makers[parameter]()

    def body(self, operation: Operation) -> dict[str, Any]:
        """The request's arguments for its body."""
        sharing = {"coach_id": str(self.coach.staff_id), "is_shared": True}
        bodies: dict[str, dict[str, Any]] = {
            "share_diary_entry": sharing,
            "share_measurement": sharing,
            "cancel_appointment": {},
            "state_beside_note": {"text": "In my own words"},
            "reschedule_appointment": {"starts_at": self.coaches.slot(5).isoformat()},
        }
        return {} if operation.body is None else {"json": bodies[operation.name]}

    async def _session(self) -> str:
        return str(self.owner.session.session_id)

    async def _diary_entry(self) -> str:
        return (await Diarist(self.owner).write())["id"]

    async def _measurement(self) -> str:
        (listed, *_) = (await self.owner.get("/v1/vitality/instruments")).json()["items"]
        instrument = (await self.owner.get(f"/v1/vitality/instruments/{listed['key']}")).json()
        answers = {item["key"]: item["scale"]["min"] for item in instrument["items"]}
        body = {"instrument": listed["key"], "instrument_version": listed["version"], "answers": answers}
        return await self._posted("/v1/vitality/measurements", body)

    async def _hold(self) -> str:
        body = {"starts_at": self.coaches.slot(3).isoformat(), "kind": "session"}
        return await self._posted(f"/v1/coaches/{self.coach.staff_id}/holds", body)

    async def _appointment(self) -> str:
        return (await self.coaches.book(self.owner, self.coach, self.coaches.slot()))["id"]

    async def _waiting(self) -> str:
        return await self._posted("/v1/waiting-list", {"coach_id": str(self.coach.staff_id)})

    async def _note(self) -> str:
        await self._appointment()
        path = f"/admin/v1/clients/{self.owner.person_id}/notes"
        answer = await self.coach.post(path, json={"text": "A note"})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def _posted(self, path: str, body: dict[str, Any]) -> str:
        answer = await self.owner.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]


def without_identity(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that an answer tells, but for what differs between any two."""
    return (
        answer.status_code,
        answer.content,
        [(name, value) for name, value in answer.headers.items() if name not in PER_ANSWER],
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_somebody_elses_object_looks_like_none(operation: Operation, people: People, coaches: Coaches) -> None:
    """Rule: requirements.md, "404 for foreign objects: existence must not leak"; OWASP API1:2023."""
    owner, stranger = await people.signed_in(), await people.signed_in()
    things = Things(owner, await coaches.with_agenda(), coaches)
    (parameter,) = operation.path_types
    owned, body = await things.make(parameter), things.body(operation)
    if operation.name.startswith("share_"):
        await coaches.book(owner, things.coach, coaches.slot())
        await coaches.book(stranger, things.coach, coaches.slot(8))

    async def ask(person: Person, an_id: object) -> httpx.Response:
        headers = {"If-Match": '"1"', "Idempotency-Key": str(uuid4())}
        return await person.request(operation.method, operation.path_of(**{parameter: an_id}), headers=headers, **body)

    foreign, missing = await ask(stranger, owned), await ask(stranger, uuid4())
    assert foreign.status_code == 404
    assert without_identity(foreign) == without_identity(missing)
    assert (await ask(owner, owned)).status_code in {200, 201, 204}, "the stranger touched it, or it was never there"
