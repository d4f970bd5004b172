"""The stores that a run measures on: embedded, durable, migrated, filled with sealed entries of fictitious people."""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import msgspec

from vitalapp.core.fence import RaisedFence, apply_fence
from vitalapp.core.keys import KeyFile, new_key_material
from vitalapp.core.migrations import list_migrations, migrate
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.settings import STORES, Store, load_settings
from vitalapp.core.signing import write_signing_key
from vitalapp.core.startup import open_resources
from vitalapp.core.stores import transaction
from vitalapp.dev import postgres, valkey
from vitalapp.dev.bootstrap import PARTS, StoreRoles, ensure_database, ensure_roles
from vitalapp.dev.programs import Program, free_port, server_user, start
from vitalapp.domains.accounts.account_service import NewAccount, create_account, open_session
from vitalapp.domains.accounts.addresses import parse_address
from vitalapp.domains.diary.schemas import EntryContent

PASSWORD = secrets.token_hex(16)
ENTRIES_PER_PERSON = 200
TEXT = "Vandaag rustig begonnen en na de lunch een half uur gewandeld. " * 8
PEER_SCHEMA = Path(__file__).parent / "peers" / "schema.sql"


class Someone(msgspec.Struct, frozen=True):
    """A person whose requests are measured."""

    person_id: UUID
    access_token: str


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything is.

    Shape: `vaults` are the vault's addresses by the number of entries in it; each holds the same people and their entries.
    """

    environment: dict[str, str]
    superuser: str
    vaults: dict[int, str]
    peers: str
    people: list[Someone]
    postgres_pid: int
    valkey_pid: int
    folder: Path


def database(superuser: str, name: str, *, role: str | None = None) -> str:
    """The address of one database, as its role or as the superuser."""
    return postgres.redirect(superuser, name, role=role, password=PASSWORD)


@asynccontextmanager
async def open_world(*, people: int, sizes: list[int], cores: set[int]) -> AsyncIterator[World]:
    """Everything that the servers need, gone after the run; stores run on `cores`."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_folder())
        os.sched_setaffinity(0, cores)
        superuser, postgres_pid = stack.enter_context(_cluster(folder))
        await postgres.wait_until_ready(superuser)
        cache, valkey_pid = stack.enter_context(_cache(folder))
        await valkey.wait_until_ready(cache.url)
        for store in STORES:
            await _make_store(superuser, store, f"vitalapp_{store}")
        environment = _environment(superuser, cache, folder)
        async with open_resources(load_settings(environment), audience="worker") as resources:
            someones = [await _make_person(resources, number) for number in range(people)]
            keys = {someone.person_id: await _key(resources, someone.person_id) for someone in someones}
            await resources.identity.execute("UPDATE access_tokens SET expires_at = now() + interval '1 day'")
        vaults = {size: f"vitalapp_vault_{size}" for size in sizes}
        admin = await asyncpg.connect(superuser)
        stack.push_async_callback(admin.close)
        for size, name in vaults.items():
            await ensure_database(admin, _roles("vault"), name, template="vitalapp_vault")
            await _fill_vault(database(superuser, name), keys, size)
        await admin.execute("CREATE DATABASE peers")
        await _fill_peers(database(superuser, "peers"), list(keys), min(sizes))
        await admin.execute("CHECKPOINT")
        yield World(
            environment=environment,
            superuser=superuser,
            vaults={size: database(superuser, name, role="vitalapp_vault_app") for size, name in vaults.items()},
            peers=database(superuser, "peers"),
            people=someones,
            postgres_pid=postgres_pid,
            valkey_pid=valkey_pid,
            folder=folder,
        )


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="vitalapp-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, int]]:
    user = server_user()
    binaries = postgres.runnable(postgres.find_binaries(), user)
    cluster = postgres.Cluster(
        binaries=binaries, data_dir=folder / "postgres", port=free_port(), user=user, password=PASSWORD
    )
    postgres.make_cluster(binaries, cluster.data_dir, password=PASSWORD, user=user)
    with _running(cluster.program(folder / "postgres.log")) as pid:
        yield cluster.dsn(), pid


@contextmanager
def _cache(folder: Path) -> Iterator[tuple[valkey.Valkey, int]]:
    server = valkey.Valkey(
        server=valkey.find_server(), folder=folder, port=free_port(), app_password=PASSWORD, push_password=PASSWORD
    )
    with _running(server.program(folder / "valkey.log")) as pid:
        yield server, pid


@contextmanager
def _running(program: Program) -> Iterator[int]:
    process = start(program)
    try:
        yield process.pid
    finally:
        process.send_signal(program.death_signal)
        process.wait()


def _roles(store: Store) -> StoreRoles:
    return StoreRoles(store, dict.fromkeys(PARTS, PASSWORD))


async def _make_store(superuser: str, store: Store, name: str) -> None:
    admin = await asyncpg.connect(superuser)
    try:
        await ensure_roles(admin, _roles(store))
        await ensure_database(admin, _roles(store), name)
    finally:
        await admin.close()
    await migrate(database(superuser, name, role=_roles(store).name("migration")), list_migrations(store))


