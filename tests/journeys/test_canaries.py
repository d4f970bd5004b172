"""What a person writes lies nowhere in clear: in no store, not in Redis, in no file of the run, before and after a deletion."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from pyotp.totp import TOTP

from tests.dev.local_run import LocalRun
from tests.support.canaries import Recorder, files_with, redis_with, stores_with, text_fields
from tests.support.desk import Desk
from tests.support.diarist import ENTRY
from tests.support.operations import list_operations
from tests.support.phone import Phone
from tests.support.residue import tables_with
from vitalapp.core.settings import STORES, Store

pytestmark = pytest.mark.xdist_group("local_run")

OPERATIONS = [operation for operation in list_operations("app") if operation.path.startswith(("/v1/", "/admin/v1/clients/"))]
# Fields that take only what the product itself has given out, or what is on a list of its own.
NO_ROOM_FOR_A_TEXT = {
    ("register", "link_token"), ("register", "accepted_terms_version"), ("activate_registration", "token"),
    ("refresh_session", "refresh_token"), ("confirm_password_reset", "token"), ("confirm_email_change", "token"),
    ("confirm_totp", "code"), ("get_erasure", "secret"), ("update_me", "time_zone"), ("put_diary_entry", "time_zone"),
    ("give_consent", "sha256"), ("give_consent", "granted[]"), ("create_measurement", "instrument"),
    ("create_measurement", "instrument_version"), ("send_contact_message", "phone"), ("update_me", "phone"),
}  # fmt: skip
GIVEN_OUT = ("dev.json", "facts.json")
GET_IDS = "SELECT account_id, person_id FROM accounts WHERE account_id = $1"


class Canary:
    """A person whose every word holds one mark, and whose secrets are kept to be searched for."""

    def __init__(self, phone: Phone) -> None:
        self.mark = f"zq{secrets.token_hex(12)}"
        self.phone = phone
        self.recorder = Recorder(self.mark, OPERATIONS)
        self.secrets: list[str] = []
        self.objects: list[UUID] = []
        self._words = 0
        phone.email = f"{self.word()}@mail.example"
        phone.display_name = self.word()
        phone.password = self.secret(f"{self.word()} kettle lorry")
        phone.client.event_hooks["request"].append(self.recorder)

    def word(self) -> str:
        """One more text with the mark."""
        self._words += 1
        return f"{self.mark}x{self._words}"

    def secret(self, value: str) -> str:
        """Remember a secret, to be searched for."""
        self.secrets.append(value)
        return value

    def phone_number(self) -> str:
        """A number that nobody else has."""
        return self.secret(f"+316{secrets.randbelow(10**8):08}")

    @property
    def needles(self) -> list[str]:
        """What is to be found nowhere."""
        return [self.mark, *self.secrets]

    async def live(self) -> None:
        """Write in every field of every operation."""
        await self._contact_us()
        await self.phone.set_up()
        await self._fail()
        await self._change_the_profile()
        await self._write_health_data()
        await self._change_the_address()
        await self._change_the_password()
        await self._use_a_second_factor()

    async def _contact_us(self) -> None:
        message = {name: self.word() for name in ("message", "name", "subject")}
        body = message | {"email": f"{self.word()}@mail.example", "phone": self.phone_number()}
        await self.phone.expect(202, "POST", "/v1/contact-messages", json=body)

    async def _fail(self) -> None:
        """Texts in requests that are refused: in addresses, in fields that take none, in passwords."""
        wrong = {"email": self.phone.email, "password": self.word(), "device": {"name": "d", "platform": "ios"}}
        await self.phone.expect(401, "POST", "/v1/sessions", json=wrong)
        factor = wrong | {"password": self.phone.password, "second_factor": self.word(), "device": {"name": self.word()}}
        await self.phone.expect(400, "POST", "/v1/sessions", json=factor)
        await self.phone.expect(404, "GET", f"/v1/{self.word()}")
        await self.phone.expect(400, "GET", "/v1/diary/entries", params={"cursor": self.word(), "from": self.word()})
        await self.phone.expect(400, "GET", "/v1/diary/changes", params={"cursor": self.word()})
        for change in ({"mood": self.word()}, {self.word(): self.word()}, {"written_at": self.word()}):
            await self.phone.expect(400, "PUT", f"/v1/diary/entries/{uuid4()}", json=ENTRY | change)
        await self.phone.expect(400, "PUT", f"/v1/diary/entries/{uuid4()}", content=f'{{"text": "{self.word()}')
        await self.phone.expect(403, "DELETE", "/v1/me", json={"password": self.word(), "second_factor": self.word()})
        refused = {"password": self.word(), "second_factor": self.word()}
        await self.phone.expect(403, "POST", "/v1/me/deletion", json=refused)
        no_token = {"token": "vpr_unknown", "new_password": self.word(), "second_factor": self.word()}
        await self.phone.expect(404, "POST", "/v1/password-resets/confirm", json=no_token)

    async def _change_the_profile(self) -> None:
        me = await self.phone.expect(200, "GET", "/v1/me")
        change = {"display_name": self.word(), "phone": self.phone_number(), "themes": [self.word()]}
        await self.phone.expect(200, "PATCH", "/v1/me", json=change, headers={"If-Match": f'"{me["version"]}"'})

    async def _write_health_data(self) -> None:
        entry_id = uuid4()
        entry = ENTRY | {"text": self.word(), "tags": [self.word(), self.word()]}
        await self.phone.expect(201, "PUT", f"/v1/diary/entries/{entry_id}", json=entry)
        edited = entry | {"text": self.word()}
        path, if_match = f"/v1/diary/entries/{entry_id}", {"If-Match": '"1"'}
        await self.phone.expect(200, "PUT", path, json=edited, headers=if_match)
        await self.phone.expect(412, "PUT", path, json=entry | {"text": self.word()}, headers=if_match)
        (listed, *_) = (await self.phone.expect(200, "GET", "/v1/vitality/instruments"))["items"]
        instrument = await self.phone.expect(200, "GET", f"/v1/vitality/instruments/{listed['key']}")
        answers = {item["key"]: item["scale"]["max"] for item in instrument["items"]}
        measured = {"instrument": listed["key"], "instrument_version": listed["version"], "answers": answers}
        key = {"Idempotency-Key": self.word()}
        unknown = measured | {"answers": {self.word(): 1}}
        await self.phone.expect(400, "POST", "/v1/vitality/measurements", json=unknown, headers=key)
        measurement = await self.phone.expect(201, "POST", "/v1/vitality/measurements", json=measured, headers=key)
        self.objects += [entry_id, UUID(measurement["id"])]
        await self._see_a_coach()

    async def _see_a_coach(self) -> None:
        start = datetime.now(UTC)
        span = {"from": start.isoformat(), "to": (start + timedelta(days=30)).isoformat()}
        member = self.phone.told["staff"][1]
        slots = await self.phone.expect(200, "GET", f"/v1/coaches/{member['id']}/slots", params=span)
        wanted = {"coach_id": member["id"], "starts_at": slots["items"][0]["starts_at"], "kind": "intake", "mode": "video"}
        key = {"Idempotency-Key": self.word()}
        appointment = await self.phone.expect(201, "POST", "/v1/appointments", json=wanted, headers=key)
        async with Desk(self.phone.told["api_url"], member) as desk:
            desk.client.event_hooks["request"].append(self.recorder)
            (client,) = (await desk.expect(200, "GET", "/admin/v1/clients"))["items"]
            of_client = f"/admin/v1/clients/{client['person_id']}"
            note = await desk.expect(201, "POST", f"{of_client}/notes", json={"text": self.word()})
            await desk.expect(201, "POST", f"{of_client}/emergency-access", json={"reason": f"{self.word()} at once"})
            await desk.expect(201, "POST", f"{of_client}/privacy-questions", json={"text": self.word()})
        statement = {"text": self.word()}
        await self.phone.expect(201, "POST", f"/v1/me/notes/{note['id']}/statements", json=statement)
        self.objects += [UUID(appointment["id"]), UUID(note["id"])]

    async def _change_the_address(self) -> None:
        new_email = f"{self.word()}@mail.example"
        body = {"new_email": new_email, "password": self.word(), "second_factor": self.word()}
        await self.phone.expect(403, "POST", "/v1/me/email-changes", json=body)
        body |= {"password": self.phone.password, "second_factor": None}
        await self.phone.expect(202, "POST", "/v1/me/email-changes", json=body)
        self.phone.email = new_email
        token = self.secret(await self.phone.mailed_token())
        await self.phone.expect(204, "POST", "/v1/me/email-changes/confirm", json={"token": token})

    async def _change_the_password(self) -> None:
        fresh = self.secret(f"{self.word()} teapot wagon")
        await self.phone.expect(204, "PUT", "/v1/me/password", json={"password": self.phone.password, "new_password": fresh})
        self.phone.password = fresh
        await self.phone.expect(202, "POST", "/v1/password-resets", json={"email": self.phone.email})

    async def _use_a_second_factor(self) -> None:
        await self.phone.sign_in(device=self.word())
        proof = {"password": self.phone.password, "second_factor": None}
        await self.phone.expect(204, "POST", "/v1/sessions/current/step-up", json=proof)
        secret = self.secret((await self.phone.expect(201, "POST", "/v1/me/second-factors/totp"))["secret"])
        code = {"code": TOTP(secret).now()}
        codes = await self.phone.expect(200, "POST", "/v1/me/second-factors/totp/confirm", json=code)
        self.secrets += codes["recovery_codes"]
        await self.phone.expect(403, "POST", "/v1/sessions/current/step-up", json={"second_factor": self.word()})
        self.secrets += [self.phone.tokens["access_token"], self.phone.tokens["refresh_token"]]


@pytest.fixture(scope="module")
async def canary(told: dict[str, Any]) -> AsyncIterator[Canary]:
    """Somebody who has written in every field."""
    async with Phone(told) as phone:
        canary = Canary(phone)
        await canary.live()
        yield canary


async def check_that_nothing_is_in_clear(local_run: LocalRun, told: dict[str, Any], needles: list[str]) -> None:
    assert await stores_with(told["superuser_dsns"], needles) == set()
    assert await redis_with(told["redis_url"], needles) == []
    for folder in (local_run.data_dir.parent, Path((local_run.data_dir / "postgres.path").read_text())):
        assert files_with(folder, needles, but=GIVEN_OUT) == []


def test_the_canary_has_written_in_every_field_that_takes_a_text(canary: Canary) -> None:
    takes_text = {
        (operation.name, field)
        for operation in OPERATIONS
        if operation.body is not None
        for field in text_fields(operation.body)
    }
    assert takes_text - NO_ROOM_FOR_A_TEXT - canary.recorder.written == set(), "write there too"
    assert NO_ROOM_FOR_A_TEXT - takes_text == set(), "no longer there"


async def test_what_was_written_lies_nowhere_in_clear(local_run: LocalRun, told: dict[str, Any], canary: Canary) -> None:
    """Rule: S0-06, S0-18, pitfall 8, pitfall 15."""
    await check_that_nothing_is_in_clear(local_run, told, canary.needles)


async def test_after_a_deletion_nothing_of_the_person_is_left(
    local_run: LocalRun, told: dict[str, Any], canary: Canary
) -> None:
    """Rule: S0-08, GDPR 17; what stays is on the closed list, under ids that lead nowhere."""
    account_id = UUID((await canary.phone.expect(200, "GET", "/v1/me"))["id"])
    connections: dict[Store, asyncpg.Connection] = {
        store: await asyncpg.connect(told["superuser_dsns"][store]) for store in STORES
    }
    ids = await connections["identity"].fetchrow(GET_IDS, account_id)
    assert ids
    recovery_code = canary.secrets[-3]
    proof = {"password": canary.phone.password, "second_factor": recovery_code}
    certificate = await canary.phone.expect(200, "DELETE", "/v1/me", json=proof)

    assert await tables_with(connections, list(ids.values())) == set()
    left = await tables_with(connections, canary.objects)
    assert {table for table in left if not table.startswith("vault.access_log_")} == set()
    retained = {line["category"] for line in certificate["retained"]}
    assert "access_log" in retained
    for connection in connections.values():
        await connection.close()
    await check_that_nothing_is_in_clear(local_run, told, canary.needles)
