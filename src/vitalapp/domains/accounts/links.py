"""Registration links: one secret per contract, which says which organisation and nothing else."""

import base64
import os
from datetime import datetime
from uuid import UUID

import asyncpg

from vitalapp.core.keys import token_hash
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources

LINK_PREFIX = "vrl_"
_LINK_BYTES = 99

INSERT_LINK = """
    INSERT INTO registration_links (link_hash, contract_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
"""


async def create_registration_link(resources: Resources, *, contract_id: UUID, expires_at: datetime | None = None) -> str:
    """A fresh link's token, shown once; only its hash is kept.

    Shape: 136 characters, 792 bits of chance.
    Rule: S0-16, S0-24.
    Raises: NotFound (404) where identity does not know the contract.
    """
    token = LINK_PREFIX + base64.urlsafe_b64encode(os.urandom(_LINK_BYTES)).decode()
    try:
        await resources.identity.execute(INSERT_LINK, token_hash(token), contract_id, resources.clock(), expires_at)
    except asyncpg.ForeignKeyViolationError:
        raise NotFound from None
    return token
