"""The authenticator app from its beginning to its removal, and what a code can do once. S0-20, ASVS 6.5.1, pitfall 6."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.domains.accounts.second_factor_steps import PATH, Authenticator, add_second_factor
from tests.support.application import TravellingClock
from tests.support.jobs import waiting_mails
from tests.support.people import People, Person
from vitalapp.core.resources import Resources

STEP_UP = "/v1/sessions/current/step-up"


@pytest.fixture
async def person(people: People) -> Person:
    """Somebody without a second factor yet."""
    return await people.signed_in()


@pytest.fixture
async def app(person: Person, clock: TravellingClock) -> Authenticator:
    """Their confirmed authenticator app."""
    return await add_second_factor(person, clock)


async def test_add_totp_counts_only_once_confirmed(person: Person, people: People, resources: Resources) -> None:
    await person.step_up()
    answer = await person.post(PATH)
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"secret", "otpauth_uri"}
    assert re.fullmatch("[A-Z2-7]{32}", body["secret"])
    assert body["otpauth_uri"].startswith("otpauth://totp/Vitalapp:")
    assert (await people.sign_in(person.email)).status_code == 201
    assert (await person.get("/v1/me")).json()["has_second_factor"] is False
    sealed = await resources.identity.fetchval("SELECT totp_sealed FROM accounts")
    assert body["secret"].encode() not in sealed


async def test_confirm_totp_gives_ten_recovery_codes_and_tells_the_person(
    person: Person, app: Authenticator, resources: Resources
) -> None:
    assert len(set(app.recovery_codes)) == 10
    assert (await person.get("/v1/me")).json()["has_second_factor"] is True
    assert [mail.template for mail in await waiting_mails(resources)] == ["second_factor_changed"]
    hashes = [row["code_hash"] for row in await resources.identity.fetch("SELECT code_hash FROM recovery_codes")]
    assert len(hashes) == 10
    assert not any(code.encode() in code_hash for code in app.recovery_codes for code_hash in hashes)


async def test_a_wrong_code_confirms_nothing(person: Person, clock: TravellingClock) -> None:
    await person.step_up()
    secret = (await person.post(PATH)).json()["secret"]
    late = Authenticator(secret, clock).code(at=clock() + timedelta(minutes=5))
    answer = await person.post(f"{PATH}/confirm", json={"code": late})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-second-factor")
    assert (await person.get("/v1/me")).json()["has_second_factor"] is False


async def test_there_is_nothing_to_confirm_before_it_was_begun(person: Person) -> None:
    assert (await person.post(f"{PATH}/confirm", json={"code": "123456"})).status_code == 404
    assert (await person.post(f"{PATH}/confirm", json={"code": "12345"})).status_code == 400


async def test_a_second_app_is_409(person: Person, app: Authenticator) -> None:
    assert app
    assert (await person.post(PATH)).json()["code"] == "second-factor-exists"
    assert (await person.post(f"{PATH}/confirm", json={"code": "123456"})).json()["code"] == "second-factor-exists"


async def test_signing_in_asks_for_the_code_only_after_a_right_password(
    people: People, person: Person, app: Authenticator
) -> None:
    wrong = await people.sign_in(person.email, password="not the right one, at all")
    right = await people.sign_in(person.email)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid-credentials")
    assert (right.status_code, right.json()["code"]) == (401, "second-factor-required")
    assert (await people.sign_in(person.email, second_factor=app.next_code())).status_code == 201


async def test_the_same_code_twice_is_refused(people: People, person: Person, app: Authenticator) -> None:
    code = app.next_code()
    assert (await people.sign_in(person.email, second_factor=code)).status_code == 201
    again = await people.sign_in(person.email, second_factor=code)
    assert (again.status_code, again.json()["code"]) == (401, "invalid-credentials")
    assert (await person.post(STEP_UP, json={"second_factor": code})).json()["code"] == "wrong-second-factor"


async def test_the_code_that_confirmed_the_app_signs_nobody_in(people: People, person: Person, app: Authenticator) -> None:
    assert (await people.sign_in(person.email, second_factor=app.code())).status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(-60, 401), (-30, 201), (0, 201), (30, 201), (60, 401)])
async def test_a_clock_may_be_half_a_minute_off(people: People, clock: TravellingClock, seconds: int, status: int) -> None:
    person = await people.signed_in()
    app = await add_second_factor(person, clock)
    clock.travel(timedelta(minutes=5))
    code = app.code(at=clock() + timedelta(seconds=seconds))
    assert (await people.sign_in(person.email, second_factor=code)).status_code == status


async def test_of_fifty_parallel_uses_of_one_code_one_succeeds(people: People, person: Person, app: Authenticator) -> None:
    code = app.next_code()
    answers = await asyncio.gather(*(people.sign_in(person.email, second_factor=code) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 49


async def test_of_fifty_parallel_uses_of_one_recovery_code_one_succeeds(
    people: People, person: Person, app: Authenticator, resources: Resources
) -> None:
    code = app.recovery_codes[3]
    answers = await asyncio.gather(*(people.sign_in(person.email, second_factor=code) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 49
    assert await resources.identity.fetchval("SELECT count(*) FROM recovery_codes") == 9


async def test_a_recovery_code_may_be_typed_in_capitals_and_without_dashes(
    people: People, person: Person, app: Authenticator
) -> None:
    code = app.recovery_codes[0].upper().replace("-", " ")
    assert (await people.sign_in(person.email, second_factor=code)).status_code == 201


async def test_a_recovery_code_of_somebody_else_is_worthless(people: People, clock: TravellingClock) -> None:
    one, other = await people.signed_in(), await people.signed_in()
    await add_second_factor(one, clock)
    theirs = await add_second_factor(other, clock)
    assert (await people.sign_in(one.email, second_factor=theirs.recovery_codes[0])).status_code == 401


async def test_a_code_steps_up(person: Person, app: Authenticator, clock: TravellingClock) -> None:
    clock.travel(timedelta(minutes=6))
    assert (await person.delete(PATH)).json()["code"] == "step-up-required"
    assert (await person.post(STEP_UP, json={"second_factor": app.code()})).status_code == 204
    assert (await person.delete(PATH)).status_code == 204


async def test_remove_totp_lets_the_password_stand_alone_and_tells_the_person(
    people: People, person: Person, app: Authenticator, resources: Resources
) -> None:
    assert app
    assert (await person.delete(PATH)).status_code == 204
    assert (await people.sign_in(person.email)).status_code == 201
    row: Any = await resources.identity.fetchrow("SELECT totp_sealed, has_second_factor FROM accounts")
    assert (row["totp_sealed"], row["has_second_factor"]) == (None, False)
    assert await resources.identity.fetchval("SELECT count(*) FROM recovery_codes") == 0
    assert [mail.template for mail in await waiting_mails(resources)] == ["second_factor_changed"] * 2
    assert (await person.delete(PATH)).status_code == 404


async def test_a_short_password_keeps_its_second_factor(people: People, person: Person, app: Authenticator) -> None:
    """NIST SP 800-63B-4: 8 characters with, 15 without."""
    short, long = "kT9#mQ2!", "lantern plum orbit kettle"
    change = {"password": person.password, "new_password": short}
    assert (await person.put("/v1/me/password", json=change)).status_code == 204
    assert (await people.sign_in(person.email, password=short, second_factor=app.next_code())).status_code == 201
    kept = await person.delete(PATH)
    assert (kept.status_code, kept.json()["code"]) == (409, "password-needs-second-factor")
    change = {"password": short, "new_password": long}
    assert (await person.put("/v1/me/password", json=change)).status_code == 204
    assert (await person.delete(PATH)).status_code == 204
