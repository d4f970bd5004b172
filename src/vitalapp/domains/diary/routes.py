"""The diary in the app."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from vitalapp.core.auth import NOT_A_USE, require_consent
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.http.preconditions import WriteCondition, etag_header, require_if_match
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.domains.diary import changes, service
from vitalapp.domains.diary.schemas import DiaryChanges, DiaryEntry, DiaryEntryInput

FromDate = Annotated[date | None, QueryParameter(name="from", description="The first local date.")]
ToDate = Annotated[date | None, QueryParameter(name="to", description="The local date after the last.")]


@put(
    "/v1/diary/entries/{entry_id:uuid}",
    operation_id="put_diary_entry",
    guards=[require_consent],
    responses={201: ResponseSpec(DiaryEntry, description="The entry is new.")},
)
async def put_diary_entry(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    write_condition: NamedDependency[WriteCondition],
    entry_id: FromPath[UUID],
    data: JSONBody[DiaryEntryInput],
) -> Response[DiaryEntry]:
    """Write an entry under an id that the app makes, online or later.

    A new entry is 201; the same create sent again is 200 and changes nothing. To change an entry, send the ETag that you last read in
    `If-Match`: another device's newer version is never overwritten (412), so fetch it and let the person choose. A deleted id is 410.
    `local_date` is the date in `time_zone` at `written_at`; it stays when the person edits the entry in another zone.
    """
    entry, is_new = await service.put_diary_entry(
        resources,
        session,
        entry_id=entry_id,
        entry=data,
        expected_version=write_condition.expected_version,
        is_create_only=write_condition.is_create_only,
    )
    return Response(entry, status_code=201 if is_new else 200, headers=etag_header(entry.version))


@get("/v1/diary/entries", operation_id="list_diary_entries", guards=[require_consent])
async def list_diary_entries(
    *,
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    from_: FromDate = None,
    to: ToDate = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[DiaryEntry]:
    """Page through the diary, newest local date first."""
    entries = await service.list_diary_entries(
        resources,
        session,
        from_date=from_,
        to_date=to,
        before=decode_cursor(cursor, tuple[date, datetime, UUID]),
        limit=limit + 1,
    )
    return make_page(
        entries,
        limit=limit,
        to_item=lambda entry: entry,
        to_key=lambda entry: (entry.local_date, entry.written_at, entry.id),
    )


@get("/v1/diary/entries/{entry_id:uuid}", operation_id="get_diary_entry", guards=[require_consent])
async def get_diary_entry(
    resources: NamedDependency[Resources], session: NamedDependency[Session], entry_id: FromPath[UUID]
) -> Response[DiaryEntry]:
    """Read one entry; its ETag is what a change of it needs."""
    entry = await service.get_diary_entry(resources, session, entry_id=entry_id)
    return Response(entry, headers=etag_header(entry.version))


@delete("/v1/diary/entries/{entry_id:uuid}", operation_id="delete_diary_entry", guards=[require_consent, require_if_match])
async def delete_diary_entry(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    expected_version: NamedDependency[int],
    entry_id: FromPath[UUID],
) -> None:
    """Delete an entry for good, and for every coach that it was shared with; the id is never free again."""
    await service.delete_diary_entry(resources, session, entry_id=entry_id, expected_version=expected_version)


@get("/v1/diary/changes", operation_id="list_diary_changes", guards=[require_consent], opt=NOT_A_USE)
async def list_diary_changes(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> DiaryChanges:
    """What has changed since the cursor, each entry once and at its latest version, for a device that keeps a copy.

    Begin without a cursor, ask on while `has_more`, then keep `next_cursor` for the next time. A cursor that is older than what is
    remembered of deletions is 410 `cursor-expired`: begin anew and drop what the device holds. Asking does not count as using the app.
    """
    return await changes.list_diary_changes(resources, session, cursor=cursor, limit=limit)


ROUTES = [put_diary_entry, list_diary_entries, get_diary_entry, delete_diary_entry, list_diary_changes]
