"""Requests that set a password."""

import msgspec

from vitalapp.domains.accounts.schemas import Email, MailToken, NewPassword, Password, SecondFactor


class PasswordResetWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The address whose password is forgotten."""

    email: Email


class PasswordReset(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The answer to the reset mail; with a second factor set, a code is needed as well."""

    token: MailToken
    new_password: NewPassword
    second_factor: SecondFactor | None = None


class PasswordChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The present password and the next."""

    password: Password
    new_password: NewPassword
