"""Statements on authenticator apps and recovery codes, each above the function that runs it."""

from uuid import UUID

from vitalapp.core.fence import fetchrow_fenced
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, Pool

UPDATE_LAST_STEP = """
    UPDATE accounts SET totp_last_step = $2 WHERE account_id = $1 AND totp_last_step < $2 RETURNING account_id
"""


async def update_last_step(connection: Connection, *, account_id: UUID, step: int) -> bool:
    """Accept the code of a time step; False where that one or a later one was accepted before."""
    return await connection.fetchval(UPDATE_LAST_STEP, account_id, step) is not None


DELETE_RECOVERY_CODE = """
    DELETE FROM recovery_codes WHERE account_id = $1 AND code_hash = $2 RETURNING account_id
"""


async def delete_recovery_code(connection: Connection, *, account_id: UUID, code_hash: bytes) -> bool:
    """Use up a recovery code; False for an unknown or used one."""
    return await connection.fetchval(DELETE_RECOVERY_CODE, account_id, code_hash) is not None


UPDATE_PENDING_SECRET = """
    UPDATE accounts SET totp_sealed = $3
    WHERE account_id = $1 AND epoch = $2 AND NOT has_second_factor
    RETURNING account_id
"""


async def update_pending_secret(connection: Connection | Pool, session: Session, *, totp_sealed: bytes) -> None:
    """Keep the secret of an authenticator app that has not shown a code yet.

    Raises: StaleFence, also where a second factor was confirmed in the meantime.
    """
    await fetchrow_fenced(connection, UPDATE_PENDING_SECRET, session.account_id, session.epoch, totp_sealed)


CONFIRM_SECRET = """
    UPDATE accounts SET has_second_factor = true, totp_last_step = $4, version = version + 1
    WHERE account_id = $1 AND epoch = $2 AND totp_sealed = $3 AND NOT has_second_factor
    RETURNING account_id
"""


async def confirm_secret(connection: Connection, session: Session, *, totp_sealed: bytes, step: int) -> None:
    """Make an authenticator app that has shown its code the second factor.

    Raises: StaleFence, also where another app was confirmed in the meantime.
    """
    await fetchrow_fenced(connection, CONFIRM_SECRET, session.account_id, session.epoch, totp_sealed, step)


REMOVE_SECRET = """
    UPDATE accounts SET has_second_factor = false, totp_sealed = NULL, version = version + 1
    WHERE account_id = $1 AND epoch = $2 AND is_password_long
    RETURNING account_id
"""


async def remove_secret(connection: Connection, session: Session) -> None:
    """Let the account be without a second factor.

    Raises: StaleFence, also where the password has become a short one in the meantime.
    """
    await fetchrow_fenced(connection, REMOVE_SECRET, session.account_id, session.epoch)


DELETE_RECOVERY_CODES = """
    DELETE FROM recovery_codes WHERE account_id = $1
"""


async def delete_recovery_codes(connection: Connection, *, account_id: UUID) -> None:
    """Forget every recovery code of an account."""
    await connection.execute(DELETE_RECOVERY_CODES, account_id)


INSERT_RECOVERY_CODES = """
    INSERT INTO recovery_codes (account_id, code_hash) SELECT $1, unnest($2::bytea[])
"""


async def insert_recovery_codes(connection: Connection, *, account_id: UUID, code_hashes: list[bytes]) -> None:
    """Keep fresh recovery codes."""
    await connection.execute(INSERT_RECOVERY_CODES, account_id, code_hashes)
