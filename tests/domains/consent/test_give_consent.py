"""Giving consent: what opens, what is recorded, what proves it."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.support.people import People, Person
from vitalapp.core.fence import RaisedFence
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store
from vitalapp.core.texts import Locale

# The fields that ISO/IEC TS 27560 asks of a consent record, by the section in which our receipt has them.
HEADER_FIELDS = {"schema_version", "record_id", "pii_principal_id"}
NOTICE_FIELDS = {"id", "version", "title", "sha256", "effective_on"}
PROCESSING_FIELDS = {
    "purpose",
    "purpose_description",
    "lawful_basis",
    "data_types",
    "collection_method",
    "storage_location",
    "processing_location",
    "retention_period",
    "jurisdiction",
    "recipients",
    "withdrawal_method",
}
CONTROLLER_FIELDS = {"name", "address", "contact", "authority"}
EVENT_FIELDS = {"event_id", "event_time", "event_type", "event_state", "entity_id", "validity", "purpose"}

SELECT_EVENTS = "SELECT purpose, event, method, locale, statement_id, receipt_id FROM consent_events ORDER BY event_number"
SELECT_FENCE = "SELECT epoch FROM persons WHERE person_id = $1"
SELECT_ACCOUNT = "SELECT epoch, consented_statement_id FROM accounts WHERE account_id = $1"


async def current_statement(person: Person, *, locale: str = "nl") -> dict[str, Any]:
    answer = await person.get("/v1/consent/statements/current", headers={"Accept-Language": locale})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def consent_body(person: Person, *granted: str) -> dict[str, Any]:
    statement = await current_statement(person)
    return {"statement_id": statement["id"], "sha256": statement["sha256"], "granted": list(granted)}


async def test_the_required_purpose_opens_the_gate_and_the_vault_and_is_recorded(
    people: People, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: S2-05, GDPR 9(2)(a)."""
    person = await people.signed_in(consent=False)
    body = await consent_body(person, "wellbeing_service")

    answer = await person.post("/v1/consent", json=body)

    assert answer.status_code == 201, answer.text
    events = await superusers["identity"].fetch(SELECT_EVENTS)
    assert [(event["purpose"], event["event"], event["method"]) for event in events] == [
        ("wellbeing_service", "granted", "app")
    ]
    account = await superusers["identity"].fetchrow(SELECT_ACCOUNT, person.account_id)
    assert account
    assert account["consented_statement_id"] == UUID(body["statement_id"])
    assert await superusers["vault"].fetchval(SELECT_FENCE, person.person_id) == account["epoch"]
    assert (await person.get("/v1/consent")).json()["purposes"][0]["is_granted"] is True


async def test_optional_purposes_are_off_until_they_are_chosen(people: People) -> None:
    """Rule: GDPR 4(11), 25; C13."""
    person = await people.signed_in(consent=False)
    before = (await person.get("/v1/consent")).json()
    assert before["statement_id"] is None
    assert before["history"] == []
    assert {purpose["is_granted"] for purpose in before["purposes"]} == {False}

    await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service", "newsletter"))

    granted = [p["key"] for p in (await person.get("/v1/consent")).json()["purposes"] if p["is_granted"]]
    assert granted == ["wellbeing_service", "newsletter"]


async def test_the_receipt_is_signed_and_has_the_fields_of_the_standard(people: People, resources: Resources) -> None:
    """Rule: ISO/IEC TS 27560."""
    person = await people.signed_in(consent=False)
    answer = (await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))).json()

    receipt = resources.signer.verify(answer["receipt"])

    assert receipt.keys() >= HEADER_FIELDS | {"privacy_notice", "language", "pii_processing", "pii_controllers", "events"}
    assert receipt["record_id"] == answer["receipt_id"]
    assert receipt["pii_principal_id"] == str(person.session.consent_subject_id)
    assert receipt["privacy_notice"].keys() >= NOTICE_FIELDS
    assert receipt["language"] == "nl"
    (processing,) = receipt["pii_processing"]
    assert processing.keys() >= PROCESSING_FIELDS
    assert processing["purpose"] == "wellbeing_service"
    (controller,) = receipt["pii_controllers"]
    assert controller.keys() >= CONTROLLER_FIELDS
    (event,) = receipt["events"]
    assert event.keys() >= EVENT_FIELDS
    assert event["event_state"] == "granted"
    for private in (person.email, "Kim", str(person.account_id), str(person.person_id)):
        assert private not in str(receipt)


