"""Deleting the account: refused at once, erased everywhere, certified, free to come back."""

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from tests.domains.privacy.conftest import DIARY_ENTRIES, ids_of
from tests.support.jobs import run_jobs, waiting_mails
from tests.support.people import People, Person
from tests.support.residue import redis_with, tables_with
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store

CERTIFICATE_FIELDS = {"erasure_id", "withdrawn_at", "erased", "retained", "backups_unreadable_on"}
# What may hold a pseudonym of somebody who was erased: the closed list of the architecture.
OUTLIVING = {"identity.consent_events"}


def is_outliving(table: str) -> bool:
    return table in OUTLIVING or table.startswith("vault.access_log")


async def delete(person: Person, **body: Any) -> Any:
    return await person.request("DELETE", "/v1/me", json={"password": person.password} | body)


async def test_nothing_is_left_in_any_store_outside_the_closed_list(
    traced: Person, people: People, superusers: dict[Store, asyncpg.Connection], redis_url: str
) -> None:
    """Rule: S0-08, S2-06; pitfall 8."""
    resources = people.resources
    row = await superusers["identity"].fetchrow(
        "SELECT email_index, wrapped_data_key FROM accounts WHERE account_id = $1", traced.account_id
    )
    assert row
    subject_index = resources.keys.blind_index("subject", traced.person_id.bytes)
    needles = [*ids_of(traced), row["email_index"], row["wrapped_data_key"], subject_index]
    assert {"identity.accounts", "vault.persons", "vault.diary_entries"} <= await tables_with(superusers, needles)

    answer = await delete(traced)

    assert answer.status_code == 200, answer.text
    assert await tables_with(superusers, needles) == set()
    pseudonyms = [traced.session.log_subject_id, traced.session.consent_subject_id]
    assert {table for table in await tables_with(superusers, pseudonyms) if not is_outliving(table)} == set()
    assert (
        await redis_with(redis_url, [traced.account_id.bytes, traced.person_id.bytes, str(traced.account_id).encode()]) == []
    )


async def test_the_certificate_counts_what_went_names_what_stays_and_is_signed(traced: Person, resources: Resources) -> None:
    """Rule: S2-26, GDPR 17(3)."""
    answer = (await delete(traced)).json()

    assert answer.keys() == CERTIFICATE_FIELDS | {"certificate"}
    signed = resources.signer.verify(answer["certificate"])
    assert signed == {field: answer[field] for field in CERTIFICATE_FIELDS}
    erased = {line["category"]: line["count"] for line in answer["erased"]}
    assert erased["diary"] == DIARY_ENTRIES
    assert erased["account"] == 1
    retained = {line["category"]: line for line in answer["retained"]}
    assert {"consent", "access_log"} <= retained.keys()
    today = resources.clock().date()
    for category in ("consent", "access_log"):
        assert retained[category]["ground"]
        assert date.fromisoformat(retained[category]["until"]).year == today.year + 5
    assert answer["backups_unreadable_on"] == (today + timedelta(days=resources.settings.backup_days)).isoformat()
    for private in (traced.email, "Kim", *map(str, ids_of(traced))):
        assert private not in str(signed)


async def test_every_device_is_refused_from_the_next_request(traced: Person, people: People) -> None:
    """Rule: ASVS 7.4.2."""
    other = await people.device_of(traced.account_id, traced.email)
    assert (await other.get("/v1/diary/entries")).status_code == 200

    await delete(traced)

    for device in (traced, other):
        for path in ("/v1/diary/entries", "/v1/consent", "/v1/sessions"):
            assert (await device.get(path)).status_code == 401
        refreshed = await people.client.post("/v1/sessions/refresh", json={"refresh_token": device.refresh_token})
        assert refreshed.status_code == 401


async def test_a_wrong_password_deletes_nothing(traced: Person) -> None:
    answer = await delete(traced, password="not the password at all")

    assert answer.status_code == 403
    assert (await traced.get("/v1/diary/entries")).json()["items"]


@pytest.mark.parametrize("body", [{}, {"password": 1}, {"password": "x", "reason": "none"}])
async def test_a_malformed_request_deletes_nothing(body: dict[str, Any], traced: Person) -> None:
    assert (await traced.request("DELETE", "/v1/me", json=body)).status_code == 400
    assert (await traced.get("/v1/consent")).status_code == 200


async def test_without_a_session_nothing_is_deleted(people: People) -> None:
    assert (await people.client.request("DELETE", "/v1/me", json={"password": "x"})).status_code == 401


