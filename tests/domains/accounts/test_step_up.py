"""POST /v1/sessions/current/step-up: proof to be there, for five minutes and one session. ASVS 7.5.1."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.application import TravellingClock
from tests.support.people import People, Person

TOTP = "/v1/me/second-factors/totp"
STEP_UP = "/v1/sessions/current/step-up"


@pytest.fixture
async def person(people: People) -> Person:
    """Somebody who has just signed in."""
    return await people.signed_in()


async def test_without_it_a_second_factor_cannot_be_added(person: Person) -> None:
    answer = await person.post(TOTP)
    assert (answer.status_code, answer.json()["code"]) == (403, "step-up-required")


async def test_the_password_opens_five_minutes_of_this_session(
    person: Person, people: People, clock: TravellingClock
) -> None:
    other = await people.device_of(person.account_id, person.email)
    assert (await person.post(STEP_UP, json={"password": person.password})).status_code == 204
    assert (await other.post(TOTP)).json()["code"] == "step-up-required"
    clock.travel(timedelta(minutes=4, seconds=55))
    assert (await person.post(TOTP)).status_code == 201
    clock.travel(timedelta(seconds=6))
    assert (await person.post(TOTP)).json()["code"] == "step-up-required"


async def test_a_wrong_password_is_403_and_opens_nothing(person: Person) -> None:
    answer = await person.post(STEP_UP, json={"password": "not the right one, at all"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-password")
    assert (await person.post(TOTP)).status_code == 403


async def test_a_code_without_a_second_factor_is_403(person: Person) -> None:
    answer = await person.post(STEP_UP, json={"second_factor": "123456"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-second-factor")


@pytest.mark.parametrize("body", [{}, {"password": "x", "second_factor": "123456"}, {"password": None}, {"pin": "1"}])
async def test_it_takes_one_of_the_two(person: Person, body: dict[str, Any]) -> None:
    assert (await person.post(STEP_UP, json=body)).status_code == 400


async def test_guessing_in_a_session_is_throttled_there_and_nowhere_else(
    person: Person, people: People, strict_client: httpx.AsyncClient
) -> None:
    other = await people.device_of(person.account_id, person.email)
    person.client = other.client = strict_client
    wrong = [await person.post(STEP_UP, json={"password": f"guess number {number}"}) for number in range(11)]
    assert [answer.status_code for answer in wrong] == [403] * 10 + [429]
    assert int(wrong[-1].headers["Retry-After"]) > 0
    assert (await person.get("/v1/me")).status_code == 200
    assert (await other.post(STEP_UP, json={"password": other.password})).status_code == 204
