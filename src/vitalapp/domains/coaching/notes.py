"""A coach's notes on a client, sealed under the client's key, and the client's statements beside them.

Rule: S1-18: a professional's note is not changed; the person's own words stand beside it.
"""

from typing import Final
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.access_log import insert_access_line, own_line
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.sessions import Session
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.core.stores import transaction
from vitalapp.domains.coaching import note_queries, notice_queries
from vitalapp.domains.coaching.care import Care, care_line, with_care
from vitalapp.domains.coaching.errors import FileNotReady
from vitalapp.domains.coaching.schemas import NoteStatement, StatementInput
from vitalapp.domains.coaching.schemas_admin import Note, NoteInput, NoteList
from vitalapp.domains.coaching.trajectories import open_file
from vitalapp.domains.coaching.treatment import TreatmentEntry, add_entry, find_file_key

KIND: Final = "coaching_note"
_MOST: Final = 500


class NoteContent(msgspec.Struct, frozen=True):
    """What of a note or statement is sealed."""

    text: str


async def create_note(resources: Resources, staff: StaffSession, person_id: UUID, data: NoteInput) -> Note:
    """Add a note; under a treatment agreement it stands in the file as well.

    Raises: NotFound (404), Restricted or ClientConsentRequired (403), FileNotReady (409).
    """

    async def create(care: Care) -> Note:
        note_id, now = uuid4(), resources.clock()
        file_key = await open_file(resources, care)
        async with transaction(resources.vault) as vault:
            await note_queries.insert_note(
                vault,
                person_id=person_id,
                epoch=care.person.epoch,
                line=care_line(staff, care, action="create", object_kind=KIND, object_id=note_id),
                coach_id=staff.staff_id,
                note_id=note_id,
                content_sealed=_seal(care.person.key(resources), "coaching_notes", note_id, data.text),
                created_at=now,
            )
            if file_key is not None and care.treatment_file_id is not None:
                entry = TreatmentEntry(kind="note", at=now, coach_id=staff.staff_id, text=data.text)
                await add_entry(vault, care.treatment_file_id, file_key, entry)
        return Note(id=note_id, trajectory_id=care.trajectory_id, text=data.text, created_at=now, statements=[])

    return await with_care(resources, staff, person_id, create, action="create", object_kind=KIND)


async def list_notes(resources: Resources, staff: StaffSession, person_id: UUID) -> NoteList:
    """The coach's own notes on a client, with the client's statements beside them.

    Raises: NotFound (404), Restricted or ClientConsentRequired (403).
    """

    async def read(care: Care) -> NoteList:
        key = care.person.key(resources)
        rows = await note_queries.list_notes(
            resources.vault,
            person_id=person_id,
            epoch=care.person.epoch,
            line=care_line(staff, care, action="read", object_kind=KIND),
            coach_id=staff.staff_id,
            limit=_MOST,
        )
        notes: dict[UUID, Note] = {}
        for row in rows:
            note_id: UUID = row["note_id"]
            if note_id not in notes:
                notes[note_id] = Note(
                    id=note_id,
                    trajectory_id=row["trajectory_id"],
                    text=_open(key, "coaching_notes", note_id, row["content_sealed"]),
                    created_at=row["created_at"],
                    statements=[],
                )
            if row["statement_id"] is not None:
                text = _open(key, "note_statements", row["statement_id"], row["statement_sealed"])
                statement = NoteStatement(id=row["statement_id"], note_id=note_id, text=text, created_at=row["stated_at"])
                notes[note_id].statements.append(statement)
        return NoteList(items=list(notes.values()))

    return await with_care(resources, staff, person_id, read, action="read", object_kind=KIND)


async def state_beside_note(resources: Resources, session: Session, note_id: UUID, data: StatementInput) -> NoteStatement:
    """The person's own words beside a note on them, which itself stays as it is.

    Raises: NotFound (404), FileNotReady (409), StaleFence.
    Rule: S1-18.
    """
    if await notice_queries.is_outside_vault(resources.identity, session):
        raise NotFound
    statement_id, now = uuid4(), resources.clock()
    note = await note_queries.find_note_file(resources.vault, person_id=session.person_id, note_id=note_id)
    file_id: UUID | None = None if note is None else note["treatment_file_id"]
    file_key = None if file_id is None else await find_file_key(resources, file_id)
    if file_id is not None and file_key is None:
        raise FileNotReady
    line = own_line(session, action="create", object_kind=KIND, object_id=note_id)
    async with transaction(resources.vault) as vault:
        is_there = await note_queries.insert_statement(
            vault,
            person_id=session.person_id,
            epoch=session.epoch,
            line=line,
            note_id=note_id,
            statement_id=statement_id,
            content_sealed=_seal(session.person_key(resources), "note_statements", statement_id, data.text),
            created_at=now,
        )
        if is_there and note is not None and file_id is not None and file_key is not None:
            entry = TreatmentEntry(kind="statement", at=now, coach_id=note["coach_id"], text=data.text)
            await add_entry(vault, file_id, file_key, entry)
    if not is_there:
        await insert_access_line(resources.vault, line._replace(outcome="refused"))
        raise NotFound
    return NoteStatement(id=statement_id, note_id=note_id, text=data.text, created_at=now)


def _seal(key: PersonKey, table: str, row: UUID, text: str) -> bytes:
    return key.seal(table, row, "content_sealed", msgspec.msgpack.encode(NoteContent(text)))


def _open(key: PersonKey, table: str, row: UUID, sealed: bytes) -> str:
    return msgspec.msgpack.decode(key.open(table, row, "content_sealed", sealed), type=NoteContent).text
