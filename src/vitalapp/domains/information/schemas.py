"""What goes over the line."""

from datetime import date, datetime
from typing import Annotated

import msgspec

from vitalapp.core.category_texts import CategoryText
from vitalapp.core.controller import Contacts, Organisation
from vitalapp.core.texts import Locale

MailAddress = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        max_length=254,
        description="Where we answer to.",
        examples=["kim@mail.example"],
    ),
]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["Kim"])]
PhoneNumber = Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9 ()-]{4,30}$", examples=["+31 6 12345678"])]
MessageText = Annotated[
    str, msgspec.Meta(min_length=1, max_length=5000, description="The question.", examples=["How do I change my name?"])
]
Sha256 = Annotated[
    str,
    msgspec.Meta(
        description="The SHA-256 of `body` in UTF-8, in hexadecimal.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
VersionNumber = Annotated[str, msgspec.Meta(examples=["1.0"])]


class MinimumVersions(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest app versions that still work."""

    ios: VersionNumber
    android: VersionNumber
    web: VersionNumber


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """Work under way: the app shows the message and tries again after `until`."""

    until: datetime
    message: str


class AppStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What an app asks first."""

    server_time: datetime
    minimum_versions: MinimumVersions
    maintenance: Maintenance | None


class LegalDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a text in one language.

    Shape: `body` is Markdown.
    """

    version: VersionNumber
    locale: Locale
    title: str
    body: str
    sha256: Sha256
    effective_on: date


class PrivacyNotice(LegalDocument, frozen=True, kw_only=True):
    """The notice with its tables, which come from the register that the product itself works by."""

    controller: Organisation
    contacts: Contacts
    categories: list[CategoryText]


class SupportContact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who helps.

    Shape: `is_crisis` is true for those who are there at once, day and night; `phone` can be dialled as it stands.
    """

    key: str
    name: str
    description: str
    availability: str
    phone: str | None = None
    url: str | None = None
    is_crisis: bool = False


class SupportContacts(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, the most urgent first; there is no next page."""

    locale: Locale
    items: list[SupportContact]
    next_cursor: None = None


class ContactMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to our support staff; a name or phone number need not be given."""

    email: MailAddress
    message: MessageText
    name: ShortText | None = None
    phone: PhoneNumber | None = None
    subject: ShortText | None = None


class ReceivedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as our support staff get it."""

    received_at: datetime
    message: ContactMessage


class MessageAccepted(msgspec.Struct, frozen=True):
    """Taken; there is nothing to tell."""
