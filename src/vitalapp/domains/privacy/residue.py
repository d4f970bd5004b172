"""What is left of people who were erased: found by the keyed hashes of the ledger in every column that names a person."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.anchor import ErasureEntry
from vitalapp.core.data_map import Table
from vitalapp.core.keys import KeyRing
from vitalapp.core.resources import Resources
from vitalapp.core.settings import STORES, Store
from vitalapp.core.stores import Connection
from vitalapp.domains.privacy import erasure_queries

_PREFETCH: Final = 5_000


class Residue(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of erased people that a column still holds."""

    store: Store
    table: str
    column: str
    subjects: list[UUID | bytes]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan of every store found.

    Shape: `erased` erasures are looked for; `unfinished` ones are under way and not looked for; `residue` maps
    `store.table.column` to how many erased people it still names.
    """

    is_clean: bool
    erased: int
    unfinished: int
    residue: dict[str, int]


async def verify_erasures(resources: Resources) -> Verification:
    """Scan every store for people who were erased.

    Raises: AnchorUnavailable.
    Rule: pitfalls 8 and 11.
    """
    entries = resources.anchor.erasures()
    async with open_ungated(resources, "identity") as identity:
        unfinished = await erasure_queries.list_unfinished_sequences(identity)
    finished = [entry for entry in entries if entry.sequence not in unfinished]
    found = [
        residue
        for store in STORES
        if resources.settings.dsn(store) is not None
        for residue in await find_residue(resources, store, finished)
    ]
    return Verification(
        is_clean=not found,
        erased=len(finished),
        unfinished=len(entries) - len(finished),
        residue={f"{residue.store}.{residue.table}.{residue.column}": len(residue.subjects) for residue in found},
    )


async def find_residue(resources: Resources, store: Store, entries: Iterable[ErasureEntry]) -> list[Residue]:
    """The columns of one store that still name somebody of these erasures."""
    macs = _Macs(entries)
    found: list[Residue] = []
    async with open_ungated(resources, store) as connection, connection.transaction(readonly=True):
        for table in resources.personal_data.tables:
            if table.store != store:
                continue
            for column in _naming_columns(table):
                subjects = [
                    subject
                    async for subject in _subjects(connection, table.subjects_sql(column))
                    if macs.name(resources.keys, subject)
                ]
                if subjects:
                    found.append(Residue(store=store, table=table.name, column=column, subjects=subjects))
    return found


@asynccontextmanager
async def open_ungated(resources: Resources, store: Store) -> AsyncIterator[Connection]:
    """A connection that passes the gate of a restored store: for those who heal it."""
    connection = await asyncpg.connect(resources.settings.dsn(store), server_settings={"application_name": "vitalapp"})
    try:
        yield connection
    finally:
        await connection.close()


class _Macs:
    def __init__(self, entries: Iterable[ErasureEntry]) -> None:
        self._macs = {mac for entry in entries for mac in (entry.account_mac, entry.person_mac, entry.subject_mac)}

    def name(self, keys: KeyRing, subject: UUID | bytes) -> bool:
        return keys.erasure_mac(subject) in self._macs


def _naming_columns(table: Table) -> list[str]:
    subject = table.subject[0] if table.subject else None
    return [column for column, kind in table.columns.items() if kind == "pseudonym" or column in {subject, "subject_index"}]


async def _subjects(connection: Connection, sql: str) -> AsyncIterator[UUID | bytes]:
    async for row in connection.cursor(sql, prefetch=_PREFETCH):
        yield row["subject"]
