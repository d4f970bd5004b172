"""What staff send and get, and how coaches show to employees."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from vitalapp.core.staff_sessions import StaffRole
from vitalapp.core.texts import Locale

Email = Annotated[
    str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["els@care.example"])
]
DisplayName = Annotated[str, Meta(min_length=1, max_length=100, examples=["Els de Wit"])]
Password = Annotated[str, Meta(min_length=1, max_length=256)]
NewPassword = Annotated[str, Meta(min_length=12, max_length=256)]
SecondFactor = Annotated[str, Meta(pattern=r"^[0-9]{6}$", examples=["123456"])]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2}$", examples=["nl"])]
Theme = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["sleep"])]
RefreshToken = Annotated[str, Meta(max_length=128)]
Profession = Literal["coach", "psychologist"]


class Device(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where staff sign in from; read and not kept."""

    name: Annotated[str, Meta(max_length=100)]
    platform: Literal["ios", "android", "web"]


class PasskeyAnswer(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the authenticator made of a challenge.

    Shape: `credential` is the browser's `PublicKeyCredential.toJSON()`.
    """

    challenge_id: UUID
    credential: Annotated[dict[Annotated[str, msgspec.Meta(max_length=64)], Any], msgspec.Meta(max_length=20)]


class SignIn(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A sign-in: the password, and a code or a passkey."""

    email: Email
    password: Password
    second_factor: SecondFactor | None = None
    passkey: PasskeyAnswer | None = None
    device: Device | None = None


class Refresh(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The refresh token of a session."""

    refresh_token: RefreshToken


class TokenPair(msgspec.Struct, kw_only=True, frozen=True):
    """The tokens of a session.

    Units: `expires_in` in seconds, of the access token.
    """

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"


class StaffProfile(msgspec.Struct, kw_only=True, frozen=True):
    """One member of staff."""

    id: UUID
    role: StaffRole
    email: str
    display_name: str
    profession: Profession | None
    languages: list[str]
    themes: list[str]
    locale: Locale
    confidentiality_signed_on: date | None
    is_active: bool
    created_at: datetime


class Me(msgspec.Struct, kw_only=True, frozen=True):
    """The member of staff who is asking."""

    id: UUID
    role: StaffRole
    email: str
    display_name: str
    locale: Locale
    passkeys: list["Passkey"]


class Passkey(msgspec.Struct, kw_only=True, frozen=True):
    """One passkey."""

    id: UUID
    created_at: datetime
    last_used_at: datetime | None


class PasskeyList(msgspec.Struct, kw_only=True, frozen=True):
    """The passkeys of one member of staff."""

    items: list[Passkey]


class PasskeyChallenge(msgspec.Struct, kw_only=True, frozen=True):
    """What the browser hands to the authenticator.

    Shape: `options` for `navigator.credentials.create` or `.get`, as `parseCreationOptionsFromJSON` takes them.
    """

    challenge_id: UUID
    options: dict[str, Any]


class StaffInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new member of staff; a coach has a profession."""

    email: Email
    display_name: DisplayName
    role: StaffRole
    profession: Profession | None = None
    languages: Annotated[tuple[Language, ...], Meta(max_length=20)] = ("nl",)
    themes: Annotated[tuple[Theme, ...], Meta(max_length=20)] = ()
    locale: Locale = "nl"
    confidentiality_signed_on: date | None = None


class StaffSecrets(msgspec.Struct, kw_only=True, frozen=True):
    """How a member of staff signs in, shown once."""

    id: UUID
    role: StaffRole
    email: str
    password: str
    totp_secret: str
    otpauth_uri: str


class Confidentiality(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When the confidentiality statement was signed."""

    signed_on: date


class PasswordChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new password of one's own."""

    password: Password
    new_password: NewPassword


class CoachProfile(msgspec.Struct, kw_only=True, frozen=True):
    """A coach or psychologist, as employees see them."""

    id: UUID
    display_name: str
    profession: Profession
    languages: list[str]
    themes: list[str]
