"""GET /v1/diary/entries/{id}."""

from uuid import uuid4

import asyncpg

from tests.support.diarist import Diarist
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store

LIST_LINES = "SELECT action, object_id, outcome FROM access_log WHERE log_subject_id = $1 ORDER BY line_id"


async def test_an_entry_is_read_with_its_etag(diarist: Diarist) -> None:
    entry = await diarist.write()
    answer = await diarist.request("GET", f"/entries/{entry['id'].upper()}")
    assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, entry, '"1"')


async def test_anothers_a_deleted_and_an_unknown_entry_look_the_same(diarist: Diarist, other_diarist: Diarist) -> None:
    anothers, deleted = await other_diarist.write(), await diarist.write()
    await diarist.delete(deleted["id"], if_match=1)
    answers = [await diarist.request("GET", f"/entries/{entry_id}") for entry_id in (anothers["id"], deleted["id"], uuid4())]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_reading_and_a_refusal_stand_in_the_access_log(diarist: Diarist, resources: Resources) -> None:
    """Rule: NEN 7513, S0-21."""
    entry, unknown = await diarist.write(), uuid4()
    await diarist.request("GET", f"/entries/{entry['id']}")
    await diarist.request("GET", f"/entries/{unknown}")
    lines = await resources.vault.fetch(LIST_LINES, diarist.log_subject_id)
    assert [(line["action"], str(line["object_id"]), line["outcome"]) for line in lines] == [
        ("create", entry["id"], "granted"),
        ("read", entry["id"], "granted"),
        ("read", str(unknown), "refused"),
    ]


async def test_without_its_line_in_the_access_log_nothing_is_read_or_written(
    diarist: Diarist, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: NEN 7513: no line, no access."""
    entry = await diarist.write()
    await superusers["vault"].execute("REVOKE INSERT ON access_log FROM vitalapp_vault_app")
    try:
        answers = [
            await diarist.request("GET", f"/entries/{entry['id']}"),
            await diarist.request("GET", "/entries"),
            await diarist.request("GET", "/changes"),
            await diarist.put(uuid4()),
            await diarist.put(entry["id"], if_match=1, text="Changed"),
            await diarist.delete(entry["id"], if_match=1),
        ]
    finally:
        await superusers["vault"].execute("GRANT INSERT ON access_log TO vitalapp_vault_app")
    assert {answer.status_code for answer in answers} == {500}
    assert not any(entry["text"] in answer.text for answer in answers)
    assert (await diarist.list())["items"] == [entry]
