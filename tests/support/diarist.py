"""Somebody who keeps a diary, through the API."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.support.people import Person

ENTRY: dict[str, Any] = {
    "written_at": "2026-11-22T21:30:00+01:00",
    "time_zone": "Europe/Amsterdam",
    "mood": 4,
    "tags": ["sleep", "work"],
    "text": "Slept well, walked to work.",
}


class Diarist:
    """A signed-in and consenting employee at their diary."""

    def __init__(self, person: Person) -> None:
        self.person_id = person.person_id
        self.log_subject_id = person.session.log_subject_id
        self._person = person

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request under `/v1/diary`, as this person."""
        return await self._person.request(method, f"/v1/diary{path}", **options)

    async def put(
        self, entry_id: UUID | str, *, if_match: int | str | None = None, create_only: bool = False, **changes: Any
    ) -> httpx.Response:
        """Write an entry: the example with `changes`."""
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        if create_only:
            headers["If-None-Match"] = "*"
        return await self.request("PUT", f"/entries/{entry_id}", json=ENTRY | changes, headers=headers)

    async def write(self, **changes: Any) -> dict[str, Any]:
        """A new entry, as it is kept."""
        answer = await self.put(uuid4(), **changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def delete(self, entry_id: UUID | str, *, if_match: int) -> httpx.Response:
        """Delete an entry."""
        return await self.request("DELETE", f"/entries/{entry_id}", headers={"If-Match": f'"{if_match}"'})

    async def list(self, **query: Any) -> dict[str, Any]:
        """A page of the diary."""
        answer = await self.request("GET", "/entries", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def changes(self, **query: Any) -> dict[str, Any]:
        """A page of the changes feed."""
        answer = await self.request("GET", "/changes", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()
