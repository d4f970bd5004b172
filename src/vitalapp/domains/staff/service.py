"""Who works here: staff accounts, and how coaches show to employees.

Each member of staff has a data key of their own; address, name and authenticator secret are sealed under it.
"""

import base64
import os
from datetime import date, datetime
from uuid import UUID, uuid4

import asyncpg

from vitalapp.core.keys import KeyRing
from vitalapp.core.passwords import hash_password, verify_password
from vitalapp.core.problems import FieldError, NotFound, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.second_factors import new_totp_secret, otpauth_uri
from vitalapp.core.staff_sessions import StaffRole, StaffSession
from vitalapp.core.stores import transaction
from vitalapp.core.texts import mark
from vitalapp.domains.staff import queries, session_queries
from vitalapp.domains.staff.errors import StaffExists, WrongPassword
from vitalapp.domains.staff.schemas import CoachProfile, Me, Passkey, PasswordChange, StaffInput, StaffProfile, StaffSecrets

_PROFESSION_OF_COACHES = mark("A coach has a profession, and nobody else.")
_SIGNED_LATER = mark("This day has not come yet.")
_PASSWORD_BYTES = 15


def email_index(keys: KeyRing, email: str) -> bytes:
    """The keyed hash by which a member of staff is found; an employee's address has another one."""
    return keys.blind_index("staff email", email.strip().casefold())


def seal_text(key: PersonKey, staff_id: UUID, column: str, text: str) -> bytes:
    """Seal one value of a staff row."""
    return key.seal("staff", staff_id, column, text.encode())


def open_text(key: PersonKey, staff_id: UUID, column: str, sealed: bytes) -> str:
    """Open one value of a staff row."""
    return key.open("staff", staff_id, column, sealed).decode()


async def create_staff(resources: Resources, data: StaffInput, *, staff_id: UUID | None = None) -> StaffSecrets:
    """Add a member of staff, who can work from the day on which confidentiality is signed.

    Raises: StaffExists (409), ValidationFailed (400).
    Rule: S1-13, S0-33.
    """
    if (data.role == "coach") != (data.profession is not None):
        raise ValidationFailed(errors=[FieldError("/profession", _PROFESSION_OF_COACHES)])
    _check_signed_on(resources, data.confidentiality_signed_on, pointer="/confidentiality_signed_on")
    staff_id = staff_id or uuid4()
    key, wrapped = resources.keys.new_data_key(staff_id)
    secrets = _new_secrets(staff_id, role=data.role, email=data.email)
    is_new = await queries.insert_staff(
        resources.identity,
        staff_id=staff_id,
        role=data.role,
        profession=data.profession,
        email_index=email_index(resources.keys, data.email),
        email_sealed=seal_text(key, staff_id, "email_sealed", data.email),
        display_name_sealed=seal_text(key, staff_id, "display_name_sealed", data.display_name),
        languages=list(data.languages),
        themes=list(data.themes),
        locale=data.locale,
        password_hash=await hash_password(resources.settings, secrets.password),
        totp_sealed=seal_text(key, staff_id, "totp_sealed", secrets.totp_secret),
        wrapped_data_key=wrapped,
        confidentiality_signed_on=data.confidentiality_signed_on,
        created_at=resources.clock(),
    )
    if not is_new:
        raise StaffExists
    return secrets


async def list_staff(
    resources: Resources, *, after: tuple[datetime, UUID] | None = None, limit: int = 100
) -> list[StaffProfile]:
    """Staff in the order in which they came, up to `limit`, after one of them."""
    after_at, after_id = after or (None, None)
    rows = await queries.list_staff_rows(resources.identity, after_at=after_at, after_id=after_id, limit=limit)
    return [_profile(resources.keys, row) for row in rows]


async def sign_confidentiality(resources: Resources, staff_id: UUID, signed_on: date) -> StaffProfile:
    """Let a member of staff work from the day on which they signed.

    Raises: NotFound (404), ValidationFailed (400) for a day to come.
    Rule: S1-13.
    """
    _check_signed_on(resources, signed_on, pointer="/signed_on")
    if not await queries.update_confidentiality(resources.identity, staff_id=staff_id, signed_on=signed_on):
        raise NotFound
    return await get_staff(resources, staff_id)


async def deactivate_staff(resources: Resources, staff_id: UUID) -> StaffProfile:
    """Close an account: refused from the next request on.

    Raises: NotFound (404).
    """
    async with transaction(resources.identity) as identity:
        if not await queries.update_is_active(identity, staff_id=staff_id, is_active=False):
            raise NotFound
        await session_queries.delete_sessions(identity, staff_id=staff_id, kept_session_id=None)
    return await get_staff(resources, staff_id)


