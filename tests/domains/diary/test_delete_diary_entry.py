"""DELETE /v1/diary/entries/{id}."""

from uuid import uuid4

import pytest

from tests.support.diarist import Diarist
from vitalapp.core.resources import Resources

GET_ROW = "SELECT * FROM diary_entries WHERE person_id = $1"
LIST_LINES = "SELECT action, outcome FROM access_log WHERE log_subject_id = $1 ORDER BY line_id"


async def test_a_deleted_entry_leaves_a_tombstone_without_content(diarist: Diarist, resources: Resources) -> None:
    entry = await diarist.write()
    answer = await diarist.delete(entry["id"], if_match=1)
    assert (answer.status_code, answer.content) == (204, b"")
    (row,) = await resources.vault.fetch(GET_ROW, diarist.person_id)
    assert (row["version"], row["content_sealed"], row["written_at"], row["local_date"]) == (2, None, None, None)
    assert row["deleted_at"] is not None
    assert (await diarist.list())["items"] == []


async def test_deleting_needs_the_version(diarist: Diarist) -> None:
    entry = await diarist.write()
    answer = await diarist.request("DELETE", f"/entries/{entry['id']}")
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")
    assert len((await diarist.list())["items"]) == 1


@pytest.mark.parametrize("version", [0, 2])
async def test_deleting_another_version_is_refused(diarist: Diarist, version: int) -> None:
    entry = await diarist.write()
    assert (await diarist.delete(entry["id"], if_match=version)).status_code == 412
    assert len((await diarist.list())["items"]) == 1


async def test_anothers_a_deleted_and_an_unknown_entry_look_the_same(diarist: Diarist, other_diarist: Diarist) -> None:
    anothers, deleted = await other_diarist.write(), await diarist.write()
    await diarist.delete(deleted["id"], if_match=1)
    answers = [await diarist.delete(entry_id, if_match=1) for entry_id in (anothers["id"], deleted["id"], uuid4())]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert (await other_diarist.list())["items"] == [anothers]


async def test_a_deletion_and_its_refusals_stand_in_the_access_log(diarist: Diarist, resources: Resources) -> None:
    entry = await diarist.write()
    await diarist.delete(entry["id"], if_match=7)
    await diarist.delete(entry["id"], if_match=1)
    await diarist.delete(entry["id"], if_match=2)
    lines = await resources.vault.fetch(LIST_LINES, diarist.log_subject_id)
    assert [tuple(line) for line in lines] == [
        ("create", "granted"),
        ("delete", "refused"),
        ("delete", "granted"),
        ("delete", "refused"),
    ]
