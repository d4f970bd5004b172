"""How registration, sign-in and the profile can fail."""

from vitalapp.core.problems import Conflict, Forbidden, InvalidSession, NotFound, Problem
from vitalapp.core.texts import mark


class UnknownRegistrationLink(NotFound):
    """The link is altered, revoked, expired, or its contract does not run.

    Rule: S0-24.
    """

    code = "unknown-registration-link"
    title = mark("This registration link does not work")
    default_detail = mark("The link is not complete, or no longer valid. Ask your employer for the current one.")


class UnknownToken(NotFound):
    """The token of a mail is altered, used or expired."""

    code = "unknown-token"
    title = mark("This link does not work any more")
    default_detail = mark("The link from the mail was used before, has expired, or is not complete. Ask for a new mail.")


class UnderAge(Forbidden):
    """Younger people need somebody's consent that we cannot check.

    Rule: S4-16; UAVG 5.
    """

    code = "under-age"
    title = mark("The app is for people of 16 and older")
    default_detail = mark("You can use the app from your 16th birthday.")


class PrivateAddressNeeded(Problem):
    """The employer could read mail to this address.

    Rule: S0-17, S0-26.
    """

    status = 422
    code = "use-private-address"
    title = mark("Use a private mail address")
    default_detail = mark(
        "Your employer manages this mail address. Use one of your own, so that this stays between you and us."
    )


class TermsNotCurrent(Conflict):
    """Other terms hold than the ones that were accepted.

    Rule: S4-10.
    """

    code = "terms-not-current"
    title = mark("The terms have changed")
    default_detail = mark("Fetch the current terms, show them, and send their version.")

    def __init__(self, current_version: str) -> None:
        super().__init__(current_version=current_version)


class InvalidCredentials(InvalidSession):
    """Address, password or second factor is wrong; which one is not told.

    Rule: ASVS 6.3.8, S0-25: an account that is not activated looks the same.
    """

    code = "invalid-credentials"
    title = mark("Signing in did not work")
    default_detail = mark("The mail address, the password or the code is not right.")


class SecondFactorRequired(InvalidSession):
    """What was given is right, and a code is needed as well."""

    code = "second-factor-required"
    title = mark("A code is needed as well")
    default_detail = mark("Send the code of your authenticator app, or a recovery code, as second_factor.")


class RefreshTokenReused(InvalidSession):
    """A refresh token came back after its successor was used: somebody has a copy, so the device's session has ended.

    Rule: pitfall 4; RFC 9700, 4.14.2.
    """

    code = "refresh-token-reused"
    title = mark("This device has been signed out")
    default_detail = mark("An old refresh token was used again, so this device's session has ended. Sign in again.")


class StepUpRequired(Forbidden):
    """The person must prove to be there, now.

    Rule: ASVS 7.5.1.
    """

    code = "step-up-required"
    title = mark("Confirm that it is you")
    default_detail = mark("Send your password or a code to /v1/sessions/current/step-up, then do this within five minutes.")


class WrongPassword(Forbidden):
    """The password of a signed-in person is wrong."""

    code = "wrong-password"
    title = mark("The password is not right")
    default_detail = mark("Type your present password again.")


class WrongSecondFactor(Forbidden):
    """The code of a signed-in person is wrong, or was used before."""

    code = "wrong-second-factor"
    title = mark("The code is not right")
    default_detail = mark("Send the present code of your authenticator app, or an unused recovery code. Each works once.")


class SecondFactorMissing(Forbidden):
    """A signed-in person has a second factor, and it is needed here."""

    code = "second-factor-required"
    title = mark("A code is needed as well")
    default_detail = mark("Send the code of your authenticator app, or a recovery code, as second_factor.")


class SecondFactorExists(Conflict):
    """There is a second factor already."""

    code = "second-factor-exists"
    title = mark("You have a second factor")
    default_detail = mark("Remove the present authenticator app before you add another.")


class PasswordNeedsSecondFactor(Conflict):
    """The password is too short to stand alone.

    Rule: NIST SP 800-63B-4: 15 characters without a second factor.
    """

    code = "password-needs-second-factor"
    title = mark("Your password is too short without a second factor")
    default_detail = mark("Choose a password of at least 15 characters first.")
