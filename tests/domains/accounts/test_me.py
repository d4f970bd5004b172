"""GET and PATCH /v1/me: the account, read and corrected by its owner. S1-18, S2-24."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.people import People, Person
from vitalapp.core.resources import Resources


@pytest.fixture
async def person(people: People) -> Person:
    """Somebody named Kim."""
    return await people.signed_in()


async def patch(person: Person, version: int | str = 1, **changes: Any) -> httpx.Response:
    return await person.patch("/v1/me", json=changes, headers={"If-Match": f'"{version}"'})


async def test_get_me_shows_the_account_and_never_the_vaults_id(person: Person) -> None:
    answer = await person.get("/v1/me")
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"1"'
    assert body == {
        "id": str(person.account_id),
        "display_name": "Kim",
        "email": person.email,
        "phone": None,
        "locale": "nl",
        "time_zone": "Europe/Amsterdam",
        "themes": [],
        "has_second_factor": False,
        "created_at": body["created_at"],
        "last_used_on": body["last_used_on"],
        "version": 1,
    }
    for hidden in (person.person_id, person.session.log_subject_id, person.session.consent_subject_id):
        assert str(hidden) not in answer.text


async def test_update_me_changes_what_is_given_and_leaves_the_rest(person: Person, superusers: dict[str, Any]) -> None:
    changes: dict[str, Any] = {
        "phone": "+31 6 12345678",
        "time_zone": "America/New_York",
        "themes": ["sleep", "work-stress"],
        "locale": "en",
    }
    answer = await patch(person, **changes)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert {name: answer.json()[name] for name in changes} == changes
    assert answer.json()["display_name"] == "Kim"
    read = await person.get("/v1/me")
    assert read.json() == answer.json()
    dump = await superusers["identity"].fetchval("SELECT a::text FROM accounts AS a")
    assert "sleep" not in dump
    assert b"12345678".hex() not in dump


async def test_null_empties_a_field(person: Person) -> None:
    await patch(person, phone="+31 6 12345678", display_name="Someone Else")
    emptied = await patch(person, 2, phone=None, display_name=None)
    assert (emptied.json()["phone"], emptied.json()["display_name"]) == (None, None)


async def test_the_version_guards_the_change(person: Person) -> None:
    assert (await person.patch("/v1/me", json={"locale": "en"})).status_code == 428
    assert (await patch(person, 7, locale="en")).status_code == 412
    assert (await patch(person, locale="en")).status_code == 200
    stale = await patch(person, locale="nl")
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    assert (await person.get("/v1/me")).json()["locale"] == "en"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"time_zone": "Europe/Atlantis"}, "/time_zone"),
        ({"time_zone": None}, "/time_zone"),
        ({"locale": "fr"}, "/locale"),
        ({"phone": "call me"}, "/phone"),
        ({"display_name": ""}, "/display_name"),
        ({"themes": ["Not a key"]}, "/themes/0"),
        ({"themes": [f"theme{number}" for number in range(21)]}, "/themes"),
        ({"email": "other@mail.example"}, "/email"),
    ],
)
async def test_a_wrong_field_is_400_and_changes_nothing(person: Person, changes: dict[str, Any], pointer: str) -> None:
    answer = await patch(person, **changes)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await person.get("/v1/me")).json()["version"] == 1


async def test_parallel_changes_of_one_version_let_one_through(person: Person) -> None:
    answers = await asyncio.gather(*(patch(person, display_name=f"Kim {number}") for number in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


async def test_the_first_use_of_a_day_is_noted(person: Person, resources: Resources) -> None:
    await resources.identity.execute("UPDATE accounts SET last_used_on = last_used_on - 10")
    today = resources.clock().date().isoformat()
    assert (await person.get("/v1/me")).json()["last_used_on"] == today


async def test_without_a_session_it_is_401(people: People) -> None:
    assert (await people.client.get("/v1/me")).status_code == 401
    assert (await people.client.patch("/v1/me", json={})).status_code == 401