@pytest.mark.parametrize("locale", ["nl", "en"])
async def test_the_hash_of_either_language_is_taken_and_recorded_as_that_language(
    locale: Locale, people: People, superusers: dict[Store, asyncpg.Connection]
) -> None:
    person = await people.signed_in(consent=False)
    statement = await current_statement(person)
    resources = people.resources
    sha256 = resources.legal_texts.current("consent", resources.clock()).sha256[locale]

    answer = await person.post(
        "/v1/consent", json={"statement_id": statement["id"], "sha256": sha256, "granted": ["wellbeing_service"]}
    )

    assert answer.status_code == 201
    assert [event["locale"] for event in await superusers["identity"].fetch(SELECT_EVENTS)] == [locale]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"sha256": "0" * 64}, 409, "statement-changed"),
        ({"statement_id": str(uuid4())}, 409, "statement-changed"),
        ({"granted": []}, 422, "required-purpose-missing"),
        ({"granted": ["newsletter"]}, 422, "required-purpose-missing"),
        ({"granted": ["wellbeing_service", "no_such_purpose"]}, 400, "validation-failed"),
        ({"sha256": "short"}, 400, "validation-failed"),
        ({"granted": "wellbeing_service"}, 400, "validation-failed"),
        ({"is_sure": True}, 400, "validation-failed"),
    ],
)
async def test_what_is_not_an_answer_to_the_statement_opens_nothing(
    change: dict[str, Any], status: int, code: str, people: People, superusers: dict[Store, asyncpg.Connection]
) -> None:
    person = await people.signed_in(consent=False)
    body = await consent_body(person, "wellbeing_service")

    answer = await person.post("/v1/consent", json=body | change)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await superusers["identity"].fetch(SELECT_EVENTS) == []
    account = await superusers["identity"].fetchrow(SELECT_ACCOUNT, person.account_id)
    assert account
    assert account["consented_statement_id"] is None
    assert await superusers["vault"].fetchval(SELECT_FENCE, person.person_id) is None


async def test_the_same_answer_again_adds_nothing_and_gives_the_same_receipt(
    people: People, superusers: dict[Store, asyncpg.Connection]
) -> None:
    person = await people.signed_in(consent=False)
    body = await consent_body(person, "wellbeing_service")

    answers = [await person.post("/v1/consent", json=body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["receipt_id"] == answers[1].json()["receipt_id"]
    assert len(await superusers["identity"].fetch(SELECT_EVENTS)) == 1


async def test_answers_of_two_devices_at_once_are_recorded_once(
    people: People, superusers: dict[Store, asyncpg.Connection]
) -> None:
    person = await people.signed_in(consent=False)
    other = await people.device_of(person.account_id, person.email)
    body = await consent_body(person, "wellbeing_service")

    answers = await asyncio.gather(*(device.post("/v1/consent", json=body) for device in (person, other) * 3))

    assert {answer.status_code for answer in answers} <= {201, 401}
    assert len(await superusers["identity"].fetch(SELECT_EVENTS)) == 1


async def test_a_crash_between_the_stores_is_finished_by_the_outbox(
    people: People, superusers: dict[Store, asyncpg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    from vitalapp.core import fence
    from vitalapp.core.core_tasks import carry_fence
    from vitalapp.core.outbox import carry_outbox

    async def forget(_vault: object, _fence: RaisedFence) -> None:
        """The vault's half is lost, as after a kill between the two commits."""

    async def keep(_identity: object, *, outbox_id: UUID) -> None:
        """The outbox row stays."""

    person = await people.signed_in(consent=False)
    monkeypatch.setattr(fence, "apply_fence", forget)
    monkeypatch.setattr(fence, "delete_outbox", keep)
    answer = await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))
    assert answer.status_code == 201
    monkeypatch.undo()
    assert await superusers["vault"].fetchval(SELECT_FENCE, person.person_id) is None

    resources = people.resources
    (row,) = await superusers["identity"].fetch("SELECT outbox_id FROM outbox")

    async def carry(outbox_id: UUID, payload: bytes) -> None:
        await carry_fence(resources, outbox_id, payload)

    await carry_outbox(
        resources.identity, seal_key=resources.outbox_key("identity"), outbox_id=row["outbox_id"], carriers={"fence": carry}
    )

    account = await superusers["identity"].fetchrow(SELECT_ACCOUNT, person.account_id)
    assert account
    assert await superusers["vault"].fetchval(SELECT_FENCE, person.person_id) == account["epoch"]
    assert await superusers["identity"].fetch("SELECT outbox_id FROM outbox") == []


async def test_the_application_can_neither_change_nor_remove_an_event(people: People, resources: Resources) -> None:
    """Rule: GDPR 7(1); the register is append-only by the role's rights."""
    person = await people.signed_in(consent=False)
    await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))

    for statement in (
        "UPDATE consent_events SET event = 'withdrawn'",
        "DELETE FROM consent_events",
        "TRUNCATE consent_events",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await resources.identity.execute(statement)


async def test_instants_are_utc(people: People) -> None:
    person = await people.signed_in(consent=False)
    answer = (await person.post("/v1/consent", json=await consent_body(person, "wellbeing_service"))).json()

    assert answer["granted_at"].endswith("Z")
    assert datetime.fromisoformat(answer["granted_at"]).tzinfo == UTC
