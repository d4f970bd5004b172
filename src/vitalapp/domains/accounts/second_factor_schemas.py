"""Requests and answers of setting up an authenticator app."""

from typing import Annotated

import msgspec


class NewAuthenticator(msgspec.Struct, kw_only=True, frozen=True):
    """What the authenticator app is told, by typing or by QR code."""

    secret: str
    otpauth_uri: str


class AuthenticatorCode(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A code that the app shows now."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$", examples=["287082"])]


class RecoveryCodes(msgspec.Struct, kw_only=True, frozen=True):
    """Codes for the day that the phone is lost; each works once, and none is shown again."""

    recovery_codes: list[str]
