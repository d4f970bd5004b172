"""Statements on the consent register, each above the function that runs it."""

from datetime import datetime
from uuid import UUID

import msgspec

from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.consent.schemas import ConsentEvent, Method


class ConsentedStatement(msgspec.Struct, frozen=True):
    """The statement that a person last agreed to, None before the first time."""

    statement_id: UUID | None


FIND_CONSENTED_STATEMENT = """
    SELECT consented_statement_id FROM accounts WHERE account_id = $1 AND epoch = $2 AND NOT is_erasing
"""


async def find_consented_statement(pool: Pool, *, account_id: UUID, epoch: int) -> ConsentedStatement | None:
    """What the account of a session agreed to; None where the session is out of date."""
    row = await pool.fetchrow(FIND_CONSENTED_STATEMENT, account_id, epoch)
    return None if row is None else ConsentedStatement(row["consented_statement_id"])


LOCK_CONSENTED_STATEMENT = """
    -- Choices of one person are made one after the other, and never after their erasure has begun.
    SELECT consented_statement_id FROM accounts WHERE account_id = $1 AND epoch = $2 AND NOT is_erasing FOR UPDATE
"""


async def lock_consented_statement(connection: Connection, *, account_id: UUID, epoch: int) -> ConsentedStatement | None:
    """As `find_consented_statement`, holding the account's row."""
    row = await connection.fetchrow(LOCK_CONSENTED_STATEMENT, account_id, epoch)
    return None if row is None else ConsentedStatement(row["consented_statement_id"])


LIST_CONSENT_EVENTS = """
    SELECT consent_event_id, receipt_id, consent_subject_id, schema_version, statement_id, statement_sha256, locale, purpose, event,
           method, at
    FROM consent_events
    WHERE consent_subject_id = $1
    ORDER BY event_number
"""


async def list_consent_events(connection: Connection | Pool, *, consent_subject_id: UUID) -> list[ConsentEvent]:
    """One person's events, oldest first."""
    rows = await connection.fetch(LIST_CONSENT_EVENTS, consent_subject_id)
    return msgspec.convert([dict(row) for row in rows], list[ConsentEvent])


INSERT_CONSENT_EVENT = """
    INSERT INTO consent_events (
        consent_event_id, receipt_id, consent_subject_id, schema_version, statement_id, statement_sha256, locale, purpose, event, method, at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def insert_consent_events(connection: Connection, *, events: list[ConsentEvent]) -> None:
    """Add events in this order."""
    await connection.executemany(INSERT_CONSENT_EVENT, [msgspec.structs.astuple(event) for event in events])


SET_CONSENTED_STATEMENT = """
    UPDATE accounts SET consented_statement_id = $2 WHERE account_id = $1
"""


async def set_consented_statement(connection: Connection, *, account_id: UUID, statement_id: UUID) -> None:
    """Note which statement opens the gate; only the step that has raised the account's epoch may call it."""
    await connection.execute(SET_CONSENTED_STATEMENT, account_id, statement_id)


WITHDRAW_EVERYTHING = """
    INSERT INTO consent_events (
        consent_event_id, receipt_id, consent_subject_id, schema_version, statement_id, statement_sha256, locale, purpose, event,
        method, at
    )
    SELECT gen_random_uuid(), gen_random_uuid(), consent_subject_id, schema_version, statement_id, statement_sha256, locale, purpose,
           'withdrawn', $2, $3
    FROM (
        SELECT DISTINCT ON (consent_subject_id, purpose)
               consent_subject_id, schema_version, statement_id, statement_sha256, locale, purpose, event
        FROM consent_events
        WHERE consent_subject_id = ANY($1::uuid[])
        ORDER BY consent_subject_id, purpose, event_number DESC
    ) AS latest
    WHERE event = 'granted'
"""


async def withdraw_everything(
    connection: Connection, *, consent_subject_ids: list[UUID], method: Method, at: datetime
) -> None:
    """Add a withdrawal for every purpose that these people still grant."""
    await connection.execute(WITHDRAW_EVERYTHING, consent_subject_ids, method, at)
