"""The care relationship that lets a coach at a client: only while it runs, every look logged.

Rule: C6, S0-10, S0-22, S1-19; somebody else's client is not there (404), a restricted one is closed (403 `restricted`), and so is one
who has not accepted the consent statement that holds (403 `consent-required`).
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from vitalapp.core.access_log import AccessLine, Action, Outcome, insert_access_line
from vitalapp.core.fence import StaleFence
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import PersonKey
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.domains.coaching import client_queries
from vitalapp.domains.coaching.errors import ClientConsentRequired, Restricted

T = TypeVar("T")

NOBODY: Final = UUID(int=0)
_ATTEMPTS: Final = 2


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A client as identity knows them."""

    account_id: UUID
    person_id: UUID
    log_subject_id: UUID
    epoch: int
    wrapped_data_key: bytes
    consented_statement_id: UUID | None
    is_restricted: bool
    display_name_sealed: bytes
    email_sealed: bytes
    phone_sealed: bytes | None

    def key(self, resources: Resources) -> PersonKey:
        """The client's opened data key."""
        return resources.keys.unwrap(self.person_id, self.wrapped_data_key)

    def open(self, key: PersonKey, column: str, sealed: bytes) -> str:
        """One sealed field of the account."""
        return key.open("accounts", self.account_id, column, sealed).decode()

    def display_name(self, resources: Resources) -> str:
        """The name that the client gave."""
        return self.open(self.key(resources), "display_name_sealed", self.display_name_sealed)

    def is_open(self, resources: Resources) -> bool:
        """Whether staff may look: not restricted, and consented to the statement that holds."""
        accepted = resources.legal_texts.accepted_statement_ids(resources.clock())
        return not self.is_restricted and self.consented_statement_id in accepted


class Care(msgspec.Struct, frozen=True, kw_only=True):
    """A running care relationship between the coach who asks and a client."""

    person: Person
    trajectory_id: UUID
    treatment_file_id: UUID | None


def staff_line(
    staff: StaffSession,
    *,
    log_subject_id: UUID = NOBODY,
    action: Action,
    object_kind: str,
    object_id: UUID | None = None,
    outcome: Outcome = "granted",
    purpose: str = "care",
    authorisation: str = "none",
    is_emergency: bool = False,
) -> AccessLine:
    """The line of a member of staff who reaches a person's data."""
    return AccessLine(
        log_subject_id=log_subject_id,
        actor_role=staff.role,
        actor_id=staff.staff_id,
        on_behalf_of=None,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        outcome=outcome,
        purpose=purpose,
        authorisation=authorisation,
        access_point="staff",
        is_emergency=is_emergency,
    )


def care_line(
    staff: StaffSession, care: Care, *, action: Action, object_kind: str, object_id: UUID | None = None
) -> AccessLine:
    """The line of a coach under a care relationship."""
    return staff_line(
        staff,
        log_subject_id=care.person.log_subject_id,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        authorisation=f"care:{care.trajectory_id}",
    )


async def with_care(
    resources: Resources,
    staff: StaffSession,
    person_id: UUID | None,
    work: Callable[[Care], Awaitable[T]],
    *,
    action: Action,
    object_kind: str,
    is_gated: bool = True,
) -> T:
    """Do something under the care relationship that runs with a person; once more where their fence was raised meanwhile.

    Shape: `is_gated` is False for what a restriction or a missing consent must not stop: ending things, and emergencies.
    Raises: NotFound (404) without a relationship, Restricted or ClientConsentRequired (403); each refusal leaves its line.
    """
    for _ in range(_ATTEMPTS):
        try:
            persons = {} if person_id is None else await find_persons(resources, [person_id])
            if not persons:
                raise NotFound
            (person,) = persons.values()
            row = await client_queries.find_care(
                resources.vault, person_id=person.person_id, epoch=person.epoch, coach_id=staff.staff_id
            )
            await _check(resources, staff, person, row, action=action, object_kind=object_kind, is_gated=is_gated)
            care = Care(person=person, trajectory_id=row["trajectory_id"], treatment_file_id=row["treatment_file_id"])
            return await work(care)
        except StaleFence:
            continue
    raise NotFound


async def find_persons(resources: Resources, person_ids: list[UUID]) -> dict[UUID, Person]:
    """People by their pseudonyms in the vault."""
    rows = await client_queries.list_clients(resources.identity, person_ids=person_ids)
    return {row["person_id"]: msgspec.convert(row, Person) for row in rows}


async def _check(
    resources: Resources,
    staff: StaffSession,
    person: Person,
    row: asyncpg.Record,
    *,
    action: Action,
    object_kind: str,
    is_gated: bool,
) -> None:
    trajectory_id: UUID | None = row["trajectory_id"]
    if trajectory_id is not None and (not is_gated or person.is_open(resources)):
        return
    line = staff_line(
        staff,
        log_subject_id=person.log_subject_id,
        action=action,
        object_kind=object_kind,
        outcome="refused",
        authorisation="none" if trajectory_id is None else f"care:{trajectory_id}",
    )
    await insert_access_line(resources.vault, line)
    if trajectory_id is None:
        raise NotFound
    raise Restricted if person.is_restricted else ClientConsentRequired
