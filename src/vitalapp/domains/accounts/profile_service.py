"""The profile: read and corrected by its owner.

Rule: S1-18, S2-24.
"""

import msgspec
from msgspec import UNSET

from vitalapp.core.problems import PreconditionFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.sessions import Session, list_copies
from vitalapp.core.time_zones import time_zone
from vitalapp.domains.accounts.account import TABLE, Account
from vitalapp.domains.accounts.account_queries import get_account
from vitalapp.domains.accounts.profile_queries import update_profile
from vitalapp.domains.accounts.profile_schemas import Profile, ProfileChanges


async def get_me(resources: Resources, session: Session) -> Profile:
    """The signed-in person's account.

    Raises: StaleFence.
    """
    return _to_profile(await get_account(resources.identity, session), session.person_key(resources))


async def update_me(resources: Resources, session: Session, changes: ProfileChanges, *, expected_version: int) -> Profile:
    """The account with its changes.

    Raises: PreconditionFailed (412), ValidationFailed (400), StaleFence.
    """
    if changes.time_zone is not UNSET:
        time_zone(changes.time_zone)
    key = session.person_key(resources)
    account = await get_account(resources.identity, session)
    if account.version != expected_version:
        raise PreconditionFailed
    given = {field: value for field in changes.__struct_fields__ if (value := getattr(changes, field)) is not UNSET}
    profile = msgspec.structs.replace(_to_profile(account, key), **given)

    def seal(column: str, text: str) -> bytes:
        return key.seal(TABLE, account.account_id, column, text.encode())

    version = await update_profile(
        resources.identity,
        session,
        version=expected_version,
        display_name_sealed=seal("display_name_sealed", profile.display_name or ""),
        phone_sealed=None if profile.phone is None else seal("phone_sealed", profile.phone),
        locale=profile.locale,
        time_zone_sealed=seal("time_zone_sealed", profile.time_zone),
        themes_sealed=seal("themes_sealed", "\n".join(profile.themes)),
    )
    if version is None:
        raise PreconditionFailed
    # The copies of the account's sessions hold its language.
    await resources.limiter.drop(*await list_copies(resources.identity, [account.account_id]))
    return msgspec.structs.replace(profile, version=version)


def _to_profile(account: Account, key: PersonKey) -> Profile:
    def opened(column: str, sealed: bytes | None) -> str | None:
        return None if sealed is None else key.open(TABLE, account.account_id, column, sealed).decode() or None

    return Profile(
        id=account.account_id,
        display_name=opened("display_name_sealed", account.display_name_sealed),
        email=opened("email_sealed", account.email_sealed) or "",
        phone=opened("phone_sealed", account.phone_sealed),
        locale=account.locale,
        time_zone=opened("time_zone_sealed", account.time_zone_sealed) or "",
        themes=(opened("themes_sealed", account.themes_sealed) or "").split(),
        has_second_factor=account.has_second_factor,
        created_at=account.created_at,
        last_used_on=account.last_used_on,
        version=account.version,
    )
