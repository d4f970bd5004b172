"""Passkeys: the second factor that cannot be phished.

Rule: C8; W3C WebAuthn Level 2, user verification demanded.
"""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.domains.staff import session_queries
from vitalapp.domains.staff.errors import InvalidCredentials, PasskeyRefused
from vitalapp.domains.staff.schemas import Passkey, PasskeyAnswer, PasskeyChallenge
from vitalapp.domains.staff.service import get_staff

CHALLENGE_LASTS: Final = timedelta(minutes=5)
_NAME = "Vitalapp"


async def begin_passkey_registration(resources: Resources, staff: StaffSession) -> PasskeyChallenge:
    """A challenge for a new passkey of one's own."""
    profile = await get_staff(resources, staff.staff_id)
    known = await session_queries.list_passkey_rows(resources.identity, staff_id=staff.staff_id)
    options = generate_registration_options(
        rp_id=_rp_id(resources),
        rp_name=_NAME,
        user_id=staff.staff_id.bytes,
        user_name=profile.email,
        user_display_name=profile.display_name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row["credential_id"]) for row in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return await _keep(resources, staff.staff_id, options.challenge, options_to_json(options))


async def begin_passkey_sign_in(resources: Resources) -> PasskeyChallenge:
    """A challenge for a sign-in; it names no passkey, so that nothing is told about who has one."""
    options = generate_authentication_options(
        rp_id=_rp_id(resources), user_verification=UserVerificationRequirement.REQUIRED
    )
    return await _keep(resources, None, options.challenge, options_to_json(options))


async def register_passkey(resources: Resources, staff: StaffSession, data: PasskeyAnswer) -> Passkey:
    """Add a passkey of one's own.

    Raises: PasskeyRefused (422).
    """
    now = resources.clock()
    challenge = await session_queries.take_challenge(
        resources.identity, challenge_id=data.challenge_id, staff_id=staff.staff_id, now=now
    )
    if challenge is None:
        raise PasskeyRefused
    try:
        verified = verify_registration_response(
            credential=data.credential,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(resources),
            expected_origin=_origin(resources),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise PasskeyRefused from None
    passkey = Passkey(id=uuid4(), created_at=now, last_used_at=None)
    is_new = await session_queries.insert_passkey(
        resources.identity,
        credential_id=verified.credential_id,
        passkey_id=passkey.id,
        staff_id=staff.staff_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        created_at=now,
    )
    if not is_new:
        raise PasskeyRefused
    return passkey


async def remove_passkey(resources: Resources, staff: StaffSession, passkey_id: UUID) -> None:
    """Remove a passkey of one's own.

    Raises: NotFound (404).
    """
    if not await session_queries.delete_passkey(resources.identity, staff_id=staff.staff_id, passkey_id=passkey_id):
        raise NotFound


async def check_passkey(resources: Resources, staff_id: UUID, answer: PasskeyAnswer) -> None:
    """Accept the answer to a sign-in challenge, once.

    Raises: InvalidCredentials (401).
    """
    now = resources.clock()
    challenge = await session_queries.take_challenge(
        resources.identity, challenge_id=answer.challenge_id, staff_id=None, now=now
    )
    try:
        credential_id = base64url_to_bytes(answer.credential["rawId"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidCredentials from None
    known = await session_queries.find_passkey(resources.identity, staff_id=staff_id, credential_id=credential_id)
    if challenge is None or known is None:
        raise InvalidCredentials
    try:
        verified = verify_authentication_response(
            credential=answer.credential,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(resources),
            expected_origin=_origin(resources),
            credential_public_key=known["public_key"],
            credential_current_sign_count=known["sign_count"],
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise InvalidCredentials from None
    await session_queries.use_passkey(
        resources.identity, staff_id=staff_id, credential_id=credential_id, sign_count=verified.new_sign_count, now=now
    )


async def _keep(resources: Resources, staff_id: UUID | None, challenge: bytes, options: str) -> PasskeyChallenge:
    challenge_id = uuid4()
    await session_queries.insert_challenge(
        resources.identity,
        challenge_id=challenge_id,
        staff_id=staff_id,
        challenge=challenge,
        expires_at=resources.clock() + CHALLENGE_LASTS,
    )
    return PasskeyChallenge(challenge_id=challenge_id, options=msgspec.json.decode(options, type=dict[str, Any]))


def _rp_id(resources: Resources) -> str:
    return urlsplit(resources.settings.public_url).hostname or "localhost"


def _origin(resources: Resources) -> str:
    address = urlsplit(resources.settings.public_url)
    return f"{address.scheme}://{address.netloc}"
