"""Trajectories begin, and with a psychologist a file under a treatment agreement may begin too.

The file has a key and a pseudonym of its own: it outlives the account for 20 years, and what is kept leads to nobody without the
sealed identity sheet, which the privacy officer opens for its owner.
Rule: C3, S1-11; BW 7:454(3).
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.outbox import put_outbox
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection
from vitalapp.domains.coaching import appointment_queries, treatment_queries
from vitalapp.domains.coaching.errors import TreatmentAgreementNotOffered
from vitalapp.domains.staff.schemas import CoachProfile

TREATMENT_FILE: Final = "treatment_file"


class TreatmentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A new file on its way to identity, which keeps its key."""

    file_id: UUID
    wrapped_data_key: bytes
    identity_sheet_sealed: bytes
    email_index: bytes


class IdentitySheet(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a file is, sealed under the file's key."""

    display_name: str
    email: str


class TreatmentEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of a file, sealed under the file's key."""

    kind: str
    at: datetime
    coach_id: UUID
    text: str = ""


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a trajectory is about to open."""

    file: TreatmentFile
    key: PersonKey


async def prepare_treatment_file(resources: Resources, session: Session, coach: CoachProfile) -> NewFile:
    """A fresh file for a person who accepts the treatment agreement with a psychologist.

    Raises: TreatmentAgreementNotOffered (422), StaleFence.
    """
    if coach.profession != "psychologist":
        raise TreatmentAgreementNotOffered
    account = await treatment_queries.get_account_sheet(
        resources.identity, account_id=session.account_id, epoch=session.epoch
    )
    person_key = session.person_key(resources)
    sheet = IdentitySheet(
        display_name=person_key.open(
            "accounts", session.account_id, "display_name_sealed", account["display_name_sealed"]
        ).decode(),
        email=person_key.open("accounts", session.account_id, "email_sealed", account["email_sealed"]).decode(),
    )
    file_id = uuid4()
    key, wrapped = resources.keys.new_data_key(file_id)
    sealed = key.seal("treatment_files", file_id, "identity_sheet_sealed", msgspec.msgpack.encode(sheet))
    file = TreatmentFile(
        file_id=file_id,
        wrapped_data_key=wrapped,
        identity_sheet_sealed=sealed,
        email_index=resources.keys.blind_index("treatment file", sheet.email.casefold()),
    )
    return NewFile(file=file, key=key)


async def open_trajectory(
    vault: Connection, resources: Resources, session: Session, *, coach_id: UUID, file: NewFile | None
) -> UUID:
    """The trajectory that runs with a coach, opened now where none does.

    Raises: TreatmentAgreementNotOffered (422) where the agreement comes after the opening.
    """
    running = await appointment_queries.find_running_trajectory(vault, person_id=session.person_id, coach_id=coach_id)
    if running is not None:
        if file is not None:
            raise TreatmentAgreementNotOffered
        return running
    trajectory_id, now = uuid4(), resources.clock()
    await appointment_queries.insert_trajectory(
        vault,
        person_id=session.person_id,
        trajectory_id=trajectory_id,
        coach_id=coach_id,
        contract_id=session.contract_id,
        ledger_reference=uuid4(),
        treatment_file_id=None if file is None else file.file.file_id,
        opened_at=now,
    )
    if file is not None:
        await put_outbox(vault, seal_key=resources.outbox_key("vault"), kind=TREATMENT_FILE, payload=file.file, now=now)
        entry = TreatmentEntry(kind="agreement_accepted", at=now, coach_id=coach_id)
        await add_entry(vault, file.file.file_id, file.key, entry)
    return trajectory_id


async def add_entry(vault: Connection, file_id: UUID, key: PersonKey, entry: TreatmentEntry) -> None:
    """Add an entry to a file; nothing in a file is changed later."""
    entry_id = uuid4()
    sealed = key.seal("treatment_entries", entry_id, "content_sealed", msgspec.msgpack.encode(entry))
    await treatment_queries.insert_entry(
        vault, file_id=file_id, entry_id=entry_id, content_sealed=sealed, recorded_at=entry.at
    )


async def find_file_key(resources: Resources, file_id: UUID) -> PersonKey | None:
    """The key of a file; None while the file is still on its way to identity."""
    wrapped = await treatment_queries.find_wrapped_key(resources.identity, file_id=file_id)
    return None if wrapped is None else resources.keys.unwrap(file_id, wrapped)


async def carry_treatment_file(resources: Resources, _outbox_id: UUID, payload: bytes) -> None:
    """Keep a new file's key in identity, once."""
    file = msgspec.json.decode(payload, type=TreatmentFile)
    await treatment_queries.insert_file(
        resources.identity,
        file_id=file.file_id,
        wrapped_data_key=file.wrapped_data_key,
        identity_sheet_sealed=file.identity_sheet_sealed,
        email_index=file.email_index,
        changed_at=resources.clock(),
    )
