"""Attendance, intake completion, notes, emergencies and forwarded questions."""

from datetime import timedelta
from uuid import UUID

import httpx
import msgspec

from tests.domains.coaching.test_list_shared import staff_lines
from tests.support.application import TravellingClock
from tests.support.coaching import Coaches
from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import People
from tests.support.staff import Worker, Workers
from vitalapp.core.resources import Resources
from vitalapp.domains.coaching.treatment import TreatmentEntry


async def carried(resources: Resources) -> list[tuple[str, UUID]]:
    rows = await resources.vault.fetch("SELECT outbox_id, kind, payload_sealed FROM outbox WHERE kind = 'unbilled_line'")
    key = resources.outbox_key("vault")
    lines = [msgspec.json.decode(key.open(row["outbox_id"], row["payload_sealed"])) for row in rows]
    return [(line["kind"], UUID(line["trajectory_reference"])) for line in lines]


async def attend(coach: Worker, appointment_id: str, status: str = "attended") -> httpx.Response:
    return await coach.post(f"/admin/v1/appointments/{appointment_id}/attendance", json={"status": status})


async def test_an_attended_session_is_carried_to_the_ledger_once_and_from_its_start(
    coaches: Coaches, people: People, resources: Resources, clock: TravellingClock
) -> None:
    """S1-29, S1-36."""
    coach, person = await coaches.with_agenda(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    early = await attend(coach, booked["id"])
    assert (early.status_code, early.json()["code"]) == (409, "appointment-not-started")
    clock.travel_to(coaches.slot())
    coach = await coaches.workers.again(coach)
    for _ in range(2):
        attended = await attend(coach, booked["id"])
        assert (attended.status_code, attended.json()["status"]) == (200, "attended")
    changed = await attend(coach, booked["id"], "no_show")
    assert (changed.status_code, changed.json()["code"]) == (409, "attendance-recorded")
    assert [kind for kind, _ in await carried(resources)] == ["session"]
    detail = (await coach.get(f"/admin/v1/clients/{person.person_id}")).json()
    assert detail["trajectory"]["sessions"] == 1
    reference = await resources.vault.fetchval("SELECT ledger_reference FROM trajectories")
    assert [found for _, found in await carried(resources)] == [reference]


async def test_a_no_show_is_no_session(
    coaches: Coaches, people: People, resources: Resources, clock: TravellingClock
) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    clock.travel_to(coaches.slot())
    coach = await coaches.workers.again(coach)
    assert (await attend(coach, booked["id"], "no_show")).json()["status"] == "no_show"
    assert await carried(resources) == []


async def test_an_intake_is_completed_once_any_time_after_booking(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    coach, other, person = await coaches.with_agenda(), await coaches.with_agenda(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot(), kind="intake")
    path = f"/admin/v1/trajectories/{booked['trajectory_id']}/intake-completion"
    assert (await other.post(path)).status_code == 404
    first = await coach.post(path)
    assert first.status_code == 200, first.text
    assert (await coach.post(path)).json() == first.json()
    assert first.json()["intake_completed_at"] is not None
    assert [kind for kind, _ in await carried(resources)] == ["intake"]


async def test_a_coach_cancels_free_of_charge_and_the_client_is_told(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    cancelled = await coach.post(f"/admin/v1/appointments/{booked['id']}/cancel", json={})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    while await run_jobs(resources, "vault"):
        pass
    told = {(mail.to, mail.template) for mail in await waiting_mails(resources)}
    assert (person.email, "appointment_cancelled") in told
    assert coach.secrets.email not in {to for to, _ in told}
    assert not (await person.get(f"/v1/appointments/{booked['id']}")).json()["is_late"]


async def test_a_note_is_sealed_and_the_person_states_beside_it(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    """S1-18: the note itself stays as it is."""
    coach, person, other = await coaches.with_agenda(), await people.signed_in(), await people.signed_in()
    await coaches.book(person, coach, coaches.slot())
    path = f"/admin/v1/clients/{person.person_id}/notes"
    note = (await coach.post(path, json={"text": "canary-note"})).json()
    row = await resources.vault.fetchrow("SELECT * FROM coaching_notes")
    assert row
    assert b"canary" not in row["content_sealed"]
    statements = f"/v1/me/notes/{note['id']}/statements"
    assert (await other.post(statements, json={"text": "not mine"})).status_code == 404
    stated = await person.post(statements, json={"text": "I see it otherwise"})
    assert stated.status_code == 201, stated.text
    (listed,) = (await coach.get(path)).json()["items"]
    assert (listed["text"], [one["text"] for one in listed["statements"]]) == ("canary-note", ["I see it otherwise"])
    never = await people.signed_in(consent=False)
    assert (await never.post(statements, json={"text": "x"})).status_code == 404
    assert (await never.get("/v1/me/emergency-accesses")).json() == {"items": []}


async def test_emergency_access_shows_contact_details_for_an_hour_and_is_told_and_reviewed(
    coaches: Coaches, people: People, workers: Workers, resources: Resources, clock: TravellingClock
) -> None:
    coach, other, person = await coaches.with_agenda(), await coaches.with_agenda(), await people.signed_in()
    officer = await workers.signed_in("privacy_officer")
    await coaches.book(person, coach, coaches.slot())
    path = f"/admin/v1/clients/{person.person_id}/emergency-access"
    assert (await coach.get(path)).status_code == 404
    assert (await coach.post(path, json={"reason": "x"})).status_code == 400
    reason = {"reason": "Did not come, and said on the phone that ..."}
    assert (await other.post(path, json=reason)).status_code == 404
    opened = await coach.post(path, json=reason)
    assert opened.status_code == 201, opened.text
    assert opened.json()["contact"] == {"display_name": "Kim", "email": person.email, "phone": None}
    assert (await coach.get(path)).json()["contact"]["email"] == person.email
    emergencies = [line for line in await staff_lines(person) if line["is_emergency"]]
    assert {line["purpose"] for line in emergencies} == {"emergency"}
    await run_jobs(resources, "vault")
    assert (person.email, "emergency_access") in {(m.to, m.template) for m in await waiting_mails(resources)}
    (told,) = (await person.get("/v1/me/emergency-accesses")).json()["items"]
    assert (told["reason"], told["is_justified"]) == (reason["reason"], None)

    (waiting,) = (await officer.get("/admin/v1/emergency-accesses")).json()["items"]
    assert (waiting["reason"], waiting["coach_name"]) == (reason["reason"], "Els de Wit")
    assert (await coach.get("/admin/v1/emergency-accesses")).status_code == 403
    review = f"/admin/v1/emergency-accesses/{waiting['id']}/review"
    assert (await officer.post(review, json={"is_justified": False})).status_code == 204
    assert (await officer.post(review, json={"is_justified": True})).json()["code"] == "already-reviewed"
    assert (await person.get("/v1/me/emergency-accesses")).json()["items"][0]["is_justified"] is False
    assert (await officer.get("/admin/v1/emergency-accesses")).json()["items"] == []
    assert {"privacy_officer"} == {line["actor"]["role"] for line in (await staff_lines(person))[:2]}
    clock.travel(timedelta(minutes=61))
    coach = await workers.again(coach)
    assert (await coach.get(path)).status_code == 404


async def test_a_coach_forwards_a_privacy_question(coaches: Coaches, people: People, workers: Workers) -> None:
    """S2-02."""
    coach, person = await coaches.with_agenda(), await people.signed_in()
    officer = await workers.signed_in("privacy_officer")
    await coaches.book(person, coach, coaches.slot())
    path = f"/admin/v1/clients/{person.person_id}/privacy-questions"
    asked = await coach.post(path, json={"text": "Who has my notes?"})
    assert asked.status_code == 201, asked.text
    (waiting,) = (await officer.get("/admin/v1/privacy-questions")).json()["items"]
    assert (waiting["text"], waiting["email"], waiting["forwarded_by_name"]) == (
        "Who has my notes?",
        person.email,
        "Els de Wit",
    )
    assert (await officer.post(f"/admin/v1/privacy-questions/{waiting['id']}/closure")).status_code == 204
    assert (await officer.get("/admin/v1/privacy-questions")).json()["items"] == []


async def test_a_file_under_a_treatment_agreement_outlives_the_account_under_its_own_key(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    """C3, S1-11."""
    psychologist, coach = await coaches.with_agenda(profession="psychologist"), await coaches.with_agenda()
    person = await people.signed_in(display_name="Kim de Boer")
    refused = await coaches.try_to_book(person, coach, coaches.slot(), accepts_treatment_agreement=True)
    assert (refused.status_code, refused.json()["code"]) == (422, "treatment-agreement-not-offered")
    await coaches.book(person, psychologist, coaches.slot(), kind="intake", accepts_treatment_agreement=True)
    late = await coaches.try_to_book(person, psychologist, coaches.slot(1), accepts_treatment_agreement=True)
    assert late.json()["code"] == "treatment-agreement-not-offered"
    path = f"/admin/v1/clients/{person.person_id}/notes"
    early = await psychologist.post(path, json={"text": "canary"})
    assert (early.status_code, early.json()["code"]) == (409, "file-not-ready")
    await run_jobs(resources, "vault")
    assert (await psychologist.post(path, json={"text": "canary"})).status_code == 201
    assert (await psychologist.get(f"/admin/v1/clients/{person.person_id}")).json()["trajectory"]["has_treatment_agreement"]

    body = {"password": person.password}
    erased = await person.request("DELETE", "/v1/me", json=body)
    assert erased.status_code == 200, erased.text
    assert await resources.vault.fetchval("SELECT count(*) FROM coaching_notes") == 0
    file = await resources.identity.fetchrow("SELECT * FROM treatment_files")
    assert file
    key = resources.keys.unwrap(file["file_id"], file["wrapped_data_key"])
    sheet = key.open("treatment_files", file["file_id"], "identity_sheet_sealed", file["identity_sheet_sealed"])
    assert b"Kim de Boer" in sheet
    entries = await resources.vault.fetch("SELECT * FROM treatment_entries ORDER BY recorded_at")
    opened = [
        msgspec.msgpack.decode(
            key.open("treatment_entries", row["entry_id"], "content_sealed", row["content_sealed"]), type=TreatmentEntry
        )
        for row in entries
    ]
    assert [(entry.kind, entry.text) for entry in opened] == [("agreement_accepted", ""), ("note", "canary")]


async def test_an_erasure_frees_the_coachs_time_and_the_coach_is_told_neutrally(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    coach, person, other = await coaches.with_agenda(), await people.signed_in(), await people.signed_in()
    await coaches.book(person, coach, coaches.slot())
    assert (await coaches.try_to_book(other, coach, coaches.slot())).status_code == 409
    erased = await person.request("DELETE", "/v1/me", json={"password": person.password})
    assert erased.status_code == 200, erased.text
    await coaches.book(other, coach, coaches.slot())
    for table in ("appointments", "trajectories", "coach_seats"):
        assert await resources.vault.fetchval(f"SELECT count(*) FROM {table} WHERE person_id = $1", person.person_id) == 0
    while await run_jobs(resources, "vault"):
        pass
    assert (coach.secrets.email, "agenda_changed") in {(m.to, m.template) for m in await waiting_mails(resources)}
