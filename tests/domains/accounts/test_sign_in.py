"""POST /v1/sessions: opening a session of a device."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.support.application import TravellingClock
from tests.support.jobs import waiting_mails
from tests.support.people import PASSWORD, People
from vitalapp.core.passwords import hash_password
from vitalapp.core.resources import Resources

EMAIL = "kim@mail.example"


async def test_a_sign_in_opens_a_session_and_says_what_consent_is_needed(people: People, resources: Resources) -> None:
    account_id, _ = await people.account(email=EMAIL)
    answer = await people.sign_in("KIM@MAIL.example")
    body = answer.json()
    statement = resources.legal_texts.current("consent", resources.clock())
    assert answer.status_code == 201
    assert body == {
        "access_token": body["access_token"],
        "token_type": "Bearer",
        "expires_in": 900,
        "refresh_token": body["refresh_token"],
        "consent": {"status": "required", "statement_id": str(statement.id)},
    }
    assert body["access_token"].startswith("vae_")
    assert body["refresh_token"].startswith("var_")
    row = await resources.identity.fetchrow("SELECT * FROM sessions")
    assert row
    assert row["account_id"] == account_id
    assert b"phone" not in row["device_name_sealed"]
    assert row["absolute_expires_at"] - row["created_at"] == timedelta(days=90)
    assert row["idle_expires_at"] - row["created_at"] == timedelta(days=60)
    tokens = await resources.identity.fetchrow("SELECT token_hash, expires_at FROM access_tokens")
    assert tokens
    assert body["access_token"].encode() not in tokens["token_hash"]


async def test_who_has_consented_is_told_so(people: People) -> None:
    account_id, _ = await people.account(email=EMAIL)
    await people.consent(account_id)
    assert (await people.sign_in(EMAIL)).json()["consent"]["status"] == "granted"


async def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(people: People) -> None:
    """ASVS 6.3.8, pitfall 7."""
    await people.account(email=EMAIL)
    wrong = await people.sign_in(EMAIL, password="not the right one, at all")
    unknown = await people.sign_in("nobody@mail.example")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid-credentials")
    assert wrong.content == unknown.content
    ignored = {"x-request-id", "date"}
    assert {k: v for k, v in wrong.headers.items() if k not in ignored} == {
        k: v for k, v in unknown.headers.items() if k not in ignored
    }


async def test_a_password_typed_with_other_composition_is_the_same(people: People) -> None:
    """NIST SP 800-63B-4, 3.1.1.2."""
    email = await people.registered(password="é l'orage café crème brûlée")
    assert (
        await people.sign_in(email, password="e\u0301 l'orage cafe\u0301 cre\u0300me bru\u0302le\u0301e")
    ).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"device": {"name": "Phone", "platform": "symbian"}},
        {"device": {"name": "", "platform": "ios"}},
        {"device": {"name": "x" * 101, "platform": "ios"}},
        {"email": "nothing"},
        {"is_remembered": True},
    ],
)
async def test_a_wrong_field_is_400(people: People, change: dict[str, Any]) -> None:
    await people.account(email=EMAIL)
    body = {"email": EMAIL, "password": PASSWORD, "device": {"name": "Phone", "platform": "ios"}, **change}
    answer = await people.client.post("/v1/sessions", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


async def test_a_hash_with_old_parameters_is_made_anew_at_the_next_sign_in(people: People, resources: Resources) -> None:
    await people.account(email=EMAIL)
    older = msgspec.structs.replace(resources.settings, password_memory_kib=16)
    await resources.identity.execute("UPDATE accounts SET password_hash = $1", await hash_password(older, PASSWORD))
    assert (await people.sign_in(EMAIL)).status_code == 201
    assert "m=64," in await resources.identity.fetchval("SELECT password_hash FROM accounts")
    assert (await people.sign_in(EMAIL)).status_code == 201


async def test_ten_sign_ins_at_once_all_succeed(people: People) -> None:
    await people.account(email=EMAIL)
    answers = await asyncio.gather(*(people.sign_in(EMAIL) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}


async def test_a_device_that_was_not_known_is_told_of_by_mail(people: People, resources: Resources) -> None:
    await people.account(email=EMAIL)
    await people.sign_in(EMAIL)
    await people.sign_in(EMAIL)
    assert await waiting_mails(resources) == []
    await people.sign_in(EMAIL, device={"name": "Laptop", "platform": "web"})
    assert [(mail.to, mail.template) for mail in await waiting_mails(resources)] == [(EMAIL, "new_sign_in")]


async def test_signing_in_counts_as_use(people: People, resources: Resources, clock: TravellingClock) -> None:
    """S0-30, C2."""
    await people.account(email=EMAIL)
    clock.travel(timedelta(days=3))
    await people.sign_in(EMAIL)
    assert await resources.identity.fetchval("SELECT last_used_on FROM accounts") == clock().date()


async def test_an_account_under_erasure_is_unknown(people: People, resources: Resources) -> None:
    """ASVS 7.4.2."""
    await people.account(email=EMAIL)
    await resources.identity.execute("UPDATE accounts SET is_erasing = true")
    answer = await people.sign_in(EMAIL)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-credentials")
    assert await resources.identity.fetchval("SELECT count(*) FROM sessions") == 0
