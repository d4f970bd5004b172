"""The ways in which a request about staff can fail."""

from vitalapp.core.problems import Conflict, Forbidden, InvalidSession, Problem
from vitalapp.core.texts import mark


class InvalidCredentials(InvalidSession):
    """Address, password, code or passkey is wrong; which one is not told."""

    code = "invalid-credentials"
    title = mark("These credentials are not right")
    default_detail = mark("The mail address, the password or the second factor is not right.")


class SecondFactorRequired(InvalidSession):
    """The password is right, and a code or passkey is needed besides.

    Rule: C8, S1-14.
    """

    code = "second-factor-required"
    title = mark("A second factor is needed")
    default_detail = mark("Send a code of your authenticator app, or use your passkey.")


class RefreshTokenReused(InvalidSession):
    """An older refresh token came back, so somebody has a copy: the session has ended."""

    code = "refresh-token-reused"
    default_detail = mark("This session was ended, because an old token was used again. Sign in again.")


class StaffInactive(Forbidden):
    """The account may not be used: confidentiality is not signed yet, or the account was closed.

    Rule: S1-13.
    """

    code = "staff-inactive"
    default_detail = mark("This staff account is not active. It needs a signed confidentiality statement.")


class StaffExists(Conflict):
    """There is a member of staff with this address."""

    code = "staff-exists"
    default_detail = mark("There is a member of staff with this mail address already.")


class PasskeyRefused(Problem):
    """What the authenticator answered does not fit the challenge."""

    status = 422
    code = "passkey-refused"
    title = mark("This passkey was not accepted")
    default_detail = mark("The answer of the passkey does not fit the challenge. Ask for a new one and try again.")


class WrongPassword(Forbidden):
    """The present password is not right."""

    code = "wrong-password"
    default_detail = mark("The password is not right.")
