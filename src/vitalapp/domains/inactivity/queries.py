"""Statements of the purge, each above the function that runs it. The one clock of an account is spelled out in each of them.

An account's clock starts on the day of last use, or on the day its contract ended where that came first; a year later, by the
calendar, is its anniversary (28 February for a leap day).
"""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.stores import Connection, Pool
from vitalapp.domains.inactivity.schemas import Bounced, Ground, Warned

DELETE_VOID_NOTICES = """
    -- Who came back is told anew, and in time, should they leave again.
    DELETE FROM inactivity_notices AS notice
    USING accounts AS account, contracts AS contract
    WHERE account.account_id = notice.account_id
      AND contract.contract_id = account.contract_id
      AND notice.clock_started_on <> least(account.last_used_on, contract.ends_on)
"""


async def delete_void_notices(connection: Connection | Pool) -> None:
    """Forget the notices of people who came back."""
    await connection.execute(DELETE_VOID_NOTICES)


LOCK_UNWARNED = """
    SELECT account.account_id, account.person_id, email_sealed, wrapped_data_key, locale, clock.ground, 30 AS stage,
           clock.started_on AS clock_started_on,
           greatest((clock.started_on + interval '1 year')::date, $1::date + 30) AS delete_on
    FROM accounts AS account
    JOIN contracts AS contract USING (contract_id)
    CROSS JOIN LATERAL (
        SELECT least(account.last_used_on, contract.ends_on) AS started_on,
               CASE WHEN contract.ends_on <= account.last_used_on THEN 'contract_end' ELSE 'inactivity' END AS ground
    ) AS clock
    WHERE account.account_id > $2
      AND NOT account.is_erasing
      AND NOT account.is_restricted
      AND (clock.started_on + interval '1 year')::date - 30 <= $1
      AND NOT EXISTS (SELECT FROM inactivity_notices WHERE inactivity_notices.account_id = account.account_id)
    ORDER BY account.account_id
    LIMIT $3
    FOR UPDATE OF account SKIP LOCKED
"""


async def lock_unwarned(connection: Connection, *, today: date, after: UUID, limit: int) -> list[Warned]:
    """Accounts that get their first notice today, held; in the order of their ids."""
    rows = await connection.fetch(LOCK_UNWARNED, today, after, limit)
    return msgspec.convert([dict(row) for row in rows], list[Warned])


INSERT_NOTICES = """
    INSERT INTO inactivity_notices (account_id, subject_index, ground, clock_started_on, first_noticed_on, delete_on, last_stage)
    SELECT account_id, subject_index, ground, clock_started_on, $1, delete_on, 30
    FROM unnest($2::uuid[], $3::bytea[], $4::text[], $5::date[], $6::date[]) AS notice (
        account_id, subject_index, ground, clock_started_on, delete_on
    )
    ON CONFLICT (account_id) DO NOTHING
    RETURNING account_id
"""


async def insert_notices(
    connection: Connection, *, today: date, warned: list[Warned], subject_indexes: list[bytes]
) -> set[UUID]:
    """Note the first notices; the accounts that had none, which are to be told."""
    rows = await connection.fetch(
        INSERT_NOTICES,
        today,
        [account.account_id for account in warned],
        subject_indexes,
        [account.ground for account in warned],
        [account.clock_started_on for account in warned],
        [account.delete_on for account in warned],
    )
    return {row["account_id"] for row in rows}


RAISE_STAGES = """
    WITH due AS (
        SELECT notice.account_id, CASE WHEN notice.delete_on - 1 <= $1 THEN 1 ELSE 7 END AS stage
        FROM inactivity_notices AS notice
        JOIN accounts AS account USING (account_id)
        JOIN contracts AS contract USING (contract_id)
        WHERE notice.account_id > $2
          AND notice.delete_on - 7 <= $1
          AND notice.delete_on > $1
          AND notice.last_stage > CASE WHEN notice.delete_on - 1 <= $1 THEN 1 ELSE 7 END
          AND notice.clock_started_on = least(account.last_used_on, contract.ends_on)
          AND NOT account.is_erasing
          AND NOT account.is_restricted
        ORDER BY notice.account_id
        LIMIT $3
        FOR UPDATE OF notice SKIP LOCKED
    )
    UPDATE inactivity_notices AS notice
    SET last_stage = due.stage
    FROM due JOIN accounts AS account USING (account_id)
    WHERE notice.account_id = due.account_id
    RETURNING account.account_id, account.person_id, account.email_sealed, account.wrapped_data_key, account.locale,
              notice.ground, due.stage, notice.clock_started_on, notice.delete_on
"""