def _environment(superuser: str, cache: valkey.Valkey, folder: Path) -> dict[str, str]:
    KeyFile(folder / "kek.json").save(new_key_material())
    KeyFile(folder / "ledger-key.json").save(new_key_material())
    write_signing_key(folder / "signing-key.json")
    (folder / "session.key").write_bytes(os.urandom(32))
    dsns = {
        f"VITALAPP_{store.upper()}_DSN": database(superuser, f"vitalapp_{store}", role=_roles(store).name("app"))
        for store in STORES
    }
    return {
        **dsns,
        "VITALAPP_REDIS_URL": cache.url,
        "VITALAPP_KEK_FILE": str(folder / "kek.json"),
        "VITALAPP_LEDGER_KEY_FILE": str(folder / "ledger-key.json"),
        "VITALAPP_SIGNING_KEY_FILE": str(folder / "signing-key.json"),
        "VITALAPP_SESSION_KEY_FILE": str(folder / "session.key"),
        "VITALAPP_ANCHOR_DIR": str(folder / "anchor"),
        "VITALAPP_RATE_LIMIT_FACTOR": "1000000",
    }


INSERT_CONTRACT = """
    INSERT INTO contracts (contract_id, starts_on) VALUES ($1, $2)
"""
CONSENT = """
    UPDATE accounts SET consented_statement_id = $2 WHERE account_id = $1 RETURNING person_id, epoch, wrapped_data_key
"""


async def _make_person(resources: Resources, number: int) -> Someone:
    async with transaction(resources.identity) as identity:
        contract_id = uuid4()
        await identity.execute(INSERT_CONTRACT, contract_id, datetime.now(UTC).date())
        new = NewAccount(
            contract_id=contract_id,
            address=parse_address(f"person-{number}@mail.example"),
            display_name="Kim",
            locale="nl",
            accepted_terms_version="1",
            password_hash="none",
        )
        account_id = await create_account(identity, resources, new)
        assert account_id
        row = await identity.fetchrow(CONSENT, account_id, resources.legal_texts.current("consent", resources.clock()).id)
        assert row
        pair = await open_session(
            identity,
            resources,
            account_id=account_id,
            key=resources.keys.unwrap(row["person_id"], row["wrapped_data_key"]),
            device_name="phone",
            platform="ios",
            network_index=bytes(32),
        )
    fence = RaisedFence(person_id=row["person_id"], epoch=row["epoch"], is_restricted=False, is_opening=True)
    await apply_fence(resources.vault, fence)
    return Someone(row["person_id"], pair.access_token)


async def _key(resources: Resources, person_id: UUID) -> PersonKey:
    wrapped = await resources.identity.fetchval("SELECT wrapped_data_key FROM accounts WHERE person_id = $1", person_id)
    return resources.keys.unwrap(person_id, wrapped)


ENTRY_COLUMNS = [
    "person_id",
    "entry_id",
    "change_seq",
    "version",
    "local_date",
    "written_at",
    "content_sealed",
    "updated_at",
]


async def _fill_vault(dsn: str, keys: dict[UUID, PersonKey], size: int) -> None:
    """The measured people's entries open; those of the others that make up the number are noise of the same length."""
    others = max(0, size // ENTRIES_PER_PERSON - len(keys))
    owners: list[tuple[UUID, PersonKey | None]] = [*keys.items(), *((uuid4(), None) for _ in range(others))]
    connection = await asyncpg.connect(dsn)
    try:
        for start_at in range(0, len(owners), 100):
            records = [record for owner in owners[start_at : start_at + 100] for record in _entries(*owner)]
            await connection.copy_records_to_table("diary_entries", records=records, columns=ENTRY_COLUMNS)
        await connection.execute(
            "INSERT INTO persons (person_id, epoch) SELECT DISTINCT person_id, 1 FROM diary_entries ON CONFLICT DO NOTHING"
        )
        await connection.execute("UPDATE persons SET change_seq = $1", ENTRIES_PER_PERSON)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _entries(person_id: UUID, key: PersonKey | None) -> Iterator[tuple[object, ...]]:
    content = msgspec.msgpack.encode(EntryContent(time_zone="Europe/Amsterdam", mood=4, tags=["werk", "slaap"], text=TEXT))
    noise = os.urandom(len(content) + 31)
    for number in range(1, ENTRIES_PER_PERSON + 1):
        entry_id = uuid4()
        written_at = _written_at(number)
        sealed = noise if key is None else key.seal("diary_entries", entry_id, "content_sealed", content)
        yield person_id, entry_id, number, 1, written_at.date(), written_at, sealed, written_at


def _written_at(number: int) -> datetime:
    return datetime(2026, 6, 1, 18, number % 60, tzinfo=UTC) - timedelta(days=number)


async def _fill_peers(dsn: str, people: list[UUID], size: int) -> None:
    owners = [*people, *(uuid4() for _ in range(max(0, size // ENTRIES_PER_PERSON - len(people))))]
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(PEER_SCHEMA.read_text())
        for owner in owners:
            records = [
                (owner, uuid4(), at, "Europe/Amsterdam", at.date(), 4, ["werk", "slaap"], TEXT, at)
                for at in map(_written_at, range(1, ENTRIES_PER_PERSON + 1))
            ]
            await connection.copy_records_to_table(
                "peer_entries",
                records=records,
                columns=[
                    "person_id",
                    "entry_id",
                    "written_at",
                    "time_zone",
                    "local_date",
                    "mood",
                    "tags",
                    "text",
                    "updated_at",
                ],
            )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
