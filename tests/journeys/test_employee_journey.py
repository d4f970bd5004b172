"""The whole journey of an employee over HTTP, the mail read where it arrived by SMTP."""

from typing import Any
from uuid import uuid4

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from tests.support.diarist import ENTRY
from tests.support.phone import Phone

pytestmark = pytest.mark.xdist_group("local_run")


async def verified(phone: Phone, token: str) -> bytes:
    """What stands in a signed document, checked as an outsider checks it."""
    keys = KeySet.import_key_set(await phone.expect(200, "GET", "/.well-known/jwks.json"))
    registry = jws.JWSRegistry(algorithms=["Ed25519"])
    return jws.deserialize_compact(token, keys, registry=registry).payload


async def test_from_the_employers_link_to_a_deleted_account_and_back_again(phone: Phone) -> None:
    """Rule: S2-05, S2-06, S2-07, S2-22, S2-23, S4-02."""
    status = await phone.expect(200, "GET", "/v1/app/status")
    assert status["maintenance"] is None
    await phone.register()
    signed_in = await phone.sign_in()
    assert signed_in["consent"]["status"] == "required"
    refused = await phone.expect(403, "GET", "/v1/diary/entries")
    assert (refused["code"], refused["statement_id"]) == ("consent-required", signed_in["consent"]["statement_id"])
    receipt = await phone.consent()
    assert receipt["statement_id"].encode() in await verified(phone, receipt["receipt"])

    entry_id = str(uuid4())
    entry = await phone.expect(201, "PUT", f"/v1/diary/entries/{entry_id}", json=ENTRY)
    assert (await phone.expect(200, "GET", "/v1/diary/entries"))["items"] == [entry]
    assert (await phone.expect(200, "GET", "/v1/diary/changes"))["items"][0]["entry"] == entry
    await check_what_is_held(phone)
    await check_who_looked(phone, entry_id)

    me = await phone.expect(200, "GET", "/v1/me")
    assert (me["email"], me["display_name"]) == (phone.email, phone.display_name)
    await phone.expect(403, "DELETE", "/v1/me", json={"password": "not the password"})
    certificate = await phone.expect(200, "DELETE", "/v1/me", json={"password": phone.password})
    assert {line["category"]: line["count"] for line in certificate["erased"]}["diary"] == 1
    assert certificate["erasure_id"].encode() in await verified(phone, certificate["certificate"])
    await check_that_nothing_opens(phone)

    await phone.set_up()
    assert (await phone.expect(200, "GET", "/v1/diary/entries"))["items"] == []
    assert (await phone.expect(200, "GET", "/v1/me"))["id"] != me["id"]
    assert (await phone.expect(200, "GET", "/v1/consent"))["history"][0]["event"] == "granted"


async def check_what_is_held(phone: Phone) -> None:
    held = (await phone.expect(200, "GET", "/v1/me/data"))["categories"]
    counts = {category["key"]: category["count"] for category in held}
    assert counts["diary"] == 1
    assert all(category["purpose"] and category["legal_basis"] and category["retention"] for category in held)


async def check_who_looked(phone: Phone, entry_id: str) -> None:
    lines = (await phone.expect(200, "GET", "/v1/me/access-log"))["items"]
    of_entry = [line for line in lines if line["object"] == {"kind": "diary_entry", "id": entry_id}]
    assert [(line["actor"]["role"], line["action"], line["outcome"]) for line in of_entry] == [("self", "create", "granted")]


async def check_that_nothing_opens(phone: Phone) -> None:
    for path in ("/v1/me", "/v1/diary/entries", "/v1/consent"):
        assert (await phone.expect(401, "GET", path))["code"] == "invalid-session"
    await phone.expect(401, "POST", "/v1/sessions/refresh", json={"refresh_token": phone.tokens["refresh_token"]})
    phone.tokens = {}
    credentials: dict[str, Any] = {
        "email": phone.email,
        "password": phone.password,
        "device": {"name": "Phone", "platform": "android"},
    }
    assert (await phone.expect(401, "POST", "/v1/sessions", json=credentials))["code"] == "invalid-credentials"
