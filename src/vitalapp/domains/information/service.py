"""What is said, in which language and as of when; and the keeping of what is written to us."""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from vitalapp.core.category_texts import describe_category
from vitalapp.core.controller import load_controller
from vitalapp.core.legal_texts import LegalText
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings
from vitalapp.core.texts import LOCALES, Locale
from vitalapp.domains.information import queries
from vitalapp.domains.information.schemas import (
    AppStatus,
    ContactMessage,
    LegalDocument,
    Maintenance,
    MinimumVersions,
    PrivacyNotice,
    ReceivedMessage,
    SupportContact,
    SupportContacts,
)

CONTACT_SEAL: Final = "contact_messages"
_SUPPORT_CONTACTS: Final = Path(__file__).parent / "support_contacts.toml"


def app_status(settings: Settings, now: datetime) -> AppStatus:
    """The versions that work and the maintenance that is under way at `now`."""
    until = settings.maintenance_until
    maintenance = None if until is None or until <= now else Maintenance(until=until, message=settings.maintenance_message)
    return AppStatus(
        server_time=now,
        minimum_versions=MinimumVersions(
            ios=settings.minimum_ios_version,
            android=settings.minimum_android_version,
            web=settings.minimum_web_version,
        ),
        maintenance=maintenance,
    )


def legal_document(text: LegalText, locale: Locale) -> LegalDocument:
    """One version of a text in one language."""
    return LegalDocument(
        version=text.version,
        locale=locale,
        title=text.title[locale],
        body=text.body[locale],
        sha256=text.sha256[locale],
        effective_on=text.effective_on,
    )


def privacy_notice(resources: Resources, locale: Locale) -> PrivacyNotice:
    """The notice in force, with who is responsible and what is done with each kind of data.

    Rule: S0-04, S0-05, S0-11, S1-03, S1-26; GDPR 13.
    """
    provider = load_controller()
    document = legal_document(resources.legal_texts.current("privacy_notice", resources.clock()), locale)
    return PrivacyNotice(
        **msgspec.structs.asdict(document),
        controller=provider.controller,
        contacts=provider.contacts,
        categories=[describe_category(category, locale) for category in resources.personal_data.categories.values()],
    )


def support_contacts(locale: Locale) -> SupportContacts:
    """Who helps, in one language."""
    return _support_contacts()[locale]


@cache
def _support_contacts() -> dict[Locale, SupportContacts]:
    held = tomllib.loads(_SUPPORT_CONTACTS.read_text("utf-8"))
    return {
        locale: SupportContacts(locale=locale, items=msgspec.convert(held[locale], list[SupportContact]))
        for locale in LOCALES
    }


async def send_contact_message(resources: Resources, *, message: ContactMessage) -> None:
    """Keep a message, sealed, for our support staff.

    Rule: C14, S4-11.
    """
    message_id = uuid4()
    sealed = resources.keys.system(CONTACT_SEAL).seal(message_id, msgspec.json.encode(message))
    await queries.insert_contact_message(
        resources.identity, contact_message_id=message_id, payload_sealed=sealed, received_at=resources.clock()
    )


async def list_contact_messages(resources: Resources) -> list[ReceivedMessage]:
    """What was written to us and is still kept, oldest first."""
    key = resources.keys.system(CONTACT_SEAL)
    return [
        ReceivedMessage(
            received_at=row["received_at"],
            message=msgspec.json.decode(key.open(row["contact_message_id"], row["payload_sealed"]), type=ContactMessage),
        )
        for row in await queries.list_contact_messages(resources.identity)
    ]
