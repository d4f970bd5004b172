"""Registration and activation over HTTP."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vitalapp.core.auth import PUBLIC
from vitalapp.core.resources import Resources
from vitalapp.core.texts import Locale
from vitalapp.domains.accounts import registration_service as service
from vitalapp.domains.accounts.registration_schemas import Activation, Registration
from vitalapp.domains.accounts.schemas import Accepted


@post("/v1/registrations", operation_id="register", status_code=202, opt=PUBLIC)
async def register(
    data: JSONBody[Registration],
    resources: NamedDependency[Resources],
    client_address: NamedDependency[str],
    locale: NamedDependency[Locale],
) -> Accepted:
    """Ask for an account by the employer's link.

    The answer is the same whether or not the address has an account; a mail tells its reader. `display_name` may be left out.
    An unknown link is 404 `unknown-registration-link`, somebody under 16 gets 403 `under-age`, other terms than the current
    409 `terms-not-current`, an address that the employer manages 422 `use-private-address`.
    """
    await service.register(resources, data, client_address=client_address, locale=locale)
    return Accepted()


@post("/v1/registrations/activate", operation_id="activate_registration", status_code=204, opt=PUBLIC)
async def activate_registration(
    data: JSONBody[Activation], resources: NamedDependency[Resources], client_address: NamedDependency[str]
) -> None:
    """Choose the password, with the token from the mail, and have the account.

    A weak or leaked password is 400 with the pointer `/password`, and the token can be used again. A used or expired token is 404.
    """
    await service.activate_registration(resources, data, client_address=client_address)


ROUTES = [register, activate_registration]
