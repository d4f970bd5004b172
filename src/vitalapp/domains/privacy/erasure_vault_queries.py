"""Statements of an erasure on the vault, each above the function that runs it. They take many people at once."""

from uuid import UUID

import msgspec

from vitalapp.core.access_log import AccessLine
from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.privacy.schemas import VaultOutcome

# No session has an epoch like this, and none will.
CLOSED_EPOCH = 2**62

SHUT_FENCES = """
    -- Waits for a consent whose fence row is not committed yet, which a DELETE would not see.
    INSERT INTO persons (person_id, epoch)
    SELECT person_id, $2 FROM unnest($1::uuid[]) AS person_id ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET epoch = EXCLUDED.epoch
"""


async def shut_fences(vault: Connection, *, person_ids: list[UUID]) -> None:
    """Stop whatever is still under way for these people.

    Locks: their fence rows, in order.
    """
    await vault.execute(SHUT_FENCES, sorted(person_ids), CLOSED_EPOCH)


CLOSE_FENCES = """
    UPDATE persons SET epoch = $2 WHERE person_id = ANY($1::uuid[])
"""


async def close_fences(vault: Pool, *, person_ids: list[UUID]) -> None:
    """End what sessions may still do for these people, and leave their rows alone."""
    await vault.execute(CLOSE_FENCES, person_ids, CLOSED_EPOCH)


DELETE_FENCES = """
    DELETE FROM persons WHERE person_id = ANY($1::uuid[])
"""


async def delete_fences(vault: Connection, *, person_ids: list[UUID]) -> None:
    """Take these people out of the vault, with what hangs on their fence row."""
    await vault.execute(DELETE_FENCES, person_ids)


LOCK_STORE_STATE = """
    SELECT erasure_applied_through FROM store_state FOR UPDATE
"""
INSERT_APPLIED = """
    INSERT INTO applied_erasures (sequence, counts)
    SELECT sequence, counts FROM unnest($1::bigint[], $2::jsonb[]) AS applied (sequence, counts)
    ON CONFLICT (sequence) DO NOTHING
"""
ADVANCE_APPLIED_THROUGH = """
    UPDATE store_state
    SET erasure_applied_through = greatest(erasure_applied_through, (
        SELECT max(sequence)
        FROM (
            SELECT sequence, sequence - row_number() OVER (ORDER BY sequence) AS before_run
            FROM applied_erasures
            WHERE sequence > store_state.erasure_applied_through
        ) AS ahead
        WHERE before_run = store_state.erasure_applied_through
    ))
"""


async def note_applied(vault: Connection, *, outcomes: dict[int, VaultOutcome]) -> None:
    """Record what was erased, in the transaction that erased it; what is recorded already stays as it is.

    Locks: the one row of store_state, until the end of the transaction.
    """
    await vault.fetchval(LOCK_STORE_STATE)
    encoded = [msgspec.json.encode(outcome).decode() for outcome in outcomes.values()]
    await vault.execute(INSERT_APPLIED, list(outcomes), encoded)
    await vault.execute(ADVANCE_APPLIED_THROUGH)


LIST_APPLIED = """
    SELECT sequence, counts FROM applied_erasures WHERE sequence = ANY($1::bigint[])
"""


async def list_applied(vault: Connection, *, sequences: list[int]) -> dict[int, VaultOutcome]:
    """What was recorded of these erasures, of those that have reached this store."""
    rows = await vault.fetch(LIST_APPLIED, sequences)
    return {row["sequence"]: msgspec.json.decode(row["counts"], type=VaultOutcome) for row in rows}


DELETE_APPLIED = """
    DELETE FROM applied_erasures WHERE sequence <= $1
"""


async def delete_applied(vault: Connection, *, through: int) -> None:
    """Drop counts that are in certificates by now."""
    await vault.execute(DELETE_APPLIED, through)


INSERT_ACCESS_LINES = """
    INSERT INTO access_log SELECT line.* FROM unnest($1::access_line[]) AS line
"""


async def insert_access_lines(vault: Connection, *, lines: list[AccessLine]) -> None:
    """Log that these people's data was erased."""
    await vault.execute(INSERT_ACCESS_LINES, lines)


LIST_REFERENCES = """
    SELECT child.relname AS child, parent.relname AS parent
    FROM pg_constraint
    JOIN pg_class AS child ON child.oid = conrelid
    JOIN pg_class AS parent ON parent.oid = confrelid
    WHERE contype = 'f' AND child.oid <> parent.oid
"""


async def list_references(connection: Connection) -> list[tuple[str, str]]:
    """Which table refers to which."""
    return [(row["child"], row["parent"]) for row in await connection.fetch(LIST_REFERENCES)]
