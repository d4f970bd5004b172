"""The changes feed: where a device stands, and what it has not seen yet."""

import base64
import binascii

import msgspec

from vitalapp.core.access_log import insert_access_line, own_line
from vitalapp.core.problems import FieldError, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey, SealBroken
from vitalapp.core.sessions import Session
from vitalapp.core.texts import mark
from vitalapp.domains.diary import queries
from vitalapp.domains.diary.errors import CursorExpired
from vitalapp.domains.diary.schemas import DiaryChange, DiaryChanges
from vitalapp.domains.diary.service import KIND, open_entry

_MALFORMED = mark("This is not a cursor of this feed.")
_MAX_SEQ = 2**63 - 1


class Position(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Where a device stands in the feed of one person.

    Shape: all changes through `seq` are seen; tombstones that were gone by `complete_from` are of no interest to it, since it began
    with nothing after that.
    """

    seq: int
    complete_from: int


START = Position(seq=0, complete_from=_MAX_SEQ)


async def list_diary_changes(resources: Resources, session: Session, *, cursor: str | None, limit: int) -> DiaryChanges:
    """The latest version of each entry that changed since the cursor, in the order of the changes.

    Raises: ValidationFailed (400), CursorExpired (410), StaleFence.
    Rule: taken under the fence row, a later number never becomes visible before an earlier one.
    """
    key = session.person_key(resources)
    position = START if cursor is None else _open_cursor(key, cursor)
    rows = await queries.list_changes(
        resources.vault,
        person_id=session.person_id,
        epoch=session.epoch,
        line=own_line(session, action="read", object_kind=KIND),
        after_seq=position.seq,
        complete_from=position.complete_from,
        limit=limit + 1,
    )
    if not rows[0]["is_complete"]:
        refused = own_line(session, action="read", object_kind=KIND, outcome="refused")
        await insert_access_line(resources.vault, refused)
        raise CursorExpired
    changed = [row for row in rows if row["entry_id"] is not None]
    shown = changed[:limit]
    reached = Position(
        seq=shown[-1]["change_seq"] if shown else position.seq,
        complete_from=rows[0]["pruned_through"] if position is START else position.complete_from,
    )
    return DiaryChanges(
        items=[
            DiaryChange(
                id=row["entry_id"],
                is_deleted=row["deleted_at"] is not None,
                version=row["version"],
                entry=None if row["deleted_at"] is not None else open_entry(key, row["entry_id"], row),
            )
            for row in shown
        ],
        next_cursor=_seal_cursor(key, reached),
        has_more=len(changed) > limit,
    )


def _seal_cursor(key: PersonKey, position: Position) -> str:
    """A cursor that nobody can read or change, and that no other person can use."""
    sealed = key.seal("diary_entries", "", "change_seq", msgspec.msgpack.encode(position))
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _open_cursor(key: PersonKey, cursor: str) -> Position:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(key.open("diary_entries", "", "change_seq", sealed), type=Position)
    except (binascii.Error, ValueError, SealBroken):
        raise ValidationFailed(errors=[FieldError("/cursor", _MALFORMED)]) from None
