"""A coach with an agenda, for tests.

async def test_something(people: People, coaches: Coaches) -> None:
    coach = await coaches.with_agenda()
    person = await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot(3))
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.people import Person
from tests.support.staff import Worker, Workers
from vitalapp.domains.staff.schemas import Profession

AGENDA: dict[str, Any] = {
    "time_zone": "Europe/Amsterdam",
    "session_minutes": 50,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 10,
    "notice_hours": 0,
    "horizon_days": 62,
    "capacity": 1,
    "weekly": [{"weekday": weekday, "from": "00:00", "to": "24:00"} for weekday in range(1, 8)],
}


class Coaches:
    """Makes coaches with agendas that are open day and night, and books them."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self._today = workers.resources.clock().replace(hour=9, minute=0, second=0, microsecond=0)

    async def with_agenda(self, *, profession: Profession = "coach", **changes: Any) -> Worker:
        """A signed-in coach whose agenda is open, but for what `changes` says."""
        coach = await self.workers.signed_in("coach", profession=profession)
        answer = await coach.put("/admin/v1/availability", json=AGENDA | changes)
        assert answer.status_code == 200, answer.text
        return coach

    def slot(self, number: int = 0, *, days: int = 3) -> datetime:
        """A slot some days ahead of the test's beginning."""
        return self._today + timedelta(days=days, hours=number)

    async def try_to_book(
        self, person: Person, coach: Worker, starts_at: datetime, *, key: str | None = None, **changes: Any
    ) -> httpx.Response:
        """A booking, however it ends."""
        body: dict[str, Any] = {
            "coach_id": str(coach.staff_id),
            "starts_at": starts_at.isoformat(),
            "kind": "session",
            "mode": "video",
        }
        return await person.post("/v1/appointments", json=body | changes, headers={"Idempotency-Key": key or str(uuid4())})

    async def book(self, person: Person, coach: Worker, starts_at: datetime, **changes: Any) -> dict[str, Any]:
        """An appointment."""
        answer = await self.try_to_book(person, coach, starts_at, **changes)
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture
def coaches(workers: Workers) -> Coaches:
    """Makes coaches for a test."""
    return Coaches(workers)
