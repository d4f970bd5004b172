"""Contract terms, carried to the stores that act on them."""

from uuid import UUID

import msgspec

from vitalapp.core.resources import Resources
from vitalapp.core.tasks import Carrier, Schedule, Task
from vitalapp.domains.employers.schemas import TermsChanged
from vitalapp.domains.employers.service import TERMS_KIND, carry_terms_to_identity


async def carry_terms(resources: Resources, _outbox_id: UUID, payload: bytes) -> None:
    """Bring the read copies of one contract up to date."""
    changed = msgspec.json.decode(payload, type=TermsChanged)
    await carry_terms_to_identity(resources, changed.contract_id)


TASKS: list[Task] = []
CARRIERS = [Carrier(store="ledger", kind=TERMS_KIND, carry=carry_terms)]
SCHEDULES: list[Schedule] = []
