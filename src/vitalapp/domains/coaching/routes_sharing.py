"""What a person shares with a coach, says beside a note, and reads of emergencies."""

from uuid import UUID

from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.auth import require_consent, require_employee
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.domains.coaching import emergency, notes, sharing
from vitalapp.domains.coaching.schemas import (
    EmergencyNoticeList,
    NoteStatement,
    Sharing,
    SharingInput,
    StatementInput,
)


@put(
    "/v1/diary/entries/{entry_id:uuid}/sharing",
    operation_id="share_diary_entry",
    guards=[require_consent],
    tags=["Coaching"],
)
async def share_diary_entry(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    entry_id: FromPath[UUID],
    data: JSONBody[SharingInput],
) -> Sharing:
    """Let a coach read one diary entry, or no longer; they can only while the trajectory with them runs."""
    return await sharing.share_diary_entry(resources, session, entry_id, data)


@put(
    "/v1/vitality/measurements/{measurement_id:uuid}/sharing",
    operation_id="share_measurement",
    guards=[require_consent],
    tags=["Coaching"],
)
async def share_measurement(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    measurement_id: FromPath[UUID],
    data: JSONBody[SharingInput],
) -> Sharing:
    """Let a coach read one measurement, or no longer; they can only while the trajectory with them runs."""
    return await sharing.share_measurement(resources, session, measurement_id, data)


@post(
    "/v1/me/notes/{note_id:uuid}/statements",
    operation_id="state_beside_note",
    guards=[require_employee],
    tags=["Coaching"],
)
async def state_beside_note(
    resources: NamedDependency[Resources],
    session: NamedDependency[Session],
    note_id: FromPath[UUID],
    data: JSONBody[StatementInput],
) -> NoteStatement:
    """Put one's own words beside a note of the coach, which itself stays as it is; the coach reads both."""
    return await notes.state_beside_note(resources, session, note_id, data)


@get("/v1/me/emergency-accesses", operation_id="list_own_emergency_accesses", guards=[require_employee], tags=["Coaching"])
async def list_own_emergency_accesses(
    resources: NamedDependency[Resources], session: NamedDependency[Session]
) -> EmergencyNoticeList:
    """Every time that a coach looked up one's contact details in an emergency: who, why, and what the privacy officer says of it."""
    return await emergency.list_own_emergency_accesses(resources, session)


ROUTES = [share_diary_entry, share_measurement, state_beside_note, list_own_emergency_accesses]
