"""A store that was restored from before an erasure serves nothing until the erasures are replayed.

Rule: pitfall 11.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx
import msgspec
import pytest

from tests.domains.privacy.conftest import ids_of, leave_traces
from tests.domains.privacy.test_delete_me import delete
from tests.support.application import open_client, settings_for
from tests.support.databases import StoreAddresses, clone
from tests.support.people import People, Person
from vitalapp.core.resources import Resources
from vitalapp.core.settings import STORES, Settings, Store
from vitalapp.core.startup import open_resources
from vitalapp.domains.privacy.replay import replay_erasures
from vitalapp.domains.privacy.residue import verify_erasures

TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"


class Deployment:
    """Stores of its own, a running application on them, and the power to restore."""

    def __init__(
        self, server: str, addresses: dict[Store, StoreAddresses], resources: Resources, client: httpx.AsyncClient
    ) -> None:
        self.server = server
        self.addresses = addresses
        self.resources = resources
        self.people = People(client, resources)

    async def back_up(self, store: Store) -> None:
        """Copy a store as it stands."""
        await self._on_server(store, 'CREATE DATABASE "{name}_backup" TEMPLATE "{name}"')

    async def restore(self, store: Store) -> None:
        """Put the copy in the store's place, under the running application."""
        await self._on_server(store, 'DROP DATABASE "{name}" WITH (FORCE)')
        await self._on_server(store, 'ALTER DATABASE "{name}_backup" RENAME TO "{name}"')

    async def rows(self, store: Store, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Look at rows, whatever the gate says."""
        connection = await asyncpg.connect(self.addresses[store].superuser)
        try:
            return await connection.fetch(sql, *arguments)
        finally:
            await connection.close()

    async def _on_server(self, store: Store, sql: str) -> None:
        name = self.addresses[store].superuser.rpartition("/")[2]
        connection = await asyncpg.connect(self.server)
        try:
            await connection.execute("SELECT 1")
            for _ in range(20):
                await connection.fetch(TERMINATE, name)
                try:
                    await connection.execute(sql.format(name=name))
                except asyncpg.ObjectInUseError:
                    await asyncio.sleep(0.1)
                else:
                    return
            raise AssertionError(f"{name} is never idle")
        finally:
            await connection.close()


@pytest.fixture
async def deployment(
    postgres_dsn: str, session_settings: Settings, redis_url: str, tmp_path: Path
) -> AsyncIterator[Deployment]:
    """Three stores of this test alone, whose databases can be dropped, with the application running on them."""
    label = secrets.token_hex(4)
    run_id = os.environ["VITALAPP_TEST_RUN_ID"]
    addresses: dict[Store, StoreAddresses] = {store: await clone(postgres_dsn, run_id, store, label) for store in STORES}
    settings = msgspec.structs.replace(
        session_settings, anchor_dir=tmp_path / "anchor", **{f"{store}_dsn": addresses[store].app for store in STORES}
    )
    async with AsyncExitStack() as stack:
        resources = await stack.enter_async_context(open_resources(settings, audience="worker"))
        app = await stack.enter_async_context(open_resources(settings_for("app", settings), audience="app"))
        client = await stack.enter_async_context(open_client(app, audience="app"))
        yield Deployment(postgres_dsn, addresses, resources, client)
    superuser = await asyncpg.connect(postgres_dsn)
    for address in addresses.values():
        for name in (address.superuser.rpartition("/")[2], address.superuser.rpartition("/")[2] + "_backup"):
            await superuser.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await superuser.close()
    shutil.rmtree(tmp_path, ignore_errors=True)


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(60):
        if await condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came to be so")


def answers(person: Person, status: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return (await person.get("/v1/diary/entries")).status_code == status

    return check


@pytest.mark.parametrize("store", ["identity", "vault"])
async def test_nothing_is_served_until_the_replay_and_the_canary_does_not_open(store: Store, deployment: Deployment) -> None:
    people = deployment.people
    stays = await leave_traces(people)
    leaves = await leave_traces(people)
    await deployment.back_up(store)
    assert (await delete(leaves)).status_code == 200
    await deployment.restore(store)

    await eventually(answers(stays, 503))
    for person in (stays, leaves):
        for path in ("/v1/diary/entries", "/v1/me/data"):
            answer = await person.get(path)
            assert answer.status_code in {401, 503}, (path, answer.text)
    sign_in = {"email": leaves.email, "password": leaves.password, "device": {"name": "x", "platform": "ios"}}
    assert (await people.client.post("/v1/sessions", json=sign_in)).status_code in {401, 503}
    found = await verify_erasures(deployment.resources)
    assert not found.is_clean
    assert {key.partition(".")[0] for key in found.residue} == {store}

    replay = await replay_erasures(deployment.resources)

    assert replay.erasures == 1
    assert replay.people[store] == 1
    assert (await verify_erasures(deployment.resources)).is_clean
    await eventually(answers(stays, 200))
    assert (await leaves.get("/v1/diary/entries")).status_code == 401
    tables = {"identity": "accounts", "vault": "persons"}
    (row,) = await deployment.rows(store, f"SELECT count(*) AS people FROM {tables[store]}")
    assert row["people"] == 1


async def test_a_restored_register_says_again_that_the_consent_was_withdrawn(deployment: Deployment) -> None:
    leaves = await leave_traces(deployment.people)
    await deployment.back_up("identity")
    await delete(leaves)
    await deployment.restore("identity")

    await replay_erasures(deployment.resources)

    latest = "SELECT DISTINCT ON (purpose) event FROM consent_events ORDER BY purpose, event_number DESC"
    assert {row["event"] for row in await deployment.rows("identity", latest)} == {"withdrawn"}


async def test_rows_that_come_back_under_an_open_connection_are_found_within_seconds(deployment: Deployment) -> None:
    """As `pg_restore --data-only` does: the connections stay, the rows are those of before."""
    stays, leaves = await leave_traces(deployment.people), await leave_traces(deployment.people)
    fence = await deployment.rows("vault", "SELECT person_id, epoch FROM persons WHERE person_id = $1", leaves.person_id)
    await delete(leaves)
    assert await answers(stays, 200)()

    superuser = await asyncpg.connect(deployment.addresses["vault"].superuser)
    async with superuser.transaction():
        await superuser.execute("INSERT INTO persons (person_id, epoch) VALUES ($1, $2)", *fence[0])
        await superuser.execute("UPDATE store_state SET erasure_applied_through = 0")
    await superuser.close()

    await eventually(answers(stays, 503))
    await replay_erasures(deployment.resources)
    await eventually(answers(stays, 200))


async def test_a_replay_where_nothing_was_restored_changes_nothing(deployment: Deployment) -> None:
    stays, leaves = await leave_traces(deployment.people), await leave_traces(deployment.people)
    await delete(leaves)

    replay = await replay_erasures(deployment.resources)

    assert replay.people == {"identity": 0, "vault": 0}
    assert (await stays.get("/v1/diary/entries")).status_code == 200
    assert (await verify_erasures(deployment.resources)).is_clean


async def test_a_replay_finishes_an_erasure_whose_work_the_restore_lost(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.domains.privacy.test_erasure_crashes import killed_before
    from vitalapp.domains.privacy import erasure

    leaves = await leave_traces(deployment.people)
    await deployment.back_up("identity")
    monkeypatch.setattr(erasure, "_erase_in_vault", killed_before(None))
    assert (await delete(leaves)).status_code == 202
    monkeypatch.undo()
    await deployment.restore("identity")

    await replay_erasures(deployment.resources)

    assert (await verify_erasures(deployment.resources)).is_clean
    assert await deployment.rows("identity", "SELECT 1 FROM accounts") == []
    assert await deployment.rows("vault", "SELECT 1 FROM persons") == []
    assert deployment.resources.anchor.completed_through() == 1
    assert ids_of(leaves)
