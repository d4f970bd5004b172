"""What a coach sees: appointments, clients, and what a client shares with them, each look logged in the statement of the look."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from vitalapp.core.fence import StaleFence
from vitalapp.core.resources import Resources
from vitalapp.core.staff_sessions import StaffSession
from vitalapp.domains.coaching import client_queries
from vitalapp.domains.coaching.care import NOBODY, Care, Person, care_line, find_persons, staff_line, with_care
from vitalapp.domains.coaching.schemas_admin import (
    AgendaItem,
    Client,
    ClientDetail,
    ClientReference,
    Shared,
    Trajectory,
)
from vitalapp.domains.diary.service import open_entry
from vitalapp.domains.vitality.service import open_measurement

MOST_SHARED: Final = 500


async def list_coach_appointments(
    resources: Resources,
    staff: StaffSession,
    *,
    starts_from: datetime,
    starts_before: datetime,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[AgendaItem]:
    """The coach's appointments with clients whose trajectory runs, in order of time."""
    person_ids = await client_queries.list_agenda_persons(
        resources.vault, coach_id=staff.staff_id, starts_from=starts_from, starts_before=starts_before
    )
    persons = await find_persons(resources, person_ids)
    rows = await client_queries.list_agenda(
        resources.vault,
        coach_id=staff.staff_id,
        person_ids=[person.person_id for person in persons.values()],
        epochs=[person.epoch for person in persons.values()],
        log_subject_ids=[person.log_subject_id for person in persons.values()],
        are_open=[person.is_open(resources) for person in persons.values()],
        starts_from=starts_from,
        starts_before=starts_before,
        after=after,
        limit=limit,
        line=staff_line(staff, action="read", object_kind="appointment"),
    )
    names = {row["person_id"]: persons[row["person_id"]].display_name(resources) for row in rows if row["is_open"]}
    return [to_item(row, names.get(row["person_id"])) for row in rows]


async def list_clients(
    resources: Resources, staff: StaffSession, *, after: UUID, limit: int
) -> tuple[list[Client], UUID | None]:
    """Clients whose trajectory runs, and where the next page begins; closed ones are left out."""
    running = await client_queries.list_running_clients(
        resources.vault, coach_id=staff.staff_id, after=after, limit=limit + 1
    )
    shown = running[:limit]
    persons = await find_persons(resources, [row["person_id"] for row in shown])
    clients = await _show(resources, staff, [person for person in persons.values() if person.is_open(resources)])
    return clients, shown[-1]["trajectory_id"] if len(running) > limit else None


async def get_client(resources: Resources, staff: StaffSession, person_id: UUID) -> ClientDetail:
    """One client and their appointments with the coach.

    Raises: NotFound (404), Restricted or ClientConsentRequired (403).
    """

    async def read(care: Care) -> ClientDetail:
        clients = await _show(resources, staff, [care.person])
        if not clients:
            raise StaleFence
        client = clients[0]
        rows = await client_queries.list_agenda(
            resources.vault,
            coach_id=staff.staff_id,
            person_ids=[person_id],
            epochs=[care.person.epoch],
            log_subject_ids=[care.person.log_subject_id],
            are_open=[True],
            starts_from=client.trajectory.opened_at,
            starts_before=datetime.max.replace(tzinfo=client.trajectory.opened_at.tzinfo),
            after=(client.trajectory.opened_at, NOBODY),
            limit=MOST_SHARED,
            line=staff_line(staff, action="read", object_kind="appointment"),
        )
        return ClientDetail(
            person_id=person_id,
            display_name=client.display_name,
            trajectory=client.trajectory,
            appointments=[to_item(row, client.display_name) for row in rows if row["is_open"]],
        )

    return await with_care(resources, staff, person_id, read, action="read", object_kind="client")


async def list_shared(resources: Resources, staff: StaffSession, person_id: UUID) -> Shared:
    """The diary entries and measurements that the client shares with this coach, and nothing else.

    Raises: NotFound (404), Restricted or ClientConsentRequired (403).
    """

    async def read(care: Care) -> Shared:
        key = care.person.key(resources)
        entries = await client_queries.list_shared_entries(
            resources.vault,
            person_id=person_id,
            epoch=care.person.epoch,
            line=care_line(staff, care, action="read", object_kind="diary_entry"),
            coach_id=staff.staff_id,
            limit=MOST_SHARED,
        )
        measurements = await client_queries.list_shared_measurements(
            resources.vault,
            person_id=person_id,
            epoch=care.person.epoch,
            line=care_line(staff, care, action="read", object_kind="measurement"),
            coach_id=staff.staff_id,
            limit=MOST_SHARED,
        )
        return Shared(
            diary_entries=[open_entry(key, row["entry_id"], row) for row in entries],
            measurements=[open_measurement(key, row) for row in measurements],
        )

    return await with_care(resources, staff, person_id, read, action="read", object_kind="diary_entry")


def to_item(row: asyncpg.Record | Mapping[str, Any], display_name: str | None) -> AgendaItem:
    """One appointment as its coach sees it; without a name nothing of the client is shown."""
    is_shown = display_name is not None
    return AgendaItem(
        id=row["appointment_id"],
        person_id=row["person_id"] if is_shown else None,
        client=ClientReference(display_name=display_name) if is_shown else None,
        trajectory_id=row["trajectory_id"] if is_shown else None,
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        kind=row["kind"],
        mode=row["mode"],
        status=row["status"],
        is_late=row["is_late"],
        version=row["version"],
    )


def to_trajectory(row: asyncpg.Record) -> Trajectory:
    """A trajectory from its row."""
    return Trajectory(
        id=row["trajectory_id"],
        person_id=row["person_id"],
        status="running" if row["closed_at"] is None else "closed",
        opened_at=row["opened_at"],
        intake_completed_at=row["intake_completed_at"],
        closed_at=row["closed_at"],
        sessions=row["sessions"],
        has_treatment_agreement=row["treatment_file_id"] is not None,
    )


async def _show(resources: Resources, staff: StaffSession, persons: list[Person]) -> list[Client]:
    rows = await client_queries.show_trajectories(
        resources.vault,
        coach_id=staff.staff_id,
        person_ids=[person.person_id for person in persons],
        epochs=[person.epoch for person in persons],
        log_subject_ids=[person.log_subject_id for person in persons],
        line=staff_line(staff, action="read", object_kind="client"),
    )
    names = {person.person_id: person.display_name(resources) for person in persons}
    return [
        Client(person_id=row["person_id"], display_name=names[row["person_id"]], trajectory=to_trajectory(row))
        for row in rows
    ]
