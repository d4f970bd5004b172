"""Optional purposes have a switch of their own; the required one is withdrawn by deleting the account."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domains.consent.conftest import Publish
from tests.domains.consent.test_give_consent import consent_body
from tests.support.application import TravellingClock
from tests.support.people import People, Person

SWITCH = "/v1/consent/purposes/newsletter"


async def consented(people: People) -> Person:
    person = await people.signed_in(consent=False)
    await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))
    return person


def choice(view: dict[str, Any], key: str) -> bool:
    return next(purpose["is_granted"] for purpose in view["purposes"] if purpose["key"] == key)


async def test_a_purpose_goes_on_and_off_in_one_call_each_and_both_are_remembered(people: People) -> None:
    """Rule: C1, S4-01; GDPR 7(3), withdrawing is as easy as giving."""
    person = await consented(people)

    on = await person.put(SWITCH, json={"is_granted": True})
    off = await person.put(SWITCH, json={"is_granted": False})

    assert (on.status_code, off.status_code) == (200, 200)
    assert choice(on.json(), "newsletter") is True
    assert choice(off.json(), "newsletter") is False
    history = (await person.get("/v1/consent")).json()["history"]
    assert [(line["purpose"], line["event"]) for line in history] == [
        ("wellbeing_service", "granted"),
        ("newsletter", "granted"),
        ("newsletter", "withdrawn"),
    ]


async def test_a_switch_that_is_so_already_adds_nothing(people: People) -> None:
    person = await consented(people)

    for _ in range(2):
        await person.put(SWITCH, json={"is_granted": True})

    assert len((await person.get("/v1/consent")).json()["history"]) == 2


async def test_the_required_purpose_is_not_switched_off_here(people: People) -> None:
    """Rule: S2-06."""
    person = await consented(people)

    answer = await person.put("/v1/consent/purposes/wellbeing_service", json={"is_granted": False})

    assert (answer.status_code, answer.json()["code"]) == (409, "withdrawal-is-account-deletion")
    assert choice((await person.get("/v1/consent")).json(), "wellbeing_service") is True


@pytest.mark.parametrize("key", ["no_such_purpose", "Newsletter", "a" * 500, "x'--"])
async def test_an_unknown_purpose_is_not_there(key: str, people: People) -> None:
    person = await consented(people)
    assert (await person.put(f"/v1/consent/purposes/{key}", json={"is_granted": True})).status_code == 404


async def test_nothing_is_granted_before_the_statement_is_answered_and_anything_may_be_withdrawn(
    people: People, clock: TravellingClock, publish_statement: Publish
) -> None:
    person = await people.signed_in(consent=False)
    refused = await person.put(SWITCH, json={"is_granted": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-required")
    assert (await person.put(SWITCH, json={"is_granted": False})).status_code == 200

    await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service", "newsletter"))
    publish_statement((clock() + timedelta(days=1)).date(), True)
    clock.travel(timedelta(days=2))
    person = await people.device_of(person.account_id, person.email)
    assert (await person.put(SWITCH, json={"is_granted": True})).status_code == 403
    withdrawn = await person.put(SWITCH, json={"is_granted": False})
    assert withdrawn.json()["history"][-1]["event"] == "withdrawn"


@pytest.mark.parametrize("body", [{}, {"is_granted": "yes"}, {"is_granted": None}, {"is_granted": True, "why": ""}])
async def test_a_switch_is_on_or_off_and_nothing_else(body: dict[str, Any], people: People) -> None:
    person = await consented(people)
    assert (await person.put(SWITCH, json=body)).status_code == 400
