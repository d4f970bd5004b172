"""Which consent opens the gate at an instant; the consent domain knows the statements, the guards only their ids."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class ConsentGate(Protocol):
    """The statements in force."""

    def current_id(self, now: datetime) -> UUID:
        """The statement that a person is asked to accept now."""
        ...

    def accepted_ids(self, now: datetime) -> frozenset[UUID]:
        """The current statement and every earlier one since the last material change."""
        ...
