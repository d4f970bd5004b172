"""The diary's rules: when a write counts as new, repeated, stale or too late, and which day an entry belongs to."""

from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.access_log import Action, insert_access_line, own_line
from vitalapp.core.problems import (
    FieldError,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    ValidationFailed,
)
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, transaction
from vitalapp.core.texts import mark
from vitalapp.core.time_zones import time_zone
from vitalapp.domains.diary import queries, queries_sharing
from vitalapp.domains.diary.errors import EntryDeleted
from vitalapp.domains.diary.schemas import DiaryEntry, DiaryEntryInput, EntryContent

KIND = "diary_entry"
FIRST_YEAR, LAST_YEAR = 1900, 2199
NEWEST = (date.max, datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))

_EXISTS = mark("There is an entry with this id already.")
_YEAR_OUT_OF_RANGE = mark("The year must be from {first} to {last}.")


async def put_diary_entry(
    resources: Resources,
    session: Session,
    *,
    entry_id: UUID,
    entry: DiaryEntryInput,
    expected_version: int | None,
    is_create_only: bool,
) -> tuple[DiaryEntry, bool]:
    """The entry as it is kept now, and whether it is new.

    Raises: ValidationFailed (400), EntryDeleted (410), PreconditionFailed (412), PreconditionRequired (428), StaleFence.
    Rule: pitfall 18: no clock decides between two writes, only which version the writer has read.
    """
    wanted = _dated(entry_id, entry, updated_at=resources.clock())
    key = session.person_key(resources)
    if expected_version is None and await _insert(resources, session, key, wanted):
        return wanted, True
    async with transaction(resources.vault) as vault:
        state = await queries.find_entry_state(vault, person_id=session.person_id, epoch=session.epoch, entry_id=entry_id)
        result = _refusal(state, expected_version=expected_version, is_create_only=is_create_only)
        if state is not None and result is None:
            kept = open_entry(key, entry_id, state)
            if expected_version is None:
                result = await _repeat(vault, session, kept, wanted)
            else:
                result = await _update(vault, session, key, kept, wanted)
        if isinstance(result, Problem):
            action = "create" if expected_version is None else "update"
            await _log_refusal(vault, session, action, entry_id)
    if not isinstance(result, DiaryEntry):
        raise result or EntryDeleted
    return result, False


def _dated(entry_id: UUID, entry: DiaryEntryInput, *, updated_at: datetime) -> DiaryEntry:
    """A first version, dated by the zone it was written in.

    Raises: ValidationFailed (400).
    """
    zone = time_zone(entry.time_zone)
    if not FIRST_YEAR <= entry.written_at.year <= LAST_YEAR:
        params = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise ValidationFailed(errors=[FieldError("/written_at", _YEAR_OUT_OF_RANGE, params)])
    return DiaryEntry(
        id=entry_id,
        written_at=entry.written_at.astimezone(UTC),
        time_zone=entry.time_zone,
        local_date=entry.written_at.astimezone(zone).date(),
        mood=entry.mood,
        tags=entry.tags,
        text=entry.text,
        version=1,
        updated_at=updated_at,
    )


async def _insert(resources: Resources, session: Session, key: PersonKey, entry: DiaryEntry) -> bool:
    version = await queries.insert_entry(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="create", object_kind=KIND, object_id=entry.id),
        entry_id=entry.id,
        local_date=entry.local_date,
        written_at=entry.written_at,
        content_sealed=_seal(key, entry),
        updated_at=entry.updated_at,
    )
    return version is not None


def _refusal(state: asyncpg.Record | None, *, expected_version: int | None, is_create_only: bool) -> Problem | None:
    """Why a write to an id that is in use (or was named by a version) is refused, as far as its content does not matter."""
    if state is None:
        return PreconditionFailed()
    if state["deleted_at"] is not None:
        return EntryDeleted()
    if is_create_only:
        return PreconditionFailed(_EXISTS)
    return None if expected_version in (None, state["version"]) else PreconditionFailed()


async def _repeat(vault: Connection, session: Session, kept: DiaryEntry, wanted: DiaryEntry) -> DiaryEntry | Problem:
    """What is kept, where a create that has arrived before is sent again."""
    if msgspec.structs.replace(wanted, version=kept.version, updated_at=kept.updated_at) != kept:
        return PreconditionRequired()
    await insert_access_line(vault, own_line(session, action="read", object_kind=KIND, object_id=kept.id))
    return kept


