"""Statements that change the profile, each above the function that runs it."""

from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, Pool

UPDATE_PROFILE = """
    UPDATE accounts
    SET display_name_sealed = $4, phone_sealed = $5, locale = $6, time_zone_sealed = $7, themes_sealed = $8, version = version + 1
    WHERE account_id = $1 AND epoch = $2 AND version = $3
    RETURNING version
"""


async def update_profile(
    connection: Connection | Pool,
    session: Session,
    *,
    version: int,
    display_name_sealed: bytes,
    phone_sealed: bytes | None,
    locale: str,
    time_zone_sealed: bytes,
    themes_sealed: bytes,
) -> int | None:
    """The profile's next version; None where the account has moved on from `version`."""
    return await connection.fetchval(
        UPDATE_PROFILE,
        session.account_id,
        session.epoch,
        version,
        display_name_sealed,
        phone_sealed,
        locale,
        time_zone_sealed,
        themes_sealed,
    )
