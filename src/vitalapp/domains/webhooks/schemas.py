"""What an employer sends and gets about its webhook endpoints."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

EventType = Literal["confirmation.intake", "confirmation.billing", "invoice.issued", "credit_note.issued"]
EVENT_TYPES: tuple[EventType, ...] = (
    "confirmation.intake",
    "confirmation.billing",
    "invoice.issued",
    "credit_note.issued",
)

Url = Annotated[
    str, Meta(min_length=8, max_length=500, pattern=r"^https?://[^\s@]+$(?!\n)", examples=["https://erp.example/hooks"])
]
EventTypes = Annotated[tuple[EventType, ...], Meta(min_length=1, max_length=len(EVENT_TYPES))]


class EndpointInput(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new endpoint."""

    url: Url
    event_types: EventTypes = EVENT_TYPES


class EndpointUpdate(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An endpoint as it should be; `rotate_secret` asks for a new secret beside which the old one signs for another day."""

    url: Url
    event_types: EventTypes = EVENT_TYPES
    is_enabled: bool = True
    rotate_secret: bool = False


class Endpoint(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An endpoint.

    Shape: `disabled_reason` is `gone` after an answer 410, `by_owner` after a PUT; `secret` (Standard Webhooks, `whsec_…`) is there
    only in the answer that made it.
    """

    id: UUID
    url: str
    event_types: list[EventType]
    is_enabled: bool
    disabled_reason: Literal["gone", "by_owner"] | None
    created_at: datetime
    secret: str | msgspec.UnsetType = msgspec.UNSET


class Delivery(msgspec.Struct, kw_only=True, frozen=True):
    """One event on its way to one endpoint.

    Shape: `status` is `dead` after three days of failures, or where the endpoint is gone; `response_status` is the last answer's.
    """

    id: UUID
    event_id: UUID
    event_type: EventType
    status: Literal["pending", "delivered", "dead"]
    attempts: int
    response_status: int | None
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a delivery, as Standard Webhooks 1.0 has it."""

    type: EventType
    timestamp: datetime
    data: msgspec.Raw