async def _update(
    vault: Connection, session: Session, key: PersonKey, kept: DiaryEntry, wanted: DiaryEntry
) -> DiaryEntry | Problem:
    """The next version; an entry written at the same instant keeps its zone and date, wherever it is edited.

    Rule: pitfall 18, travel never changes an entry's date.
    """
    if wanted.written_at == kept.written_at:
        wanted = msgspec.structs.replace(wanted, time_zone=kept.time_zone, local_date=kept.local_date)
    version = await queries.update_entry(
        vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="update", object_kind=KIND, object_id=kept.id),
        entry_id=kept.id,
        expected_version=kept.version,
        local_date=wanted.local_date,
        written_at=wanted.written_at,
        content_sealed=_seal(key, wanted),
        updated_at=wanted.updated_at,
    )
    return PreconditionFailed() if version is None else msgspec.structs.replace(wanted, version=version)


async def get_diary_entry(resources: Resources, session: Session, *, entry_id: UUID) -> DiaryEntry:
    """One entry.

    Raises: NotFound (404), also for a deleted one; StaleFence.
    """
    row = await queries.find_entry(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="read", object_kind=KIND, object_id=entry_id),
        entry_id=entry_id,
    )
    if row is None:
        async with transaction(resources.vault) as vault:
            await _log_refusal(vault, session, "read", entry_id)
        raise NotFound
    return open_entry(session.person_key(resources), entry_id, row)


async def delete_diary_entry(resources: Resources, session: Session, *, entry_id: UUID, expected_version: int) -> None:
    """Leave a tombstone without content.

    Raises: NotFound (404), PreconditionFailed (412), StaleFence.
    """
    async with transaction(resources.vault) as vault:
        is_deleted = await queries.delete_entry(
            vault,
            person_id=session.person_id,
            epoch=session.epoch,
            line=own_line(session, action="delete", object_kind=KIND, object_id=entry_id),
            entry_id=entry_id,
            expected_version=expected_version,
            deleted_at=resources.clock(),
        )
        if is_deleted:
            await queries_sharing.delete_shares(vault, person_id=session.person_id, entry_id=entry_id)
            return
        state = await queries.find_entry_state(vault, person_id=session.person_id, epoch=session.epoch, entry_id=entry_id)
        await _log_refusal(vault, session, "delete", entry_id)
    if state is None or state["deleted_at"] is not None:
        raise NotFound
    raise PreconditionFailed


async def list_diary_entries(
    resources: Resources,
    session: Session,
    *,
    from_date: date | None,
    to_date: date | None,
    before: tuple[date, datetime, UUID] | None,
    limit: int,
) -> list[DiaryEntry]:
    """Up to `limit` entries of local dates in `[from_date, to_date)`, newest first.

    Raises: StaleFence.
    """
    rows = await queries.list_entries(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="read", object_kind=KIND),
        from_date=from_date or date.min,
        to_date=to_date or date.max,
        before=before or NEWEST,
        limit=limit,
    )
    key = session.person_key(resources)
    return [open_entry(key, row["entry_id"], row) for row in rows]


def open_entry(key: PersonKey, entry_id: UUID, row: asyncpg.Record) -> DiaryEntry:
    """An entry from its row."""
    opened = key.open("diary_entries", entry_id, "content_sealed", row["content_sealed"])
    content = msgspec.msgpack.decode(opened, type=EntryContent)
    return DiaryEntry(
        id=entry_id,
        written_at=row["written_at"],
        time_zone=content.time_zone,
        local_date=row["local_date"],
        mood=content.mood,
        tags=content.tags,
        text=content.text,
        version=row["version"],
        updated_at=row["updated_at"],
    )


def _seal(key: PersonKey, entry: DiaryEntry) -> bytes:
    content = EntryContent(time_zone=entry.time_zone, mood=entry.mood, tags=entry.tags, text=entry.text)
    return key.seal("diary_entries", entry.id, "content_sealed", msgspec.msgpack.encode(content))


async def _log_refusal(vault: Connection, session: Session, action: Action, entry_id: UUID) -> None:
    await insert_access_line(
        vault, own_line(session, action=action, object_kind=KIND, object_id=entry_id, outcome="refused")
    )


async def share_diary_entry(
    resources: Resources, session: Session, *, entry_id: UUID, coach_id: UUID, is_shared: bool
) -> None:
    """Let a coach, whose existence the caller has checked, read an entry, or no longer; twice is as good as once.

    Raises: NotFound (404), StaleFence.
    Rule: C6, private by default, shared entry by entry.
    """
    line = own_line(session, action="update", object_kind=KIND, object_id=entry_id)
    if is_shared:
        is_there = await queries_sharing.insert_share(
            resources.vault,
            person_id=session.person_id,
            epoch=session.epoch,
            line=line,
            entry_id=entry_id,
            coach_id=coach_id,
            shared_at=resources.clock(),
        )
    else:
        is_there = await queries_sharing.delete_share(
            resources.vault,
            person_id=session.person_id,
            epoch=session.epoch,
            line=line,
            entry_id=entry_id,
            coach_id=coach_id,
        )
    if not is_there:
        async with transaction(resources.vault) as vault:
            await _log_refusal(vault, session, "update", entry_id)
        raise NotFound
