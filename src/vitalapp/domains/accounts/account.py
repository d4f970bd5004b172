"""An account as its row says it, with its sealed fields at hand."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from vitalapp.core.keys import KeyRing
from vitalapp.core.mail import enqueue_mail
from vitalapp.core.mail_templates import TemplateKey
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.stores import Connection

TABLE = "accounts"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account; every query that reads one selects these columns."""

    account_id: UUID
    person_id: UUID
    contract_id: UUID
    email_sealed: bytes
    display_name_sealed: bytes
    phone_sealed: bytes | None
    themes_sealed: bytes | None
    time_zone_sealed: bytes
    locale: str
    password_hash: str
    totp_sealed: bytes | None
    has_second_factor: bool
    is_password_long: bool
    has_signed_in: bool
    consented_statement_id: UUID | None
    wrapped_data_key: bytes
    version: int
    created_at: datetime
    last_used_on: date

    def key(self, keys: KeyRing) -> PersonKey:
        """The person's opened data key."""
        return keys.unwrap(self.person_id, self.wrapped_data_key)

    def email(self, keys: KeyRing) -> str:
        """The address that mail goes to."""
        return self.key(keys).open(TABLE, self.account_id, "email_sealed", self.email_sealed).decode()

    def display_name(self, keys: KeyRing) -> str:
        """The name that the person gave, "" without one."""
        return self.key(keys).open(TABLE, self.account_id, "display_name_sealed", self.display_name_sealed).decode()

    def subject_index(self, keys: KeyRing) -> bytes:
        """What marks rows that must go with the person."""
        return keys.blind_index("subject", self.person_id.bytes)


async def tell(connection: Connection, resources: Resources, account: Account, template: TemplateKey) -> None:
    """Send the person a mail about their account, if the caller's transaction commits."""
    await enqueue_mail(
        connection,
        resources.keys,
        to=account.email(resources.keys),
        template=template,
        locale=account.locale,
        now=resources.clock(),
        subject_index=account.subject_index(resources.keys),
    )