async def test_post_deletes_like_delete(traced: Person) -> None:
    answer = await traced.post("/v1/me/deletion", json={"password": traced.password})

    assert answer.status_code == 200
    assert answer.json().keys() >= CERTIFICATE_FIELDS
    assert (await traced.get("/v1/consent")).status_code == 401


async def test_somebody_without_consent_may_leave_as_well(
    people: People, superusers: dict[Store, asyncpg.Connection]
) -> None:
    person = await people.signed_in(consent=False)

    answer = await delete(person)

    assert answer.status_code == 200
    assert "consent" not in {line["category"] for line in answer.json()["retained"]}
    assert await tables_with(superusers, ids_of(person)) == set()


async def test_the_withdrawal_of_each_granted_purpose_is_recorded_first(
    traced: Person, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: S2-06."""
    await delete(traced)

    events = await superusers["identity"].fetch(
        "SELECT purpose, method FROM consent_events WHERE consent_subject_id = $1 AND event = 'withdrawn' ORDER BY purpose",
        traced.session.consent_subject_id,
    )
    assert [tuple(event) for event in events] == [("newsletter", "deletion"), ("wellbeing_service", "deletion")]


async def test_the_same_address_registers_again_at_once_and_starts_empty(traced: Person, people: People) -> None:
    """Rule: S2-23."""
    await delete(traced)

    again = await people.signed_in(email=traced.email)

    assert not set(ids_of(again)) & set(ids_of(traced))
    assert (await again.get("/v1/diary/entries")).json()["items"] == []


async def test_two_deletions_at_once_give_one_certificate(traced: Person, people: People) -> None:
    other = await people.device_of(traced.account_id, traced.email)

    answers = await asyncio.gather(*(delete(device) for device in (traced, other, traced, other)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 401, 401, 401]


async def test_the_person_is_told_once_by_a_mail_that_names_no_subject_and_dies_when_sent(
    traced: Person, resources: Resources, superusers: dict[Store, asyncpg.Connection]
) -> None:
    await delete(traced)

    mails = [mail for mail in await waiting_mails(resources) if mail.template == "account_deleted"]
    assert [mail.to for mail in mails] == [traced.email]
    assert await superusers["identity"].fetchval("SELECT count(*) FROM mails WHERE subject_index IS NOT NULL") == 0


async def test_mails_and_carriers_that_waited_for_the_person_are_gone(
    traced: Person, resources: Resources, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: pitfall 10, a queued job that arrives after the erasure makes no row."""
    from vitalapp.core.mail import enqueue_mail
    from vitalapp.core.outbox import put_outbox
    from vitalapp.core.stores import transaction

    subject_index = resources.keys.blind_index("subject", traced.person_id.bytes)
    payload = {"person_id": traced.person_id, "epoch": 99, "is_restricted": False, "is_opening": True}
    async with transaction(resources.identity) as identity:
        await enqueue_mail(
            identity,
            resources.keys,
            to=traced.email,
            template="password_changed",
            locale="nl",
            now=resources.clock(),
            subject_index=subject_index,
        )
        await put_outbox(
            identity,
            seal_key=resources.outbox_key("identity"),
            kind="fence",
            payload=payload,
            now=resources.clock(),
            subject_index=subject_index,
        )

    await delete(traced)
    await run_jobs(resources)

    assert [mail.template for mail in await waiting_mails(resources)] == ["account_deleted"]
    assert await superusers["vault"].fetchval("SELECT count(*) FROM persons") == 0
    assert await tables_with(superusers, [*ids_of(traced), subject_index]) == set()


async def test_the_job_carries_a_number_and_nothing_else(
    traced: Person, superusers: dict[Store, asyncpg.Connection]
) -> None:
    await delete(traced)

    args = await superusers["identity"].fetchval(
        "SELECT args::text FROM procrastinate_jobs WHERE task_name = 'finish_erasures'"
    )
    assert args == '{"first": 1}'


async def test_the_access_log_says_that_the_person_erased_their_data(
    traced: Person, superusers: dict[Store, asyncpg.Connection]
) -> None:
    await delete(traced)

    line = await superusers["vault"].fetchrow(
        "SELECT actor_role, object_kind FROM access_log WHERE log_subject_id = $1 AND action = 'delete'",
        traced.session.log_subject_id,
    )
    assert line
    assert tuple(line) == ("self", "person")
