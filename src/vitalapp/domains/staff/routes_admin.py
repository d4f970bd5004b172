"""How staff sign in and keep their own account; the same routes in the app's and the operator's process."""

from uuid import UUID

from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.auth import PUBLIC
from vitalapp.core.resources import Resources
from vitalapp.core.staff_auth import require_staff, require_staff_network
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.domains.staff import passkeys, service, sessions
from vitalapp.domains.staff.schemas import (
    Me,
    Passkey,
    PasskeyAnswer,
    PasskeyChallenge,
    PasswordChange,
    Refresh,
    SignIn,
    TokenPair,
)


@post("/admin/v1/sessions", operation_id="sign_in_staff", guards=[require_staff_network], opt=PUBLIC, tags=["Staff"])
async def sign_in_staff(
    resources: NamedDependency[Resources], client_address: NamedDependency[str], data: JSONBody[SignIn]
) -> TokenPair:
    """Sign in with the password and a code of the authenticator app, or with the password and a passkey.

    Without either 401 `second-factor-required`; a code works once. From a network that is not listed for the role 403
    `network-not-allowed`; before confidentiality is signed 403 `staff-inactive`. A session lasts 12 hours, and one hour without use.
    """
    return await sessions.sign_in_staff(resources, data, address=client_address)


@post(
    "/admin/v1/sessions/passkey-challenges",
    operation_id="begin_passkey_sign_in",
    guards=[require_staff_network],
    opt=PUBLIC,
    tags=["Staff"],
)
async def begin_passkey_sign_in(resources: NamedDependency[Resources]) -> PasskeyChallenge:
    """Get a challenge for signing in with a passkey; it lasts five minutes and works once."""
    return await passkeys.begin_passkey_sign_in(resources)


@post(
    "/admin/v1/sessions/refresh",
    operation_id="refresh_staff_session",
    guards=[require_staff_network],
    opt=PUBLIC,
    status_code=200,
    tags=["Staff"],
)
async def refresh_staff_session(resources: NamedDependency[Resources], data: JSONBody[Refresh]) -> TokenPair:
    """Exchange the refresh token for a new pair; a refresh does not count as use."""
    return await sessions.refresh_staff_session(resources, data.refresh_token)


@delete("/admin/v1/sessions/current", operation_id="sign_out_staff", guards=[require_staff()], tags=["Staff"])
async def sign_out_staff(resources: NamedDependency[Resources], staff: NamedDependency[StaffSession]) -> None:
    """End this session."""
    await sessions.sign_out_staff(resources, staff)


@get("/admin/v1/me", operation_id="get_staff_me", guards=[require_staff()], tags=["Staff"])
async def get_staff_me(resources: NamedDependency[Resources], staff: NamedDependency[StaffSession]) -> Me:
    """Who is signed in, and with which passkeys."""
    return await service.get_staff_me(resources, staff)


@put(
    "/admin/v1/me/password",
    operation_id="change_staff_password",
    guards=[require_staff()],
    status_code=204,
    tags=["Staff"],
)
async def change_staff_password(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], data: JSONBody[PasswordChange]
) -> None:
    """Choose a new password; the other sessions end."""
    await service.change_staff_password(resources, staff, data)


@post(
    "/admin/v1/me/passkeys/challenges",
    operation_id="begin_passkey_registration",
    guards=[require_staff()],
    tags=["Staff"],
)
async def begin_passkey_registration(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession]
) -> PasskeyChallenge:
    """Get a challenge for a new passkey; it lasts five minutes and works once."""
    return await passkeys.begin_passkey_registration(resources, staff)


@post("/admin/v1/me/passkeys", operation_id="register_passkey", guards=[require_staff()], tags=["Staff"])
async def register_passkey(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], data: JSONBody[PasskeyAnswer]
) -> Passkey:
    """Add the passkey that the authenticator made."""
    return await passkeys.register_passkey(resources, staff, data)


@delete("/admin/v1/me/passkeys/{passkey_id:uuid}", operation_id="remove_passkey", guards=[require_staff()], tags=["Staff"])
async def remove_passkey(
    resources: NamedDependency[Resources], staff: NamedDependency[StaffSession], passkey_id: FromPath[UUID]
) -> None:
    """Remove a passkey."""
    await passkeys.remove_passkey(resources, staff, passkey_id)


ROUTES = [
    sign_in_staff,
    begin_passkey_sign_in,
    refresh_staff_session,
    sign_out_staff,
    get_staff_me,
    change_staff_password,
    begin_passkey_registration,
    register_passkey,
    remove_passkey,
]
