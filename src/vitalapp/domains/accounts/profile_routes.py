"""The profile and the mail address over HTTP."""

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vitalapp.core.auth import require_employee
from vitalapp.core.http.preconditions import etag_header, require_if_match
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.domains.accounts import email_change_service, profile_service
from vitalapp.domains.accounts.profile_schemas import EmailChange, EmailConfirmation, Profile, ProfileChanges
from vitalapp.domains.accounts.schemas import Accepted


@get("/v1/me", operation_id="get_me", guards=[require_employee])
async def get_me(session: NamedDependency[Session], resources: NamedDependency[Resources]) -> Response[Profile]:
    """The account; its `ETag` is needed to change it."""
    return _answer(await profile_service.get_me(resources, session))


@patch("/v1/me", operation_id="update_me", guards=[require_employee, require_if_match])
async def update_me(
    data: JSONBody[ProfileChanges],
    session: NamedDependency[Session],
    resources: NamedDependency[Resources],
    expected_version: NamedDependency[int],
) -> Response[Profile]:
    """Change the account; a field that is left out stays as it is, null empties it. The mail address has an operation of its own."""
    return _answer(await profile_service.update_me(resources, session, data, expected_version=expected_version))


@post("/v1/me/email-changes", operation_id="request_email_change", status_code=202, guards=[require_employee])
async def request_email_change(
    data: JSONBody[EmailChange], session: NamedDependency[Session], resources: NamedDependency[Resources]
) -> Accepted:
    """Ask for another mail address, which gets a mail with a token.

    The answer is the same whether or not that address has an account. 422 `use-private-address` for one that the employer manages.
    """
    await email_change_service.request_email_change(resources, session, data)
    return Accepted()


@post("/v1/me/email-changes/confirm", operation_id="confirm_email_change", status_code=204, guards=[require_employee])
async def confirm_email_change(
    data: JSONBody[EmailConfirmation], session: NamedDependency[Session], resources: NamedDependency[Resources]
) -> None:
    """Use the new address from now on, with the token from its mail; the old address is told."""
    await email_change_service.confirm_email_change(resources, session, data.token)


def _answer(profile: Profile) -> Response[Profile]:
    return Response(profile, headers=etag_header(profile.version))


ROUTES = [get_me, update_me, request_email_change, confirm_email_change]
