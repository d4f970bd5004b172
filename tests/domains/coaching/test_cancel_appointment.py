"""Cancelling and moving: with the version that was read, told whether it is late, and the time free for others at once."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from tests.support.application import TravellingClock
from tests.support.coaching import Coaches
from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import People, Person
from tests.support.staff import Workers
from vitalapp.core.resources import Resources
from vitalapp.domains.coaching.carriers import is_reminder_current, remind_of_appointments


async def cancel(person: Person, appointment_id: str, *, version: int = 1) -> httpx.Response:
    path = f"/v1/appointments/{appointment_id}/cancel"
    return await person.post(path, json={}, headers={"If-Match": f'"{version}"'})


async def move(person: Person, appointment_id: str, starts_at: datetime, *, version: int = 1) -> httpx.Response:
    path = f"/v1/appointments/{appointment_id}/reschedule"
    return await person.post(path, json={"starts_at": starts_at.isoformat()}, headers={"If-Match": f'"{version}"'})


async def lines(resources: Resources) -> list[tuple[str, str]]:
    while await run_jobs(resources, "vault"):
        pass
    rows = await resources.ledger.fetch("SELECT kind, period FROM unbilled_lines")
    return [(row["kind"], row["period"]) for row in rows]


@pytest.fixture
async def ledger_contract(people: People, resources: Resources) -> UUID:
    """A contract that the ledger knows too."""
    contract_id = await people.contract()
    await resources.ledger.execute(
        "WITH employer AS (INSERT INTO employers (employer_id, name, registration_scheme, registration_number, billing_email,"
        " street, postcode, city, created_at) VALUES ($1, 'E', 'KVK', '12345678', 'b@e.example', 's', '1', 'c', now())"
        " RETURNING employer_id) INSERT INTO contracts (contract_id, employer_id, reference, headcount, session_price_cents,"
        " cancellation_notice_hours, starts_on, created_at) SELECT $1, employer_id, 'R', 100, 9500, 24, '2020-01-01', now()"
        " FROM employer",
        contract_id,
    )
    return contract_id


async def test_a_cancelled_slot_is_free_and_costs_nothing_in_time(
    coaches: Coaches, people: People, resources: Resources, ledger_contract: UUID
) -> None:
    coach = await coaches.with_agenda()
    person, other = await people.signed_in(contract_id=ledger_contract), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    answer = await cancel(person, booked["id"])
    assert answer.status_code == 200, answer.text
    assert answer.json() == booked | {"status": "cancelled", "is_late": False, "version": 2}
    await coaches.book(other, coach, coaches.slot())
    again = await cancel(person, booked["id"], version=2)
    assert (again.status_code, again.json()["code"]) == (409, "appointment-not-open")
    assert await lines(resources) == []


async def test_a_late_cancellation_is_told_and_carried_to_the_ledger_once(
    coaches: Coaches, people: People, resources: Resources, clock: TravellingClock, ledger_contract: UUID
) -> None:
    """S1-29; a deletion right after it loses no administration."""
    coach, person = await coaches.with_agenda(), await people.signed_in(contract_id=ledger_contract)
    booked = await coaches.book(person, coach, coaches.slot())
    clock.travel_to(datetime.fromisoformat(booked["late_cancellation_from"]))
    person = await people.device_of(person.account_id, person.email)
    answers = await asyncio.gather(*(cancel(person, booked["id"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert next(answer.json()["is_late"] for answer in answers if answer.status_code == 200)
    period = datetime.fromisoformat(booked["starts_at"]).strftime("%Y-%m")
    assert await lines(resources) == [("session", period)]
    reference = await resources.ledger.fetchval("SELECT trajectory_reference FROM unbilled_lines")
    assert reference not in {person.person_id, UUID(booked["trajectory_id"]), UUID(booked["id"])}


async def test_moving_late_stays_late(coaches: Coaches, people: People, clock: TravellingClock) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    moved = await move(person, booked["id"], coaches.slot(2))
    assert moved.status_code == 200, moved.text
    assert moved.headers["ETag"] == '"2"'
    assert moved.json()["version"] == 2
    late_from = datetime.fromisoformat(moved.json()["late_cancellation_from"])
    assert late_from == coaches.slot(2) - timedelta(hours=24)
    clock.travel_to(late_from)
    person = await people.device_of(person.account_id, person.email)
    moved = await move(person, booked["id"], coaches.slot(5), version=2)
    assert moved.status_code == 200
    assert datetime.fromisoformat(moved.json()["late_cancellation_from"]) == late_from
    assert (await cancel(person, booked["id"], version=3)).json()["is_late"]


async def test_a_move_that_cannot_be_keeps_the_old_time(coaches: Coaches, people: People) -> None:
    coach = await coaches.with_agenda()
    person, other = await people.signed_in(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    await coaches.book(other, coach, coaches.slot(1))
    taken = await move(person, booked["id"], coaches.slot(1))
    assert (taken.status_code, taken.json()["code"]) == (409, "slot-taken")
    unknown = await move(person, booked["id"], coaches.slot() + timedelta(minutes=7))
    assert (unknown.status_code, unknown.json()["code"]) == (422, "slot-not-offered")
    assert (await person.get(f"/v1/appointments/{booked['id']}")).json() == booked
    assert (await coaches.try_to_book(other, coach, coaches.slot())).json()["code"] == "slot-taken"


async def test_a_change_needs_the_version_that_was_read(coaches: Coaches, people: People) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    for path, body in (("cancel", {}), ("reschedule", {"starts_at": coaches.slot(1).isoformat()})):
        full = f"/v1/appointments/{booked['id']}/{path}"
        assert (await person.post(full, json=body)).status_code == 428
        assert (await person.post(full, json=body, headers={"If-Match": '"7"'})).status_code == 412
        assert (await person.post(full, json=body | {"x": 1}, headers={"If-Match": '"1"'})).status_code == 400


async def test_somebody_elses_appointment_is_not_there(coaches: Coaches, people: People) -> None:
    coach, person, other = await coaches.with_agenda(), await people.signed_in(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    unknown = await other.get("/v1/appointments/00000000-0000-4000-8000-000000000000")
    foreign = await other.get(f"/v1/appointments/{booked['id']}")
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert (await cancel(other, booked["id"])).status_code == 404
    assert (await move(other, booked["id"], coaches.slot(1))).status_code == 404
    assert (await other.get(f"/v1/appointments/{booked['id']}/calendar.ics")).status_code == 404


async def test_the_calendar_file_tells_the_time_and_nothing_else(coaches: Coaches, people: People) -> None:
    """RFC 5545; S4-08, pitfalls 2 and 15."""
    coach, person = await coaches.with_agenda(profession="psychologist"), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot(), kind="intake")
    path = f"/v1/appointments/{booked['id']}/calendar.ics"
    first = await person.get(path)
    assert first.headers["content-type"].startswith("text/calendar")
    assert f"DTSTART:{coaches.slot():%Y%m%dT%H%M%SZ}" in first.text
    assert "SEQUENCE:0" in first.text
    assert "SUMMARY:Afspraak" in first.text
    assert not re.search("psycholo|coach|wit|intake|video|care", first.text, re.IGNORECASE)
    await move(person, booked["id"], coaches.slot(1))
    moved = await person.get(path, headers={"Accept-Language": "en"})
    assert "SEQUENCE:1" in moved.text
    assert f"DTSTART:{coaches.slot(1):%Y%m%dT%H%M%SZ}" in moved.text
    await cancel(person, booked["id"], version=2)
    cancelled = await person.get(path)
    assert "SEQUENCE:2" in cancelled.text
    assert "STATUS:CANCELLED" in cancelled.text


async def test_who_waits_is_told_of_a_free_time_and_nothing_is_booked(
    coaches: Coaches, people: People, workers: Workers, resources: Resources
) -> None:
    coach = await coaches.with_agenda()
    person, waiting, later = [await people.signed_in() for _ in range(3)]
    booked = await coaches.book(person, coach, coaches.slot())
    body = {"coach_id": str(coach.staff_id)}
    joined = await waiting.post("/v1/waiting-list", json=body)
    assert joined.status_code == 201, joined.text
    until = {"wanted_from": coaches.slot(days=20).isoformat(), "wanted_to": coaches.slot(days=30).isoformat()}
    await later.post("/v1/waiting-list", json=body | until)
    await cancel(person, booked["id"])
    while await run_jobs(resources, "vault"):
        pass
    mails = await waiting_mails(resources)
    told = {(mail.to, mail.template) for mail in mails}
    assert (waiting.email, "waiting_list_slot") in told
    assert (coach.secrets.email, "agenda_changed") in told
    assert later.email not in {mail.to for mail in mails}
    assert (await waiting.get("/v1/appointments")).json()["items"] == []
    items = (await waiting.get("/v1/waiting-list")).json()["items"]
    assert items[0]["told_at"] is not None
    assert (await person.delete(f"/v1/waiting-list/{items[0]['id']}")).status_code == 404
    assert (await waiting.delete(f"/v1/waiting-list/{items[0]['id']}")).status_code == 204


async def test_no_reminder_of_what_was_moved_cancelled_or_erased_leaves(
    coaches: Coaches, people: People, resources: Resources, clock: TravellingClock
) -> None:
    """Pitfall 3: also where the mail was waiting already."""
    coach = await coaches.with_agenda()
    persons = [await people.signed_in() for _ in range(3)]
    booked = [await coaches.book(person, coach, coaches.slot(number)) for number, person in enumerate(persons)]
    await remind_of_appointments(resources, datetime.now(UTC))
    await run_jobs(resources, "vault")
    await resources.identity.execute("DELETE FROM mails")
    clock.travel_to(coaches.slot() - timedelta(hours=20))
    for _ in range(2):
        await remind_of_appointments(resources, datetime.now(UTC))
        await run_jobs(resources, "vault")
    reminders = {mail.to: mail for mail in await waiting_mails(resources)}
    assert {mail.template for mail in reminders.values()} == {"appointment_reminder"}
    assert set(reminders) == {person.email for person in persons}
    persons = [await people.device_of(person.account_id, person.email) for person in persons]
    await cancel(persons[0], booked[0]["id"])
    await move(persons[1], booked[1]["id"], coaches.slot(5))
    current = {to: await is_reminder_current(resources, mail) for to, mail in reminders.items()}
    assert current == {persons[0].email: False, persons[1].email: False, persons[2].email: True}
    mail = reminders[persons[2].email]
    assert mail.reference is not None
    assert not await is_reminder_current(resources, msgspec.structs.replace(mail, reference=None))
    await resources.vault.execute("UPDATE persons SET is_restricted = true WHERE person_id = $1", persons[2].person_id)
    assert not await is_reminder_current(resources, mail)
