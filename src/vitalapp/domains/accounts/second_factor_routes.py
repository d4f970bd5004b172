"""The authenticator app over HTTP."""

from litestar import delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vitalapp.core.auth import require_employee
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.domains.accounts import second_factor_service as service
from vitalapp.domains.accounts.second_factor_schemas import AuthenticatorCode, NewAuthenticator, RecoveryCodes


@post("/v1/me/second-factors/totp", operation_id="add_totp", status_code=201, guards=[require_employee])
async def add_totp(session: NamedDependency[Session], resources: NamedDependency[Resources]) -> NewAuthenticator:
    """Begin with an authenticator app; needs a step-up. It counts once it is confirmed; there can be one (409)."""
    return await service.add_totp(resources, session)


@post("/v1/me/second-factors/totp/confirm", operation_id="confirm_totp", status_code=200, guards=[require_employee])
async def confirm_totp(
    data: JSONBody[AuthenticatorCode], session: NamedDependency[Session], resources: NamedDependency[Resources]
) -> RecoveryCodes:
    """Show that the app has the secret; from now on signing in asks for a code.

    The recovery codes are shown this once, and each works once. A wrong code is 403 `wrong-second-factor`.
    """
    return RecoveryCodes(recovery_codes=await service.confirm_totp(resources, session, data.code))


@delete("/v1/me/second-factors/totp", operation_id="remove_totp", guards=[require_employee])
async def remove_totp(session: NamedDependency[Session], resources: NamedDependency[Resources]) -> None:
    """Remove the authenticator app and its recovery codes; needs a step-up.

    A password under 15 characters cannot stand alone: 409 `password-needs-second-factor`.
    """
    await service.remove_totp(resources, session)


ROUTES = [add_totp, confirm_totp, remove_totp]