async def raise_stages(connection: Connection, *, today: date, after: UUID, limit: int) -> list[Warned]:
    """Note the later notices that are due; a stage that was missed is left out where the next one is due already."""
    rows = await connection.fetch(RAISE_STAGES, today, after, limit)
    return sorted(msgspec.convert([dict(row) for row in rows], list[Warned]), key=lambda warned: warned.account_id)


LOCK_DUE = """
    -- Whoever came back since the notice, or just now, is not found: a changed row is read again once its lock is free.
    SELECT account.account_id
    FROM inactivity_notices AS notice
    JOIN accounts AS account USING (account_id)
    JOIN contracts AS contract USING (contract_id)
    WHERE notice.delete_on <= $1
      AND notice.ground = $2
      AND notice.account_id > $3
      AND notice.clock_started_on = least(account.last_used_on, contract.ends_on)
      AND (notice.clock_started_on + interval '1 year')::date <= $1
      AND NOT account.is_erasing
      AND NOT account.is_restricted
    ORDER BY notice.account_id
    LIMIT $4
    FOR UPDATE OF account SKIP LOCKED
"""


async def lock_due(connection: Connection, *, today: date, ground: Ground, after: UUID, limit: int) -> list[UUID]:
    """Accounts whose day has come, held; in the order of their ids."""
    return [row["account_id"] for row in await connection.fetch(LOCK_DUE, today, ground, after, limit)]


COUNT_WORK = """
    SELECT
        count(*) FILTER (
            WHERE notice IS NULL AND NOT is_restricted AND anniversary_on - 30 <= $1
        ) AS unwarned,
        count(*) FILTER (
            WHERE NOT is_restricted AND delete_on > $1 AND delete_on - 7 <= $1
              AND last_stage > CASE WHEN delete_on - 1 <= $1 THEN 1 ELSE 7 END
        ) AS later,
        count(*) FILTER (WHERE NOT is_restricted AND delete_on <= $1) AS due,
        count(*) FILTER (WHERE is_restricted AND anniversary_on <= $1) AS restricted
    FROM (
        SELECT account.is_restricted, (clock.started_on + interval '1 year')::date AS anniversary_on, notice,
               notice.delete_on, notice.last_stage
        FROM accounts AS account
        JOIN contracts AS contract USING (contract_id)
        CROSS JOIN LATERAL (SELECT least(account.last_used_on, contract.ends_on) AS started_on) AS clock
        LEFT JOIN inactivity_notices AS notice
            ON notice.account_id = account.account_id AND notice.clock_started_on = clock.started_on
        WHERE NOT account.is_erasing
    ) AS work
"""


async def count_work(connection: Connection | Pool, *, today: date) -> asyncpg.Record:
    """How much there is to do: `unwarned, later, due, restricted`."""
    row = await connection.fetchrow(COUNT_WORK, today)
    assert row
    return row


NOTE_BOUNCE = """
    UPDATE inactivity_notices SET bounced_at = $2 WHERE subject_index = $1 AND bounced_at IS NULL
"""


async def note_bounce(connection: Connection, *, subject_index: bytes, now: datetime) -> None:
    """Put an account on the operator's list."""
    await connection.execute(NOTE_BOUNCE, subject_index, now)


LIST_BOUNCED = """
    SELECT account_id, delete_on, bounced_at
    FROM inactivity_notices
    WHERE bounced_at IS NOT NULL
    ORDER BY delete_on, account_id
"""


async def list_bounced(pool: Pool) -> list[Bounced]:
    """The operator's list, the nearest day first."""
    return msgspec.convert([dict(row) for row in await pool.fetch(LIST_BOUNCED)], list[Bounced])


EXPLAIN_ACCOUNT = """
    SELECT account.last_used_on, contract.ends_on AS contract_ends_on, clock.started_on AS clock_started_on,
           CASE WHEN contract.ends_on <= account.last_used_on THEN 'contract_end' ELSE 'inactivity' END AS ground,
           (clock.started_on + interval '1 year')::date AS anniversary_on,
           notice.first_noticed_on, notice.delete_on, notice.bounced_at IS NOT NULL AS has_bounced,
           account.is_restricted, account.is_erasing,
           coalesce(notice.delete_on <= $2 AND NOT account.is_restricted AND NOT account.is_erasing, false) AS is_due
    FROM accounts AS account
    JOIN contracts AS contract USING (contract_id)
    CROSS JOIN LATERAL (SELECT least(account.last_used_on, contract.ends_on) AS started_on) AS clock
    LEFT JOIN inactivity_notices AS notice
        ON notice.account_id = account.account_id AND notice.clock_started_on = clock.started_on
    WHERE account.email_index = $1
"""


async def find_explanation(pool: Pool, *, email_index: bytes, today: date) -> asyncpg.Record | None:
    """Everything that decides on one account."""
    return await pool.fetchrow(EXPLAIN_ACCOUNT, email_index, today)
