"""Making accounts and opening sessions: what registration and sign-in end in."""

from datetime import timedelta
from typing import Final, Literal
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.keys import token_hash
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.stores import Connection
from vitalapp.domains.accounts import account_queries, session_queries
from vitalapp.domains.accounts.account import TABLE
from vitalapp.domains.accounts.addresses import MailAddress
from vitalapp.domains.accounts.session_tokens import TokenMint, TokenPair

ACCESS_FOR: Final = timedelta(minutes=15)
IDLE_FOR: Final = timedelta(days=60)
SESSION_FOR: Final = timedelta(days=90)
DEFAULT_TIME_ZONE: Final = "Europe/Amsterdam"

Platform = Literal["ios", "android", "web"]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has told and proven by the time of activation."""

    contract_id: UUID
    address: MailAddress
    display_name: str | None
    locale: str
    accepted_terms_version: str
    password_hash: str


async def create_account(connection: Connection, resources: Resources, new: NewAccount) -> UUID | None:
    """Make an account under fresh pseudonyms and a fresh data key; None where its address has one.

    Rule: S0-18, S2-23: nothing leads from the account to the vault but its own row, and nothing from an earlier one to this.
    """
    account_id, person_id = uuid4(), uuid4()
    key, wrapped_data_key = resources.keys.new_data_key(person_id)
    is_new = await account_queries.insert_account(
        connection,
        account_id=account_id,
        person_id=person_id,
        log_subject_id=uuid4(),
        consent_subject_id=uuid4(),
        contract_id=new.contract_id,
        email_index=new.address.index(resources.keys),
        email_sealed=key.seal(TABLE, account_id, "email_sealed", new.address.mailbox.encode()),
        display_name_sealed=key.seal(TABLE, account_id, "display_name_sealed", (new.display_name or "").encode()),
        time_zone_sealed=key.seal(TABLE, account_id, "time_zone_sealed", DEFAULT_TIME_ZONE.encode()),
        locale=new.locale,
        password_hash=new.password_hash,
        accepted_terms_version=new.accepted_terms_version,
        wrapped_data_key=wrapped_data_key,
        now=resources.clock(),
    )
    return account_id if is_new else None


async def open_session(
    connection: Connection,
    resources: Resources,
    *,
    account_id: UUID,
    key: PersonKey,
    device_name: str,
    platform: Platform,
    network_index: bytes,
) -> TokenPair:
    """Open a session of a device and hand out its first tokens."""
    session_id, now = uuid4(), resources.clock()
    pair = TokenMint(resources.copy_key).first_pair(session_id)
    await session_queries.insert_session(
        connection,
        session_id=session_id,
        account_id=account_id,
        device_name_sealed=key.seal("sessions", session_id, "device_name_sealed", device_name.encode()),
        platform=platform,
        network_index=network_index,
        refresh_token_hash=token_hash(pair.refresh_token),
        now=now,
        idle_expires_at=now + IDLE_FOR,
        absolute_expires_at=now + SESSION_FOR,
        access_token_hash=token_hash(pair.access_token),
        access_expires_at=now + ACCESS_FOR,
    )
    return pair
