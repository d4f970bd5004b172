"""Consent in the app; these routes stay open whatever the gate says."""

from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.auth import require_employee
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import Locale
from vitalapp.domains.consent import service
from vitalapp.domains.consent.schemas import ConsentGiven, ConsentView, PurposeSwitch, ReceiptView, StatementView


@get("/v1/consent/statements/current", operation_id="get_current_consent_statement", guards=[require_employee])
async def get_current_consent_statement(
    resources: NamedDependency[Resources], locale: NamedDependency[Locale]
) -> StatementView:
    """The statement to show before asking for consent, in the language of `Accept-Language`.

    Show it whole, with every purpose off, and send back the `sha256` of the language that was shown. A new version that is marked
    material closes the app's health routes again until it is answered.
    """
    return service.get_current_consent_statement(resources, locale=locale)


@post("/v1/consent", operation_id="give_consent", guards=[require_employee])
async def give_consent(
    resources: NamedDependency[Resources], session: NamedDependency[Session], data: JSONBody[ConsentGiven]
) -> ReceiptView:
    """Send the person's answer: exactly the purposes that they switched on themselves.

    The routes for health data open with this answer, on every device of the person. Keep the `receipt`: it is signed with a key
    of `/.well-known/jwks.json` and proves what was agreed to. Sent again unchanged, it yields the same receipt.
    """
    return await service.give_consent(resources, session, data)


@get("/v1/consent", operation_id="get_consent", guards=[require_employee])
async def get_consent(resources: NamedDependency[Resources], session: NamedDependency[Session]) -> ConsentView:
    """Each purpose as it stands, and everything that was ever granted or withdrawn, oldest first."""
    return await service.get_consent(resources, session)


@put("/v1/consent/purposes/{key:str}", operation_id="switch_consent_purpose", guards=[require_employee])
async def switch_consent_purpose(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    key: FromPath[str],
    data: JSONBody[PurposeSwitch],
) -> ConsentView:
    """Switch an optional purpose on or off, from this moment on.

    The required purpose is withdrawn by deleting the account (409 `withdrawal-is-account-deletion`).
    """
    return await service.switch_consent_purpose(resources, session, key=key, is_granted=data.is_granted)


ROUTES = [get_current_consent_statement, give_consent, get_consent, switch_consent_purpose]
