"""What goes over the line."""

from datetime import date, datetime
from typing import Annotated

import msgspec

from vitalapp.core.category_texts import CategoryText
from vitalapp.core.controller import Contacts, Organisation
from vitalapp.core.texts import Locale

MailAddress = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
PhoneNumber = Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9 ()-]{4,30}$")]
MessageText = Annotated[str, msgspec.Meta(min_length=1, max_length=5000)]


class MinimumVersions(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest app versions that still work."""

    ios: str
    android: str
    web: str


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

    Shape: `body` is Markdown; `sha256` is that of its UTF-8, in hexadecimal.
    """

    version: str
    locale: Locale
    title: str
    body: str
    sha256: str
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


class Accepted(msgspec.Struct, frozen=True):
    """Taken; there is nothing to tell."""
