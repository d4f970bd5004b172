"""The account as its owner sees and changes it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vitalapp.core.texts import Locale
from vitalapp.domains.accounts.schemas import DisplayName, Email, MailToken, Password, SecondFactor

Phone = Annotated[str, Meta(max_length=30, pattern=r"^\+?[0-9][0-9 ()./-]{4,28}$", examples=["+31 6 12345678"])]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64, examples=["Europe/Amsterdam"])]
Theme = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_-]{0,39}$",
        description="A theme that the person picked; never derived from a score.",
        examples=["sleep"],
    ),
]
Themes = Annotated[list[Theme], Meta(max_length=20)]


class Profile(msgspec.Struct, kw_only=True, frozen=True):
    """The account; `id` is never the one under which health data is kept."""

    id: UUID
    display_name: str | None
    email: str
    phone: str | None
    locale: str
    time_zone: str
    themes: list[str]
    has_second_factor: bool
    created_at: datetime
    last_used_on: date
    version: int


class ProfileChanges(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays, null empties."""

    display_name: DisplayName | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    locale: Locale | UnsetType = UNSET
    time_zone: ZoneName | UnsetType = UNSET
    themes: Themes | UnsetType = UNSET


class EmailChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The new address, and proof that the person is the person."""

    new_email: Email
    password: Password
    second_factor: SecondFactor | None = None


class EmailConfirmation(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The answer to the mail at the new address."""

    token: MailToken
