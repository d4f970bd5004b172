"""What anybody may read, and the contact form."""

from datetime import date

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vitalapp.core.auth import PUBLIC
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.legal_texts import LegalKind
from vitalapp.core.rate_limits import RateLimit
from vitalapp.core.resources import Resources
from vitalapp.core.texts import Locale
from vitalapp.domains.information import service
from vitalapp.domains.information.schemas import (
    AppStatus,
    ContactMessage,
    LegalDocument,
    MessageAccepted,
    PrivacyNotice,
    SupportContacts,
)

CONTACT_MESSAGES = RateLimit("contact", requests=5, seconds=3600)


@get("/v1/app/status", operation_id="get_app_status", opt=PUBLIC)
async def get_app_status(resources: NamedDependency[Resources]) -> AppStatus:
    """Ask this first: which app versions still work, and whether there is maintenance.

    An app below its minimum version gets 426 from every operation once it sends its version in `X-App-Version`.
    """
    return service.app_status(resources.settings, resources.clock())


@get("/v1/terms/current", operation_id="get_current_terms", opt=PUBLIC)
async def get_current_terms(resources: NamedDependency[Resources], locale: NamedDependency[Locale]) -> LegalDocument:
    """The terms of use in force; registration sends their `version` back as accepted."""
    return service.legal_document(resources.legal_texts.current("terms", resources.clock()), locale)


@get("/v1/terms/versions", operation_id="list_terms_versions", opt=PUBLIC)
async def list_terms_versions(
    resources: NamedDependency[Resources],
    locale: NamedDependency[Locale],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[LegalDocument]:
    """Every version of the terms that is or was in force, newest first."""
    return _versions("terms", resources, locale, limit, cursor)


@get("/v1/privacy-notice/current", operation_id="get_current_privacy_notice", opt=PUBLIC)
async def get_current_privacy_notice(
    resources: NamedDependency[Resources], locale: NamedDependency[Locale]
) -> PrivacyNotice:
    """The privacy notice in force, with who is responsible, whom to ask, and what is done with each kind of data."""
    return service.privacy_notice(resources, locale)


@get("/v1/privacy-notice/versions", operation_id="list_privacy_notice_versions", opt=PUBLIC)
async def list_privacy_notice_versions(
    resources: NamedDependency[Resources],
    locale: NamedDependency[Locale],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[LegalDocument]:
    """Every version of the privacy notice that is or was in force, newest first."""
    return _versions("privacy_notice", resources, locale, limit, cursor)


def _versions(kind: LegalKind, resources: Resources, locale: Locale, limit: int, cursor: str | None) -> Page[LegalDocument]:
    texts = resources.legal_texts.in_force(kind, resources.clock())
    before = decode_cursor(cursor, tuple[date])
    older = [text for text in texts if before is None or text.effective_on < before[0]]
    return make_page(
        older[: limit + 1],
        limit=limit,
        to_item=lambda text: service.legal_document(text, locale),
        to_key=lambda text: (text.effective_on,),
    )


@get("/v1/support-contacts", operation_id="list_support_contacts", opt=PUBLIC)
async def list_support_contacts(locale: NamedDependency[Locale]) -> SupportContacts:
    """Crisis and help lines, the most urgent first. Show them without asking anybody to sign in."""
    return service.support_contacts(locale)


@post("/v1/contact-messages", operation_id="send_contact_message", opt=PUBLIC, status_code=202)
async def send_contact_message(
    resources: NamedDependency[Resources], client_address: NamedDependency[str], data: JSONBody[ContactMessage]
) -> MessageAccepted:
    """Write to our support staff, with or without an account. The message is kept for 90 days.

    At most five an hour from one network address; then 429.
    """
    await resources.limiter.hit(CONTACT_MESSAGES.on_address(client_address))
    await service.send_contact_message(resources, message=data)
    return MessageAccepted()


ROUTES = [
    get_app_status,
    get_current_terms,
    list_terms_versions,
    get_current_privacy_notice,
    list_privacy_notice_versions,
    list_support_contacts,
    send_contact_message,
]
