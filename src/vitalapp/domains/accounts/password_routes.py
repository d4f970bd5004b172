"""Forgotten and new passwords over HTTP."""

from litestar import post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vitalapp.core.auth import PUBLIC, require_employee
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.domains.accounts import password_service as service
from vitalapp.domains.accounts.password_schemas import PasswordChange, PasswordReset, PasswordResetWish
from vitalapp.domains.accounts.schemas import Accepted


@post("/v1/password-resets", operation_id="request_password_reset", status_code=202, opt=PUBLIC)
async def request_password_reset(
    data: JSONBody[PasswordResetWish], resources: NamedDependency[Resources], client_address: NamedDependency[str]
) -> Accepted:
    """Ask for a mail to choose a new password with; the answer is the same for every address. The mail's token works for an hour."""
    await service.request_password_reset(resources, data.email, client_address=client_address)
    return Accepted()


@post("/v1/password-resets/confirm", operation_id="confirm_password_reset", status_code=204, opt=PUBLIC)
async def confirm_password_reset(
    data: JSONBody[PasswordReset], resources: NamedDependency[Resources], client_address: NamedDependency[str]
) -> None:
    """Choose a new password with the token from the mail; every device is signed out.

    401 `second-factor-required` asks for the same request with `second_factor`; 401 `invalid-credentials` says that the code is wrong;
    a weak or leaked password is 400 with the pointer `/new_password`. In all three the token can be used again.
    """
    await service.confirm_password_reset(resources, data, client_address=client_address)


@put("/v1/me/password", operation_id="change_password", status_code=204, guards=[require_employee])
async def change_password(
    data: JSONBody[PasswordChange], session: NamedDependency[Session], resources: NamedDependency[Resources]
) -> None:
    """Choose another password; every other device is signed out. A wrong present password is 403 `wrong-password`."""
    await service.change_password(resources, session, data)


ROUTES = [request_password_reset, confirm_password_reset, change_password]
