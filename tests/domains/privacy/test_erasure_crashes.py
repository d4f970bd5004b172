"""An erasure that is cut off anywhere is finished by whoever comes next, with the same certificate.

Rule: pitfall 9.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.domains.privacy.conftest import DIARY_ENTRIES, ids_of
from tests.domains.privacy.test_delete_me import delete
from tests.support.application import TravellingClock
from tests.support.databases import Stores
from tests.support.jobs import run_jobs
from tests.support.people import People, Person
from tests.support.residue import tables_with
from vitalapp.core.anchor import Anchor
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store
from vitalapp.domains.privacy import erasure, erasure_queries


class Killed(OSError):
    """The process is gone at this point."""


def killed_before(_original: Callable[..., Any] | None) -> Callable[..., Any]:
    def stop(*_arguments: Any, **_named: Any) -> Any:
        raise Killed

    return stop


def killed_after(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def go_and_stop(*arguments: Any, **named: Any) -> Any:
        await original(*arguments, **named)
        raise Killed

    return go_and_stop


def killed_after_writing(original: Callable[..., Any]) -> Callable[..., Any]:
    def go_and_stop(*arguments: Any, **named: Any) -> Any:
        original(*arguments, **named)
        raise Killed

    return go_and_stop


STEPS: list[tuple[Any, str, Callable[..., Any]]] = [
    (Anchor, "start_erasures", killed_before),
    (Anchor, "start_erasures", killed_after_writing),
    (erasure, "_erase_in_vault", killed_before),
    (erasure, "_erase_in_vault", killed_after),
    (erasure, "_delete_rows", killed_after),
    (erasure, "_say_farewell", killed_after),
    (erasure_queries, "forget_accounts", killed_after),
    (Anchor, "complete_erasures", killed_before),
    (Anchor, "complete_erasures", killed_after_writing),
    (erasure_queries, "complete_erasures", killed_after),
]


@pytest.mark.parametrize(("where", "step", "how"), STEPS)
async def test_killed_at_any_step_the_account_is_dead_and_the_worker_finishes(
    *,
    where: Any,
    step: str,
    how: Callable[..., Any],
    traced: Person,
    people: People,
    resources: Resources,
    clock: TravellingClock,
    superusers: dict[Store, asyncpg.Connection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (await traced.get("/v1/diary/entries")).status_code == 200, "Redis holds the session's copy"
    monkeypatch.setattr(where, step, how(getattr(where, step)))
    pending = await delete(traced)
    monkeypatch.undo()

    assert pending.status_code == 202, pending.text
    assert (await traced.get("/v1/consent")).status_code == 401
    assert (await traced.get("/v1/diary/entries")).status_code == 401
    claim = {"secret": pending.json()["secret"]}
    path = f"/v1/erasures/{pending.json()['erasure_id']}"
    assert (await people.client.post(path, json=claim)).status_code == 202

    clock.travel(timedelta(minutes=1))
    await run_jobs(resources)

    done = await people.client.post(path, json=claim)
    assert done.status_code == 200, done.text
    assert {line["category"]: line["count"] for line in done.json()["erased"]}["diary"] == DIARY_ENTRIES
    assert resources.signer.verify(done.json()["certificate"])["erasure_id"] == pending.json()["erasure_id"]
    assert await tables_with(superusers, ids_of(traced)) == set()
    assert await superusers["identity"].fetchval("SELECT count(*) FROM erasure_ledger") == 1
    assert await superusers["identity"].fetchval("SELECT count(*) FROM mails") == 1
    assert (resources.anchor.started_through(), resources.anchor.completed_through()) == (1, 1)
    assert await superusers["vault"].fetchval("SELECT erasure_applied_through FROM store_state") == 1
    erase_lines = "SELECT count(*) FROM access_log WHERE log_subject_id = $1 AND object_kind = 'person'"
    assert await superusers["vault"].fetchval(erase_lines, traced.session.log_subject_id) == 1


async def test_with_the_vault_away_the_account_is_dead_at_once_and_the_address_is_free(
    *,
    traced: Person,
    people: People,
    resources: Resources,
    stores: Stores,
    clock: TravellingClock,
    superusers: dict[Store, asyncpg.Connection],
) -> None:
    vault = stores.vault.superuser.rpartition("/")[2]
    other_store = superusers["identity"]
    await other_store.execute(f'ALTER DATABASE "{vault}" CONNECTION LIMIT 0')
    await other_store.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = 'vitalapp_vault_app'", vault
    )
    try:
        pending = await delete(traced)
        assert pending.status_code == 202, pending.text
        assert (await traced.get("/v1/consent")).status_code == 401
        again, _ = await people.account(email=traced.email)
        assert again != traced.account_id
    finally:
        await other_store.execute(f'ALTER DATABASE "{vault}" CONNECTION LIMIT -1')

    clock.travel(timedelta(minutes=1))
    await run_jobs(resources)

    assert await tables_with(superusers, ids_of(traced)) == set()
    assert await tables_with(superusers, [again]) == {"identity.accounts"}


async def test_a_lost_job_is_made_up_for_by_the_sweep(
    traced: Person, resources: Resources, superusers: dict[Store, asyncpg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    from vitalapp.domains.privacy.tasks import sweep_erasures

    monkeypatch.setattr(erasure, "_erase_in_vault", killed_before(None))
    assert (await delete(traced)).status_code == 202
    monkeypatch.undo()
    await superusers["identity"].execute("DELETE FROM procrastinate_jobs")

    await sweep_erasures(resources, resources.clock() + timedelta(minutes=11))

    assert await tables_with(superusers, ids_of(traced)) == set()


async def test_a_later_erasure_that_is_done_first_does_not_hide_the_earlier_one(
    traced: Person,
    people: People,
    resources: Resources,
    superusers: dict[Store, asyncpg.Connection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the stores call applied has no gap, so that a backup from between is still behind the anchor."""
    monkeypatch.setattr(erasure, "_erase_in_vault", killed_before(None))
    assert (await delete(traced)).status_code == 202
    monkeypatch.undo()
    other = await people.signed_in()
    assert (await delete(other)).status_code == 200

    applied = "SELECT erasure_applied_through FROM store_state"
    assert await superusers["vault"].fetchval(applied) == 0
    assert resources.anchor.completed_through() == 0
    await erasure.finish_erasures(resources, first=1)
    assert await superusers["vault"].fetchval(applied) == 2
    assert resources.anchor.completed_through() == 2


async def test_the_secret_alone_fetches_a_certificate(
    traced: Person, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "_erase_in_vault", killed_before(None))
    pending = (await delete(traced)).json()

    for erasure_id, secret in ((pending["erasure_id"], "vde_wrong"), (uuid4(), pending["secret"])):
        answer = await people.client.post(f"/v1/erasures/{erasure_id}", json={"secret": secret})
        assert answer.status_code == 404
