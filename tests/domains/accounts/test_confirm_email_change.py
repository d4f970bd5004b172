"""POST /v1/me/email-changes and /confirm: another address, proven by who reads it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.domains.accounts.second_factor_steps import add_second_factor
from tests.support.application import TravellingClock
from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import People, Person
from vitalapp.core.resources import Resources

NEW = "new@mail.example"


@pytest.fixture
async def person(people: People) -> Person:
    """Somebody under a contract whose employer manages mail on one domain."""
    return await people.signed_in(contract_id=await people.contract(mail_domains=("employer.example",)))


async def ask(person: Person, new_email: str = NEW, **changes: Any) -> httpx.Response:
    body = {"new_email": new_email, "password": person.password, **changes}
    return await person.post("/v1/me/email-changes", json=body)


async def confirm(person: Person, token: str) -> httpx.Response:
    return await person.post("/v1/me/email-changes/confirm", json={"token": token})


async def test_the_new_address_is_used_once_it_has_confirmed_and_the_old_one_is_told(
    person: Person, people: People, resources: Resources
) -> None:
    answer = await ask(person)
    assert (answer.status_code, answer.json()) == (202, {})
    token = await people.mailed_token(NEW)
    assert (await person.get("/v1/me")).json()["email"] == person.email
    assert (await confirm(person, token)).status_code == 204
    me = (await person.get("/v1/me")).json()
    assert (me["email"], me["version"]) == (NEW, 2)
    mails = [(mail.to, mail.template) for mail in await waiting_mails(resources)]
    assert mails == [(NEW, "email_change_confirmation"), (person.email, "email_changed")]
    assert (await people.sign_in(NEW)).status_code == 201
    assert (await people.sign_in(person.email)).status_code == 401
    assert (await confirm(person, token)).status_code == 404


async def test_an_address_that_has_an_account_gets_the_same_answer_and_is_told_by_mail(
    person: Person, people: People, resources: Resources
) -> None:
    """Pitfall 7."""
    await people.account(email=NEW)
    known, unknown = await ask(person), await ask(person, "free@mail.example")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    await run_jobs(resources)
    assert {(mail.to, mail.template) for mail in await waiting_mails(resources)} == {
        (NEW, "account_exists"),
        ("free@mail.example", "email_change_confirmation"),
    }
    assert await resources.identity.fetchval("SELECT count(*) FROM email_changes") == 1


async def test_an_address_taken_in_the_meantime_is_404(person: Person, people: People) -> None:
    await ask(person)
    token = await people.mailed_token(NEW)
    await people.account(email=NEW)
    assert (await confirm(person, token)).status_code == 404
    assert (await person.get("/v1/me")).json()["email"] == person.email


async def test_somebody_elses_token_is_404(person: Person, people: People) -> None:
    await ask(person)
    token = await people.mailed_token(NEW)
    stranger = await people.signed_in()
    foreign, unknown = await confirm(stranger, token), await confirm(stranger, "vet_unknown")
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert (await confirm(person, token)).status_code == 204


async def test_a_token_works_for_48_hours(person: Person, people: People, clock: TravellingClock) -> None:
    await ask(person)
    token = await people.mailed_token(NEW)
    clock.travel(timedelta(hours=48, seconds=1))
    later = await people.device_of(person.account_id, person.email)
    assert (await confirm(later, token)).status_code == 404


async def test_an_address_of_the_employer_is_refused(person: Person) -> None:
    """S0-17."""
    answer = await ask(person, "kim@employer.example")
    assert (answer.status_code, answer.json()["code"]) == (422, "use-private-address")


async def test_a_wrong_password_is_403_and_writes_nothing(person: Person, resources: Resources) -> None:
    answer = await ask(person, password="not the right one, at all")
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-password")
    assert await resources.identity.fetchval("SELECT count(*) FROM email_changes") == 0


async def test_with_a_second_factor_a_code_is_needed(person: Person, clock: TravellingClock) -> None:
    app = await add_second_factor(person, clock)
    assert (await ask(person)).json()["code"] == "second-factor-required"
    assert (await ask(person, second_factor="123456")).json()["code"] == "wrong-second-factor"
    assert (await ask(person, second_factor=app.next_code())).status_code == 202


async def test_an_address_that_is_none_is_400(person: Person) -> None:
    answer = await ask(person, "nothing")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/new_email"]
