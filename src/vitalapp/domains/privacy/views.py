"""What a person may always see: what is held on them, and who looked at it."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from vitalapp.core.access_log import own_line
from vitalapp.core.category_texts import describe_category
from vitalapp.core.fence import StaleFence, fetch_fenced
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import Locale
from vitalapp.domains.privacy import queries
from vitalapp.domains.privacy.schemas import AccessedObject, AccessLogItem, Actor, HeldCategory, HeldData
from vitalapp.domains.staff.service import get_staff_names


async def get_held_data(resources: Resources, session: Session, *, locale: Locale) -> HeldData:
    """Every category that the data map knows of a person, with how much of it there is in each store.

    Raises: StaleFence.
    Rule: GDPR 15(1); S0-11, S4-02.
    """
    subject_index = resources.keys.blind_index("subject", session.person_id.bytes)
    data_map = resources.personal_data
    epoch = await _vault_epoch(resources, session)
    in_identity = await fetch_fenced(
        resources.identity, data_map.held_in_identity_sql, session.account_id, session.epoch, subject_index
    )
    in_vault = await fetch_fenced(
        resources.vault,
        data_map.held_in_vault_sql,
        session.person_id,
        epoch,
        session.log_subject_id,
        subject_index,
        own_line(session, action="read", object_kind="held_data"),
    )
    counted = [("identity", row) for row in in_identity] + [("vault", row) for row in in_vault]
    by_category: dict[str, list[asyncpg.Record]] = {}
    category_of = {(table.store, table.name): table.category for table in data_map.tables}
    for store, row in counted:
        if category := category_of[store, row["name"]]:
            by_category.setdefault(category, []).append(row)
    return HeldData(
        categories=[
            _held(resources, key, rows, locale=locale)
            for key in data_map.categories
            if (rows := by_category.get(key)) is not None
        ]
    )


async def list_access_log(
    resources: Resources,
    session: Session,
    *,
    since: datetime,
    until: datetime,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[tuple[AccessLogItem, tuple[datetime, int]]]:
    """Who reached the person's data, newest first, each with its place in the list.

    Raises: StaleFence.
    Rule: NEN 7513:2018, S4-02.
    """
    rows = await queries.list_access_lines(
        resources.vault,
        person_id=session.person_id,
        epoch=await _vault_epoch(resources, session),
        line=own_line(session, action="read", object_kind="access_log"),
        since=since,
        until=until,
        before=before,
        limit=limit,
    )
    names = await get_staff_names(resources, {row["actor_id"] for row in rows if row["actor_id"] is not None})
    return [(_item(row, name=names.get(row["actor_id"])), (row["at"], row["line_id"])) for row in rows]


async def _vault_epoch(resources: Resources, session: Session) -> int | None:
    """The epoch that the vault must have, None for a person who has not consented yet and so has no fence."""
    if session.consented_statement_id is not None:
        return session.epoch
    is_in_vault = await queries.find_is_in_vault(resources.identity, account_id=session.account_id, epoch=session.epoch)
    if is_in_vault is None or is_in_vault:
        raise StaleFence
    return None


def _held(resources: Resources, key: str, rows: Sequence[asyncpg.Record], *, locale: Locale) -> HeldCategory:
    text = describe_category(resources.personal_data.categories[key], locale)
    return HeldCategory(
        key=key,
        purpose=text.purpose,
        legal_basis=text.legal_basis,
        retention=text.retention,
        recipients=text.recipients,
        count=sum(row["count"] for row in rows),
        oldest=min((row["oldest"] for row in rows if row["oldest"]), default=None),
        newest=max((row["newest"] for row in rows if row["newest"]), default=None),
    )


def _item(row: asyncpg.Record, *, name: str | None) -> AccessLogItem:
    return AccessLogItem(
        at=row["at"],
        actor=Actor(role=row["actor_role"], name=name),
        action=row["action"],
        object=AccessedObject(kind=row["object_kind"], id=row["object_id"]),
        purpose=row["purpose"],
        authorisation=row["authorisation"],
        is_emergency=row["is_emergency"],
        outcome=row["outcome"],
    )
