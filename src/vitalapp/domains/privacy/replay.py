"""After a restore: erases again whoever the anchor knows as erased, in the store that came back with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vitalapp.core.anchor import ErasureEntry
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import list_copies
from vitalapp.core.stores import Connection
from vitalapp.domains.consent.service import withdraw_consent
from vitalapp.domains.privacy import erasure_queries, erasure_vault_queries
from vitalapp.domains.privacy.residue import Residue, find_residue, open_ungated
from vitalapp.domains.privacy.rows import delete_rows_by_keys, in_order
from vitalapp.domains.privacy.schemas import VaultOutcome

_CHUNK: Final = 500


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay did: `people` per store who had come back, and are gone again."""

    erasures: int
    people: dict[str, int]


async def replay_erasures(resources: Resources) -> Replay:
    """Bring restored stores up to the anchor; where nothing was restored, nothing changes.

    Erasures that are still under way are left to the worker, which finishes them with their certificate.
    Raises: AnchorUnavailable.
    Rule: pitfall 11.
    """
    entries = resources.anchor.erasures()
    async with open_ungated(resources, "identity") as identity:
        unfinished = await erasure_queries.list_unfinished_sequences(identity)
    finished = [entry for entry in entries if entry.sequence not in unfinished]
    people = {
        "vault": await _replay_vault(resources, finished),
        "identity": await _replay_identity(resources, finished, entries),
    }
    for first, last in resources.anchor.incomplete():
        if not unfinished & set(range(first, last + 1)):
            resources.anchor.complete_erasures(first, last)
    return Replay(erasures=len(finished), people=people)


async def _replay_vault(resources: Resources, entries: Sequence[ErasureEntry]) -> int:
    residue = await find_residue(resources, "vault", entries)
    person_ids = sorted({subject for found in residue for subject in found.subjects if isinstance(subject, UUID)})
    async with open_ungated(resources, "vault") as vault:
        for start in range(0, len(person_ids), _CHUNK):
            async with vault.transaction():
                chunk = person_ids[start : start + _CHUNK]
                await erasure_vault_queries.shut_fences(vault, person_ids=chunk)
                await _delete_residue(vault, resources, _only(residue, set(chunk)))
                await erasure_vault_queries.delete_fences(vault, person_ids=chunk)
        async with vault.transaction():
            await _delete_residue(vault, resources, residue)
            await erasure_vault_queries.note_applied(vault, outcomes={entry.sequence: VaultOutcome() for entry in entries})
            await erasure_vault_queries.delete_applied(vault, through=resources.anchor.completed_through())
    return len(person_ids)


async def _replay_identity(resources: Resources, finished: Sequence[ErasureEntry], entries: Sequence[ErasureEntry]) -> int:
    residue = await find_residue(resources, "identity", finished)
    account_ids = sorted(
        {
            subject
            for found in residue
            if found.column == "account_id"
            for subject in found.subjects
            if isinstance(subject, UUID)
        }
    )
    copies: list[str] = []
    async with open_ungated(resources, "identity") as identity:
        for start in range(0, len(account_ids), _CHUNK):
            async with identity.transaction():
                copies += await _erase_accounts(identity, resources, account_ids[start : start + _CHUNK])
        async with identity.transaction():
            await _delete_residue(identity, resources, residue)
            await erasure_queries.insert_ledger_entries(identity, entries=entries)
            await erasure_queries.reach_sequence(identity, sequence=max((entry.sequence for entry in entries), default=0))
    await resources.limiter.drop(*copies)
    return len(account_ids)


async def _erase_accounts(identity: Connection, resources: Resources, account_ids: list[UUID]) -> list[str]:
    accounts = await erasure_queries.list_leaving_accounts(identity, account_ids=account_ids)
    now: datetime = resources.clock()
    await withdraw_consent(
        identity, consent_subject_ids=[account.consent_subject_id for account in accounts], method="deletion", at=now
    )
    copies = await list_copies(identity, account_ids)
    keys = [
        {
            **msgspec.structs.asdict(account),
            "subject_index": resources.keys.blind_index("subject", account.person_id.bytes),
        }
        for account in accounts
    ]
    tables = await in_order(identity, resources.personal_data.erased("identity"))
    await delete_rows_by_keys(identity, tables, keys)
    return copies


async def _delete_residue(connection: Connection, resources: Resources, residue: list[Residue]) -> None:
    by_table = {(found.table, found.column): found.subjects for found in residue}
    for table in await in_order(connection, resources.personal_data.erased(residue[0].store) if residue else []):
        if table.subject and (subjects := by_table.get((table.name, table.subject[0]))):
            await connection.fetch(table.erase_people_sql, subjects)


def _only(residue: list[Residue], people: set[UUID]) -> list[Residue]:
    return [
        msgspec.structs.replace(found, subjects=[subject for subject in found.subjects if subject in people])
        for found in residue
    ]
