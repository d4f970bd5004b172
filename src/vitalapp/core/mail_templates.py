"""The words of every mail: content-free, so that who looks over a shoulder or into a mailbox learns nothing.

A mail names the app and nobody else, says that there is something to see, and links to where it is seen.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from vitalapp.core.texts import mark

TemplateKey = Literal[
    "activation",
    "account_exists",
    "password_reset",
    "password_changed",
    "email_change_confirmation",
    "email_changed",
    "new_sign_in",
    "second_factor_changed",
    "account_deleted",
    "inactivity_30_days",
    "inactivity_7_days",
    "inactivity_1_day",
    "contract_ended",
    "important_message",
    "emergency_access",
    "appointment_confirmed",
    "appointment_moved",
    "appointment_cancelled",
    "appointment_reminder",
    "waiting_list_slot",
    "agenda_changed",
    "privacy_request_received",
    "privacy_request_confirmation",
    "legal_texts_changed",
    "employer_invoice",
    "newsletter",
    "satisfaction_survey",
]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of mail.

    Shape: `path` is the deep link below the public address; `params` are what a mail of this kind must be given.
    """

    subject: str
    paragraphs: tuple[str, ...]
    action: str
    path: str
    params: tuple[Literal["token", "delete_on", "unsubscribe_token"], ...] = ()

    @property
    def is_service(self) -> bool:
        """False for what a person may unsubscribe from."""
        return "unsubscribe_token" not in self.params


IGNORE: Final = mark("Was this not you? Then you need not do anything.")
NOT_YOU: Final = mark("Was this not you? Then choose a new password in the app right away.")
SIGN_IN: Final = mark("Sign in")
LOG_IN_TO_SEE: Final = mark("Sign in to see it.")
KEEP_ACCOUNT: Final = mark("Do you want to keep your account? Then sign in once before that day.")
DELETED_ON: Final = mark("Your account will be deleted on {delete_on}")
DO_NOTHING: Final = mark("If you do nothing, we delete everything in your account.")

