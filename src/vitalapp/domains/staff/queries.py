"""Staff accounts in the identity store."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from vitalapp.core.stores import Connection, Pool

INSERT_STAFF = """
    INSERT INTO staff (
        staff_id, role, profession, email_index, email_sealed, display_name_sealed, languages, themes, locale, password_hash,
        totp_sealed, wrapped_data_key, confidentiality_signed_on, created_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    ON CONFLICT (email_index) DO NOTHING
    RETURNING staff_id
"""


async def insert_staff(
    identity: Connection | Pool,
    *,
    staff_id: UUID,
    role: str,
    profession: str | None,
    email_index: bytes,
    email_sealed: bytes,
    display_name_sealed: bytes,
    languages: list[str],
    themes: list[str],
    locale: str,
    password_hash: str,
    totp_sealed: bytes,
    wrapped_data_key: bytes,
    confidentiality_signed_on: date | None,
    created_at: datetime,
) -> bool:
    """Add a member of staff; False where the address is taken."""
    inserted = await identity.fetchval(
        INSERT_STAFF,
        staff_id,
        role,
        profession,
        email_index,
        email_sealed,
        display_name_sealed,
        languages,
        themes,
        locale,
        password_hash,
        totp_sealed,
        wrapped_data_key,
        confidentiality_signed_on,
        created_at,
    )
    return inserted is not None


FIND_STAFF_BY_EMAIL = """
    SELECT staff_id, role, locale, password_hash, totp_sealed, wrapped_data_key, confidentiality_signed_on, is_active
    FROM staff WHERE email_index = $1
"""


async def find_staff_by_email(identity: Connection | Pool, *, email_index: bytes) -> asyncpg.Record | None:
    """Who has this address."""
    return await identity.fetchrow(FIND_STAFF_BY_EMAIL, email_index)


GET_STAFF = """
    SELECT staff_id, role, profession, email_sealed, display_name_sealed, languages, themes, locale, password_hash,
           wrapped_data_key, confidentiality_signed_on, is_active, created_at
    FROM staff WHERE staff_id = $1
"""


async def find_staff(identity: Connection | Pool, *, staff_id: UUID) -> asyncpg.Record | None:
    """One member of staff."""
    return await identity.fetchrow(GET_STAFF, staff_id)


LIST_STAFF = """
    SELECT staff_id, role, profession, email_sealed, display_name_sealed, languages, themes, locale, wrapped_data_key,
           confidentiality_signed_on, is_active, created_at
    FROM staff
    WHERE $1::timestamptz IS NULL OR (created_at, staff_id) > ($1, $2)
    ORDER BY created_at, staff_id
    LIMIT $3
"""


async def list_staff_rows(
    identity: Connection | Pool, *, after_at: datetime | None, after_id: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Staff in the order in which they came."""
    return await identity.fetch(LIST_STAFF, after_at, after_id, limit)


LIST_COACHES = """
    SELECT staff_id, profession, display_name_sealed, languages, themes, wrapped_data_key
    FROM staff
    WHERE role = 'coach' AND is_active AND confidentiality_signed_on <= $1 AND ($2::uuid IS NULL OR staff_id = $2)
    ORDER BY created_at, staff_id
"""


async def list_coach_rows(identity: Connection | Pool, *, today: date, coach_id: UUID | None) -> list[asyncpg.Record]:
    """Coaches who may work today, or the one of them."""
    return await identity.fetch(LIST_COACHES, today, coach_id)


LIST_STAFF_NAMES = """
    SELECT staff_id, display_name_sealed, wrapped_data_key FROM staff WHERE staff_id = ANY($1)
"""


async def list_name_rows(identity: Connection | Pool, *, staff_ids: list[UUID]) -> list[asyncpg.Record]:
    """The sealed names of staff, whether they still work here or not."""
    return await identity.fetch(LIST_STAFF_NAMES, staff_ids)


UPDATE_CONFIDENTIALITY = """
    UPDATE staff SET confidentiality_signed_on = $2 WHERE staff_id = $1 RETURNING staff_id
"""


async def update_confidentiality(identity: Connection | Pool, *, staff_id: UUID, signed_on: date) -> bool:
    """Note when confidentiality was signed; False where nobody has the id."""
    return await identity.fetchval(UPDATE_CONFIDENTIALITY, staff_id, signed_on) is not None


UPDATE_IS_ACTIVE = """
    UPDATE staff SET is_active = $2 WHERE staff_id = $1 RETURNING staff_id
"""


async def update_is_active(identity: Connection | Pool, *, staff_id: UUID, is_active: bool) -> bool:
    """Open or close an account; False where nobody has the id."""
    return await identity.fetchval(UPDATE_IS_ACTIVE, staff_id, is_active) is not None


UPDATE_CREDENTIALS = """
    UPDATE staff SET password_hash = $2, totp_sealed = $3, totp_last_step = 0 WHERE staff_id = $1
"""


async def update_credentials(identity: Connection | Pool, *, staff_id: UUID, password_hash: str, totp_sealed: bytes) -> None:
    """Replace password and authenticator."""
    await identity.execute(UPDATE_CREDENTIALS, staff_id, password_hash, totp_sealed)


UPDATE_PASSWORD = """
    UPDATE staff SET password_hash = $2 WHERE staff_id = $1
"""


async def update_password(identity: Connection | Pool, *, staff_id: UUID, password_hash: str) -> None:
    """Replace the password."""
    await identity.execute(UPDATE_PASSWORD, staff_id, password_hash)


USE_TOTP_STEP = """
    UPDATE staff SET totp_last_step = $2 WHERE staff_id = $1 AND totp_last_step < $2 RETURNING staff_id
"""


async def use_totp_step(identity: Connection | Pool, *, staff_id: UUID, step: int) -> bool:
    """Take a time step, once; False where it or a later one was taken.

    Rule: ASVS 6.5.1, pitfall 6.
    """
    return await identity.fetchval(USE_TOTP_STEP, staff_id, step) is not None
