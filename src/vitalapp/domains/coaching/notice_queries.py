"""Who is told what: addressees in identity, reminders that are due in the vault."""

from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.fence import StaleFence, fetchrow_fenced
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, Pool

FIND_ADDRESSEE = """
    SELECT account_id, email_sealed, locale, wrapped_data_key FROM accounts WHERE person_id = $1 AND NOT is_erasing
"""


async def find_addressee(identity: Pool, *, person_id: UUID) -> asyncpg.Record | None:
    """Where mail to a person goes; None for who is gone."""
    return await identity.fetchrow(FIND_ADDRESSEE, person_id)


FIND_CONSENTED_STATEMENT = """
    SELECT consented_statement_id FROM accounts WHERE person_id = $1 AND NOT is_erasing
"""


async def find_consented_statement(identity: Pool, *, person_id: UUID) -> UUID | None:
    """The consent statement that a person accepted."""
    return await identity.fetchval(FIND_CONSENTED_STATEMENT, person_id)


IS_APPOINTMENT_CURRENT = """
    SELECT EXISTS (
        SELECT FROM appointments JOIN persons USING (person_id)
        WHERE person_id = $1 AND appointment_id = $2 AND version = $3 AND status = 'booked' AND starts_at > $4
          AND NOT is_restricted
    )
"""


async def is_appointment_current(vault: Pool, *, person_id: UUID, appointment_id: UUID, version: int, now: datetime) -> bool:
    """Whether an appointment to come is as it was, and its person not restricted."""
    return await vault.fetchval(IS_APPOINTMENT_CURRENT, person_id, appointment_id, version, now)


TAKE_DUE_REMINDERS = """
    WITH due AS (
        SELECT person_id, appointment_id FROM appointments
        WHERE status = 'booked' AND reminded_version < version AND starts_at > $1 AND starts_at <= $2
        ORDER BY starts_at
        LIMIT $3
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE appointments SET reminded_version = version
    FROM due
    WHERE appointments.person_id = due.person_id AND appointments.appointment_id = due.appointment_id
    RETURNING appointments.person_id, appointments.appointment_id, appointments.version
"""


async def take_due_reminders(vault: Connection, *, now: datetime, until: datetime, limit: int) -> list[asyncpg.Record]:
    """Claim the reminders of appointments that begin by `until`; another worker claims others."""
    return await vault.fetch(TAKE_DUE_REMINDERS, now, until, limit)


FIND_CONSENT = """
    SELECT consented_statement_id FROM accounts WHERE account_id = $1 AND epoch = $2 AND NOT is_erasing
"""


async def is_outside_vault(identity: Pool, session: Session) -> bool:
    """Whether the person has never consented, and so has no row in the vault; a copy of a session that says so is checked.

    Raises: StaleFence.
    """
    if session.consented_statement_id is not None:
        return False
    row = await fetchrow_fenced(identity, FIND_CONSENT, session.account_id, session.epoch)
    if row["consented_statement_id"] is not None:
        raise StaleFence
    return True
