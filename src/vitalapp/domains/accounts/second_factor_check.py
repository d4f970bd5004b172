"""Second factors at the moment of use: each code counts once."""

import base64
import os
from uuid import UUID

from vitalapp.core.keys import KeyRing
from vitalapp.core.resources import Resources
from vitalapp.core.second_factors import find_totp_step
from vitalapp.core.stores import Connection
from vitalapp.domains.accounts import second_factor_queries as queries
from vitalapp.domains.accounts.account import TABLE, Account

RECOVERY_CODES = 10
_CODE_BYTES = 10
_GROUP = 4
_TOTP_DIGITS = 6


async def use_second_factor(connection: Connection, resources: Resources, account: Account, code: str) -> bool:
    """Use up a code of the authenticator app, or a recovery code; False for a wrong or used one.

    Rule: ASVS 6.5.1; pitfall 6: of any number of parallel uses one succeeds.
    """
    plain = code.replace(" ", "").replace("-", "").upper()
    if len(plain) != _TOTP_DIGITS:
        hashed = recovery_code_hash(resources.keys, account.account_id, plain)
        return await queries.delete_recovery_code(connection, account_id=account.account_id, code_hash=hashed)
    secret = totp_secret(resources.keys, account)
    step = None if secret is None else find_totp_step(secret, plain, now=resources.clock())
    return step is not None and await queries.update_last_step(connection, account_id=account.account_id, step=step)


def totp_secret(keys: KeyRing, account: Account) -> str | None:
    """The opened secret of the authenticator app, confirmed or not yet."""
    if account.totp_sealed is None:
        return None
    return account.key(keys).open(TABLE, account.account_id, "totp_sealed", account.totp_sealed).decode()


def new_recovery_code() -> str:
    """A recovery code as a person writes it down: 80 bits in four groups."""
    text = base64.b32encode(os.urandom(_CODE_BYTES)).decode().lower()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def recovery_code_hash(keys: KeyRing, account_id: UUID, code: str) -> bytes:
    """What is stored of a recovery code."""
    return keys.blind_index("recovery code", account_id.bytes + code.replace("-", "").upper().encode())
