"""The access log (NEN 7513): one line for each access to health data, written in the statement of the access.

A vault statement takes the line as one parameter of the composite type `access_line` and contains
`INSERT INTO access_log SELECT ($n::access_line).* FROM fence`: no line, no access.
"""

from typing import Literal, NamedTuple
from uuid import UUID

from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection, Pool

Action = Literal["create", "read", "update", "delete"]
Outcome = Literal["granted", "refused"]


class AccessLine(NamedTuple):
    """Who did what to whose data, why and by which authorisation; never content, never an IP address.

    Shape: the fields of the vault's `access_line`, in its order; `object_id` is None where a whole list was read.
    Rule: NEN 7513:2018, S4-02, S4-14.
    """

    log_subject_id: UUID
    actor_role: str
    actor_id: UUID | None
    on_behalf_of: UUID | None
    action: str
    object_kind: str
    object_id: UUID | None
    outcome: str
    purpose: str
    authorisation: str
    access_point: str
    is_emergency: bool


def own_line(
    session: Session, *, action: Action, object_kind: str, object_id: UUID | None = None, outcome: Outcome = "granted"
) -> AccessLine:
    """The line of a person who reaches their own data from the app."""
    return AccessLine(
        log_subject_id=session.log_subject_id,
        actor_role="self",
        actor_id=None,
        on_behalf_of=None,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        outcome=outcome,
        purpose="self_care",
        authorisation=f"consent:{session.consented_statement_id}",
        access_point="app",
        is_emergency=False,
    )


INSERT_ACCESS_LINE = """
    INSERT INTO access_log SELECT ($1::access_line).*
"""


async def insert_access_line(vault: Connection | Pool, line: AccessLine) -> None:
    """Write a line of its own, for an access that was refused; a granted one is written in the access's statement."""
    await vault.execute(INSERT_ACCESS_LINE, line)
