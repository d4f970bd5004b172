"""The access log (NEN 7513): one line for each access to health data, written in the statement of the access.

A vault statement takes the line as one parameter of the composite type `access_line` and contains
`INSERT INTO access_log SELECT ($n::access_line).* FROM fence`: no line, no access.
"""

from typing import NamedTuple
from uuid import UUID


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