async def replace_staff_credentials(resources: Resources, staff_id: UUID) -> StaffSecrets:
    """A new password and authenticator for somebody who lost theirs; passkeys stay, sessions end.

    Raises: NotFound (404).
    """
    row = await queries.find_staff(resources.identity, staff_id=staff_id)
    if row is None:
        raise NotFound
    key = resources.keys.unwrap(staff_id, row["wrapped_data_key"])
    secrets = _new_secrets(staff_id, role=row["role"], email=open_text(key, staff_id, "email_sealed", row["email_sealed"]))
    password_hash = await hash_password(resources.settings, secrets.password)
    async with transaction(resources.identity) as identity:
        sealed = seal_text(key, staff_id, "totp_sealed", secrets.totp_secret)
        await queries.update_credentials(identity, staff_id=staff_id, password_hash=password_hash, totp_sealed=sealed)
        await session_queries.delete_sessions(identity, staff_id=staff_id, kept_session_id=None)
    return secrets


async def get_staff(resources: Resources, staff_id: UUID) -> StaffProfile:
    """One member of staff.

    Raises: NotFound (404).
    """
    row = await queries.find_staff(resources.identity, staff_id=staff_id)
    if row is None:
        raise NotFound
    return _profile(resources.keys, row)


async def get_staff_me(resources: Resources, staff: StaffSession) -> Me:
    """Who is asking."""
    profile = await get_staff(resources, staff.staff_id)
    rows = await session_queries.list_passkey_rows(resources.identity, staff_id=staff.staff_id)
    passkeys = [Passkey(id=row["id"], created_at=row["created_at"], last_used_at=row["last_used_at"]) for row in rows]
    return Me(
        id=profile.id,
        role=profile.role,
        email=profile.email,
        display_name=profile.display_name,
        locale=profile.locale,
        passkeys=passkeys,
    )


async def change_staff_password(resources: Resources, staff: StaffSession, data: PasswordChange) -> None:
    """Replace one's own password; one's other sessions end.

    Raises: WrongPassword (403).
    """
    row = await queries.find_staff(resources.identity, staff_id=staff.staff_id)
    if row is None or not await verify_password(resources.settings, row["password_hash"], data.password):
        raise WrongPassword
    password_hash = await hash_password(resources.settings, data.new_password)
    async with transaction(resources.identity) as identity:
        await queries.update_password(identity, staff_id=staff.staff_id, password_hash=password_hash)
        await session_queries.delete_sessions(identity, staff_id=staff.staff_id, kept_session_id=staff.session_id)


async def list_coach_profiles(resources: Resources) -> list[CoachProfile]:
    """The coaches and psychologists who may work today."""
    rows = await queries.list_coach_rows(resources.identity, today=resources.clock().date(), coach_id=None)
    return [_coach(resources.keys, row) for row in rows]


async def find_coach_profile(resources: Resources, coach_id: UUID) -> CoachProfile | None:
    """One coach or psychologist who may work today."""
    rows = await queries.list_coach_rows(resources.identity, today=resources.clock().date(), coach_id=coach_id)
    return _coach(resources.keys, rows[0]) if rows else None


async def get_staff_names(resources: Resources, staff_ids: set[UUID]) -> dict[UUID, str]:
    """The names of staff by id, of those who left as well; an id that nobody has is left out."""
    if not staff_ids:
        return {}
    rows = await queries.list_name_rows(resources.identity, staff_ids=list(staff_ids))
    return {row["staff_id"]: _name(resources.keys, row) for row in rows}


def _check_signed_on(resources: Resources, signed_on: date | None, *, pointer: str) -> None:
    if signed_on is not None and signed_on > resources.clock().date():
        raise ValidationFailed(errors=[FieldError(pointer, _SIGNED_LATER)])


def _new_secrets(staff_id: UUID, *, role: StaffRole, email: str) -> StaffSecrets:
    totp_secret = new_totp_secret()
    return StaffSecrets(
        id=staff_id,
        role=role,
        email=email,
        password=base64.b32encode(os.urandom(_PASSWORD_BYTES)).decode().lower(),
        totp_secret=totp_secret,
        otpauth_uri=otpauth_uri(totp_secret, account_name=email),
    )


def _name(keys: KeyRing, row: asyncpg.Record) -> str:
    key = keys.unwrap(row["staff_id"], row["wrapped_data_key"])
    return open_text(key, row["staff_id"], "display_name_sealed", row["display_name_sealed"])


def _coach(keys: KeyRing, row: asyncpg.Record) -> CoachProfile:
    return CoachProfile(
        id=row["staff_id"],
        display_name=_name(keys, row),
        profession=row["profession"],
        languages=row["languages"],
        themes=row["themes"],
    )


def _profile(keys: KeyRing, row: asyncpg.Record) -> StaffProfile:
    staff_id: UUID = row["staff_id"]
    key = keys.unwrap(staff_id, row["wrapped_data_key"])
    return StaffProfile(
        id=staff_id,
        role=row["role"],
        email=open_text(key, staff_id, "email_sealed", row["email_sealed"]),
        display_name=_name(keys, row),
        profession=row["profession"],
        languages=row["languages"],
        themes=row["themes"],
        locale=row["locale"],
        confidentiality_signed_on=row["confidentiality_signed_on"],
        is_active=row["is_active"],
        created_at=row["created_at"],
    )
