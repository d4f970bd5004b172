"""Requests and answers of signing in, refreshing and the list of devices."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from vitalapp.domains.accounts.schemas import Email, Password, SecondFactor

Platform = Literal["ios", "android", "web"]


class Device(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The device as its owner will recognise it in the list."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["Kim's phone"])]
    platform: Platform


class SignIn(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Address, password, and the device that it is for."""

    email: Email
    password: Password
    second_factor: SecondFactor | None = None
    device: Device


class ConsentState(msgspec.Struct, kw_only=True, frozen=True):
    """Whether the health part is open, and the statement that opens it."""

    status: Literal["required", "granted"]
    statement_id: UUID


class Tokens(msgspec.Struct, kw_only=True, frozen=True):
    """A pair of tokens.

    Units: `expires_in` is the access token's, in seconds.
    """

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    refresh_token: str


class SignedIn(Tokens, kw_only=True, frozen=True):
    """A pair of tokens, and whether consent is still to be asked for."""

    consent: ConsentState


class Refresh(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The refresh token of the last pair."""

    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["var_K5ZX…"])]


class SessionView(msgspec.Struct, kw_only=True, frozen=True):
    """One signed-in device."""

    id: UUID
    device: Device
    created_at: datetime
    last_used_at: datetime
    is_current: bool


class StepUp(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The password or a second factor, one of them."""

    password: Password | None = None
    second_factor: SecondFactor | None = None
