"""Requests of registration, and what a registration holds until it is activated."""

from typing import Annotated
from uuid import UUID

import msgspec

from vitalapp.core.texts import Locale
from vitalapp.domains.accounts.schemas import DisplayName, Email, MailToken, NewPassword


class Registration(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A wish for an account."""

    link_token: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=512, description="The token in the employer's link.", examples=["vrl_3mI8…"]),
    ]
    email: Email
    display_name: DisplayName | None = None
    locale: Locale | None = None
    is_16_or_older: bool
    accepted_terms_version: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=40, description="The `version` of the terms as shown.", examples=["1.0"]),
    ]


class Activation(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The answer to the activation mail."""

    token: MailToken
    password: NewPassword


class PendingRegistration(msgspec.Struct, kw_only=True, frozen=True):
    """What a registration holds under its seal."""

    email: str
    display_name: str | None
    locale: Locale
    contract_id: UUID
    accepted_terms_version: str
