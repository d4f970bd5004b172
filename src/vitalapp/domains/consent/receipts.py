"""The signed receipt of a consent, with the fields of ISO/IEC TS 27560, made from the register, the statement and the data map."""

from typing import Any, Final

from vitalapp.core.controller import load_controller
from vitalapp.core.legal_texts import LegalText
from vitalapp.core.resources import Resources
from vitalapp.core.texts import Locale, mark, translate
from vitalapp.domains.consent.schemas import ConsentEvent

SCHEMA_VERSION: Final = "ISO/IEC TS 27560:2023"
RECEIPT_KIND: Final = "consent-receipt+jws"
_CONSENT_BASIS: Final = "9(2)(a)"
_WITHDRAWAL: Final = mark(
    "Delete your account in the app, at any time and without a reason; optional purposes have a switch of their own."
)


def make_receipt(
    resources: Resources, statement: LegalText, last: ConsentEvent, events: list[ConsentEvent]
) -> dict[str, Any]:
    """What is signed: the record's header, the processing that was agreed to, the controller, and what happened to each purpose.

    Shape: `last` is the person's last event, `events` the last one of each purpose of the statement. No name, nothing of health.
    Rule: ISO/IEC TS 27560:2023; GDPR 7(1).
    """
    locale = last.locale
    return {
        "schema_version": SCHEMA_VERSION,
        "record_id": str(last.receipt_id),
        "pii_principal_id": str(last.consent_subject_id),
        "privacy_notice": {
            "id": str(statement.id),
            "version": statement.version,
            "title": statement.title[locale],
            "sha256": statement.sha256[locale],
            "effective_on": statement.effective_on.isoformat(),
        },
        "language": locale,
        "pii_processing": [_processing(resources, statement, event, locale=locale) for event in events],
        "pii_controllers": [_controller()],
        "events": [_event(event) for event in events],
    }


def _processing(resources: Resources, statement: LegalText, event: ConsentEvent, *, locale: Locale) -> dict[str, Any]:
    purpose = next(purpose for purpose in statement.purposes if purpose.key == event.purpose)
    categories = [
        category for category in resources.personal_data.categories.values() if _CONSENT_BASIS in category.legal_basis
    ]
    recipients = {recipient for category in categories for recipient in category.recipients}
    return {
        "purpose": purpose.key,
        "purpose_description": purpose.description[locale],
        "is_required": purpose.is_required,
        "lawful_basis": purpose.legal_basis[locale],
        "data_types": [category.key for category in categories],
        "special_category": "health",
        "collection_method": "given by the person in the app",
        "storage_location": resources.settings.hosting_country,
        "processing_location": "European Economic Area",
        "retention_period": {category.key: translate(locale, category.retention) for category in categories},
        "jurisdiction": resources.settings.hosting_country,
        "recipients": sorted(translate(locale, recipient) for recipient in recipients),
        "withdrawal_method": translate(locale, _WITHDRAWAL),
    }


def _controller() -> dict[str, Any]:
    known = load_controller()
    return {
        "name": known.controller.name,
        "address": known.controller.address,
        "contact": known.contacts.privacy_officer,
        "authority": known.contacts.supervisory_authority,
    }


def _event(event: ConsentEvent) -> dict[str, Any]:
    return {
        "event_id": str(event.consent_event_id),
        "event_time": event.at.isoformat(),
        "event_type": "explicit",
        "event_state": event.event,
        "purpose": event.purpose,
        "entity_id": str(event.consent_subject_id),
        "validity": "until withdrawn",
    }
