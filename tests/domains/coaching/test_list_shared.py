"""A coach sees what a client shares with them, while the care relationship runs, and each look stands in the client's access log."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.support.coaching import Coaches
from tests.support.people import People, Person
from tests.support.staff import Worker, Workers
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store


async def write_entry(person: Person, text: str) -> str:
    entry_id = str(uuid4())
    written_at = datetime.now(UTC).replace(microsecond=0).isoformat()
    body = {"written_at": written_at, "time_zone": "Europe/Amsterdam", "mood": 3, "text": text}
    answer = await person.put(f"/v1/diary/entries/{entry_id}", json=body)
    assert answer.status_code == 201, answer.text
    return entry_id


async def measure(person: Person) -> str:
    key = (await person.get("/v1/vitality/instruments")).json()["items"][0]["key"]
    instrument = (await person.get(f"/v1/vitality/instruments/{key}")).json()
    answers = {item["key"]: item["scale"]["max"] for item in instrument["items"]}
    body = {"instrument": key, "instrument_version": instrument["version"], "answers": answers}
    headers = {"Idempotency-Key": str(uuid4())}
    answer = await person.post("/v1/vitality/measurements", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def share(person: Person, path: str, coach: Worker, *, is_shared: bool = True) -> None:
    answer = await person.put(f"{path}/sharing", json={"coach_id": str(coach.staff_id), "is_shared": is_shared})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"coach_id": str(coach.staff_id), "is_shared": is_shared}


async def staff_lines(person: Person) -> list[dict[str, Any]]:
    answer = await person.get("/v1/me/access-log", params={"limit": 100})
    assert answer.status_code == 200, answer.text
    return [item for item in answer.json()["items"] if item["actor"]["role"] != "self"]


async def test_only_what_is_shared_is_seen_and_each_thing_seen_has_its_line(coaches: Coaches, people: People) -> None:
    """C6, S2-03, S4-02, NEN 7513."""
    coach, person = await coaches.with_agenda(), await people.signed_in(display_name="Kim de Boer")
    booked = await coaches.book(person, coach, coaches.slot(), kind="intake")
    shared_id, kept_id, measured_id = (
        await write_entry(person, "shown"),
        await write_entry(person, "kept"),
        await measure(person),
    )
    await share(person, f"/v1/diary/entries/{shared_id}", coach)
    await share(person, f"/v1/vitality/measurements/{measured_id}", coach)

    seen = await coach.get(f"/admin/v1/clients/{person.person_id}/shared")
    assert seen.status_code == 200, seen.text
    assert [(entry["id"], entry["text"]) for entry in seen.json()["diary_entries"]] == [(shared_id, "shown")]
    assert [measurement["id"] for measurement in seen.json()["measurements"]] == [measured_id]
    assert kept_id not in seen.text

    lines = await staff_lines(person)
    assert {(line["object"]["kind"], line["object"]["id"]) for line in lines} == {
        ("diary_entry", shared_id),
        ("measurement", measured_id),
    }
    for line in lines:
        assert line["actor"] == {"role": "coach", "name": "Els de Wit"}
        assert (line["action"], line["purpose"], line["outcome"]) == ("read", "care", "granted")
        assert line["authorisation"] == f"care:{booked['trajectory_id']}"

    await share(person, f"/v1/diary/entries/{shared_id}", coach, is_shared=False)
    assert (await coach.get(f"/admin/v1/clients/{person.person_id}/shared")).json()["diary_entries"] == []


async def test_every_read_of_a_client_stands_in_their_access_log(coaches: Coaches, people: People) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in(display_name="Kim de Boer")
    booked = await coaches.book(person, coach, coaches.slot())
    path = f"/admin/v1/clients/{person.person_id}"
    note = await coach.post(f"{path}/notes", json={"text": "A note"})
    assert note.status_code == 201, note.text
    before = len(await staff_lines(person))
    for read, expected in (
        ("/admin/v1/appointments", [("appointment", booked["id"])]),
        ("/admin/v1/clients", [("client", booked["trajectory_id"])]),
        (path, [("client", booked["trajectory_id"]), ("appointment", booked["id"])]),
        (f"{path}/notes", [("coaching_note", note.json()["id"])]),
        (f"{path}/shared", [("diary_entry", None), ("measurement", None)]),
    ):
        answer = await coach.get(read)
        assert answer.status_code == 200, answer.text
        assert read == f"{path}/notes" or "Kim de Boer" in answer.text or read.endswith("shared")
        lines = await staff_lines(person)
        new = [(line["object"]["kind"], line["object"]["id"]) for line in lines[: len(lines) - before]]
        assert sorted(new, key=str) == sorted(expected, key=str), read
        before = len(lines)


async def test_a_read_whose_line_cannot_be_written_fails(
    coaches: Coaches, people: People, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """No line, no access."""
    coach, person = await coaches.with_agenda(), await people.signed_in()
    await coaches.book(person, coach, coaches.slot())
    entry_id = await write_entry(person, "canary")
    await share(person, f"/v1/diary/entries/{entry_id}", coach)
    vault = superusers["vault"]
    await vault.execute(
        "CREATE FUNCTION refuse_line() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$;"
        " CREATE TRIGGER refuse_line BEFORE INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION refuse_line()"
    )
    try:
        for path in ("/shared", "/notes", ""):
            answer = await coach.get(f"/admin/v1/clients/{person.person_id}{path}")
            assert answer.status_code == 500
            assert "canary" not in answer.text
        for path in ("/admin/v1/clients", "/admin/v1/appointments"):
            assert (await coach.get(path)).status_code == 500
    finally:
        await vault.execute("DROP FUNCTION refuse_line CASCADE")


@pytest.fixture
async def foreign_statuses(workers: Workers) -> list[str]:
    return ["", "/shared", "/notes"]


async def test_anybody_elses_client_is_not_there_and_the_try_is_logged(
    coaches: Coaches, people: People, foreign_statuses: list[str]
) -> None:
    """S0-10: byte-equal to one that does not exist."""
    coach, other, person = await coaches.with_agenda(), await coaches.with_agenda(), await people.signed_in()
    await coaches.book(person, coach, coaches.slot())
    for path in foreign_statuses:
        foreign = await other.get(f"/admin/v1/clients/{person.person_id}{path}")
        unknown = await other.get(f"/admin/v1/clients/{uuid4()}{path}")
        assert (foreign.status_code, foreign.content) == (404, unknown.content)
    refused = [line for line in await staff_lines(person) if line["outcome"] == "refused"]
    assert len(refused) == len(foreign_statuses)


async def test_closure_ends_access_from_the_next_request_and_cancels_what_was_to_come(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in()
    booked = await coaches.book(person, coach, coaches.slot())
    entry_id = await write_entry(person, "shown")
    await share(person, f"/v1/diary/entries/{entry_id}", coach)
    path = f"/admin/v1/clients/{person.person_id}"
    assert (await coach.get(f"{path}/shared")).json()["diary_entries"] != []
    closed = await coach.post(f"/admin/v1/trajectories/{booked['trajectory_id']}/closure")
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    for read in (path, f"{path}/shared", f"{path}/notes"):
        assert (await coach.get(read)).status_code == 404
    for read in ("/admin/v1/clients", "/admin/v1/appointments"):
        assert (await coach.get(read)).json()["items"] == []
    assert (await person.get(f"/v1/appointments/{booked['id']}")).json()["status"] == "cancelled"
    assert (await coach.post(f"/admin/v1/trajectories/{booked['trajectory_id']}/closure")).status_code == 404
    again = await coaches.book(person, coach, coaches.slot(1))
    assert again["trajectory_id"] != booked["trajectory_id"]
    assert (await coach.get(f"{path}/shared")).json()["diary_entries"] == []


async def test_a_restriction_closes_a_clients_data_to_the_coach(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    """S1-19, S2-27."""
    coach, person = await coaches.with_agenda(), await people.signed_in(display_name="Kim de Boer")
    booked = await coaches.book(person, coach, coaches.slot())
    path = f"/admin/v1/clients/{person.person_id}"
    answer = await person.put("/v1/me/restriction", json={"is_restricted": True})
    assert answer.status_code == 200, answer.text
    for read in (path, f"{path}/shared", f"{path}/notes"):
        refused = await coach.get(read)
        assert (refused.status_code, refused.json()["code"]) == (403, "restricted")
    (item,) = (await coach.get("/admin/v1/appointments")).json()["items"]
    assert (item["id"], item["person_id"], item["client"]) == (booked["id"], None, None)
    assert (await coach.get("/admin/v1/clients")).json()["items"] == []
    completed = await coach.post(f"/admin/v1/trajectories/{booked['trajectory_id']}/intake-completion")
    assert completed.json()["code"] == "restricted"
    assert (await coach.post(f"/admin/v1/appointments/{booked['id']}/cancel", json={})).status_code == 200


async def test_without_consent_to_the_present_statement_a_coach_sees_nothing(
    coaches: Coaches, people: People, resources: Resources
) -> None:
    coach, person = await coaches.with_agenda(), await people.signed_in()
    await coaches.book(person, coach, coaches.slot())
    await resources.identity.execute("UPDATE accounts SET consented_statement_id = $1", uuid4())
    refused = await coach.get(f"/admin/v1/clients/{person.person_id}/shared")
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-required")
    assert (await coach.get("/admin/v1/appointments")).json()["items"][0]["client"] is None