TEMPLATES: Final[Mapping[TemplateKey, Template]] = {
    "activation": Template(
        subject=mark("Confirm your mail address"),
        paragraphs=(
            mark("You are making an account. Open the link and choose a password."),
            mark("The link works once, and for 48 hours."),
            IGNORE,
        ),
        action=mark("Confirm my mail address"),
        path="/activate",
        params=("token",),
    ),
    "account_exists": Template(
        subject=mark("You already have an account"),
        paragraphs=(
            mark("Somebody, perhaps you, tried to use this mail address for an account. There is one already."),
            mark("Sign in with it. Forgotten your password? You can choose a new one from the sign-in page."),
            IGNORE,
        ),
        action=SIGN_IN,
        path="/sign-in",
    ),
    "password_reset": Template(
        subject=mark("Choose a new password"),
        paragraphs=(
            mark("Open the link to choose a new password."),
            mark("The link works once, and for 1 hour."),
            IGNORE,
        ),
        action=mark("Choose a new password"),
        path="/reset-password",
        params=("token",),
    ),
    "password_changed": Template(
        subject=mark("Your password has been changed"),
        paragraphs=(
            mark("The password of your account has been changed. Other devices have been signed out."),
            NOT_YOU,
        ),
        action=SIGN_IN,
        path="/sign-in",
    ),
    "email_change_confirmation": Template(
        subject=mark("Confirm your new mail address"),
        paragraphs=(
            mark("Open the link to use this mail address for your account."),
            mark("The link works once, and for 48 hours."),
            IGNORE,
        ),
        action=mark("Confirm my mail address"),
        path="/confirm-email",
        params=("token",),
    ),
    "email_changed": Template(
        subject=mark("The mail address of your account has been changed"),
        paragraphs=(
            mark("Your account now has another mail address. This is the last mail to this one."),
            mark("Was this not you? Then tell our privacy officer at once."),
        ),
        action=mark("Contact"),
        path="/contact",
    ),
    "new_sign_in": Template(
        subject=mark("A new device has signed in"),
        paragraphs=(mark("A device that we did not know has signed in to your account."), NOT_YOU),
        action=mark("Look at my devices"),
        path="/devices",
    ),
    "second_factor_changed": Template(
        subject=mark("The security of your account has been changed"),
        paragraphs=(mark("The second step for signing in to your account has been changed."), NOT_YOU),
        action=SIGN_IN,
        path="/sign-in",
    ),
    "account_deleted": Template(
        subject=mark("Your account has been deleted"),
        paragraphs=(
            mark("Your account has been deleted, and your consent has been withdrawn."),
            mark("You may make a new account whenever you like. It starts empty."),
        ),
        action=mark("Your privacy"),
        path="/privacy",
    ),
    "inactivity_30_days": Template(
        subject=DELETED_ON,
        paragraphs=(
            mark("You have not used your account for a long time. We delete it on {delete_on}."),
            KEEP_ACCOUNT,
            DO_NOTHING,
        ),
        action=SIGN_IN,
        path="/sign-in",
        params=("delete_on",),
    ),
    "inactivity_7_days": Template(
        subject=DELETED_ON,
        paragraphs=(mark("We delete your account on {delete_on}."), KEEP_ACCOUNT, DO_NOTHING),
        action=SIGN_IN,
        path="/sign-in",
        params=("delete_on",),
    ),
    "inactivity_1_day": Template(
        subject=DELETED_ON,
        paragraphs=(mark("We delete your account on {delete_on}."), KEEP_ACCOUNT, DO_NOTHING),
        action=SIGN_IN,
        path="/sign-in",
        params=("delete_on",),
    ),
    "contract_ended": Template(
        subject=DELETED_ON,
        paragraphs=(
            mark("The agreement under which you use the app has ended. We delete your account on {delete_on}."),
            mark("Until then you can sign in, and download what you want to keep."),
        ),
        action=SIGN_IN,
        path="/sign-in",
        params=("delete_on",),
    ),
    "important_message": Template(
        subject=mark("There is an important message for you"),
        paragraphs=(mark("There is an important message about your account."), LOG_IN_TO_SEE),
        action=SIGN_IN,
        path="/notifications",
    ),
    "emergency_access": Template(
        subject=mark("There is an important message for you"),
        paragraphs=(
            mark("Your contact details have been looked at, with a reason that we explain to you."),
            LOG_IN_TO_SEE,
        ),
        action=SIGN_IN,
        path="/access-log",
    ),
    "appointment_confirmed": Template(
        subject=mark("Your appointment has been booked"),
        paragraphs=(mark("An appointment has been booked."), LOG_IN_TO_SEE),
        action=SIGN_IN,
        path="/appointments",
    ),
    "appointment_moved": Template(
        subject=mark("Your appointment has been moved"),
        paragraphs=(mark("An appointment has been moved."), LOG_IN_TO_SEE),
        action=SIGN_IN,
        path="/appointments",
    ),
    "appointment_cancelled": Template(
        subject=mark("Your appointment has been cancelled"),
        paragraphs=(mark("An appointment has been cancelled."), LOG_IN_TO_SEE),
        action=SIGN_IN,
        path="/appointments",
    ),
    "appointment_reminder": Template(
        subject=mark("A reminder for you"),
        paragraphs=(mark("You have an appointment soon."), LOG_IN_TO_SEE),
        action=SIGN_IN,
        path="/appointments",
    ),
    "waiting_list_slot": Template(
        subject=mark("A place has come free"),
        paragraphs=(
            mark("A place that you are waiting for has come free. It is not kept for you."),
            mark("Sign in if you want to have it."),
        ),
        action=SIGN_IN,
        path="/waiting-list",
    ),
    "agenda_changed": Template(
        subject=mark("Your agenda has changed"),
        paragraphs=(mark("A time in your agenda has come free."), LOG_IN_TO_SEE),
        action=SIGN_IN,
        path="/admin/appointments",
    ),
    "privacy_request_received": Template(
        subject=mark("We have received your request"),
        paragraphs=(
            mark("We have received your privacy request."),
            mark("You hear from us within 4 weeks at the latest, and mostly within a week."),
        ),
        action=mark("Your privacy"),
        path="/privacy",
    ),
    "privacy_request_confirmation": Template(
        subject=mark("Confirm your request"),
        paragraphs=(
            mark("We have received a privacy request with this mail address. Open the link to confirm that it is yours."),
            IGNORE,
        ),
        action=mark("Confirm my request"),
        path="/confirm-privacy-request",
        params=("token",),
    ),
    "legal_texts_changed": Template(
        subject=mark("Our terms or our privacy notice change"),
        paragraphs=(
            mark("Something important changes in our terms or our privacy notice."),
            mark("Read there what changes, and from when."),
        ),
        action=mark("Read the changes"),
        path="/privacy",
    ),
    "employer_invoice": Template(
        subject=mark("There is a new invoice or credit note for your organisation"),
        paragraphs=(
            mark("An invoice or credit note for your organisation is attached as a PDF."),
            mark("Your systems can fetch it as UBL too."),
        ),
        action=mark("Do you have a question about it? This is how to reach us"),
        path="/contact",
    ),
    "newsletter": Template(
        subject=mark("There is a new newsletter"),
        paragraphs=(mark("There is a new newsletter for you in the app."),),
        action=mark("Read the newsletter"),
        path="/newsletter",
        params=("unsubscribe_token",),
    ),
    "satisfaction_survey": Template(
        subject=mark("What do you think of us?"),
        paragraphs=(mark("We would like to know what you think of the app. Answering is voluntary."),),
        action=mark("Give my opinion"),
        path="/survey",
        params=("unsubscribe_token",),
    ),
}
