"""Lines: what coaching carries to the ledger, as little as confirmations and invoices need."""

from datetime import date
from typing import Literal
from uuid import UUID

from vitalapp.core.resources import Resources

LineKind = Literal["intake", "session"]

INSERT_LINE = """
    WITH carried AS (
        INSERT INTO carried_lines (line_id, carried_on) VALUES ($1, $6)
        ON CONFLICT (line_id) DO NOTHING
        RETURNING line_id
    )
    INSERT INTO unbilled_lines (line_id, contract_id, kind, trajectory_reference, period)
    SELECT line_id, $2, $3, $4, $5 FROM carried
"""


async def record_line(
    resources: Resources,
    *,
    line_id: UUID,
    contract_id: UUID,
    kind: LineKind,
    trajectory_reference: UUID,
    delivered_on: date,
) -> None:
    """Take over one completed intake or one attended or late-cancelled session, once for each `line_id`.

    Shape: `trajectory_reference` is a random id that coaching keeps for the ledger alone; the ledger keeps a keyed hash of it, so that
    two databases without the key do not join. Of `delivered_on` only the month is kept.
    Rule: S1-29, S1-36; pitfalls 21 and 22.
    """
    month = delivered_on.replace(day=1)
    period = month.strftime("%Y-%m") if kind == "session" else None
    pseudonym = UUID(bytes=resources.ledger_index("trajectory", trajectory_reference.bytes)[:16], version=4)
    await resources.ledger.execute(INSERT_LINE, line_id, contract_id, kind, pseudonym, period, month)
