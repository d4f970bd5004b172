"""What the columns of webhook endpoints and deliveries are: business data."""

from vitalapp.core.data_map import Category, Retention, Table

CATEGORIES: list[Category] = []

TABLES = [
    Table(
        store="ledger",
        name="webhook_endpoints",
        category=None,
        columns={
            "endpoint_id": "identifier",
            "employer_id": "identifier",
            "url": "business",
            "event_types": "setting",
            "secret_sealed": "business",
            "previous_secret_sealed": "business",
            "previous_secret_ends_at": "instant",
            "is_enabled": "state",
            "disabled_reason": "state",
            "version": "state",
            "created_at": "instant",
        },
        erasure="none",
    ),
    Table(
        store="ledger",
        name="webhook_deliveries",
        category=None,
        columns={
            "delivery_id": "identifier",
            "endpoint_id": "identifier",
            "event_id": "identifier",
            "event_type": "state",
            "body": "business",
            "status": "state",
            "attempts": "state",
            "response_status": "state",
            "created_at": "instant",
            "next_attempt_at": "instant",
            "ended_at": "instant",
        },
        erasure="none",
        retention=Retention(column="created_at", days=30),
    ),
]
