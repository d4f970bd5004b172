"""What the columns of employers, contracts and keys are: business data, no person's."""

from vitalapp.core.data_map import Category, Retention, Table

CATEGORIES: list[Category] = []

TABLES = [
    Table(
        store="ledger",
        name="employers",
        category=None,
        columns={
            "employer_id": "identifier",
            "name": "business",
            "registration_scheme": "business",
            "registration_number": "business",
            "billing_email": "business",
            "created_at": "instant",
            "street": "business",
            "postcode": "business",
            "city": "business",
            "country": "business",
        },
        erasure="none",
    ),
    Table(
        store="ledger",
        name="contracts",
        category=None,
        columns={
            "contract_id": "identifier",
            "employer_id": "identifier",
            "reference": "business",
            "headcount": "business",
            "mail_domains": "business",
            "session_price_cents": "business",
            "cancellation_notice_hours": "business",
            "starts_on": "instant",
            "ends_on": "instant",
            "created_at": "instant",
        },
        erasure="none",
    ),
    Table(
        store="ledger",
        name="api_keys",
        category=None,
        columns={
            "key_id": "identifier",
            "employer_id": "identifier",
            "key_hash": "keyed_hash",
            "scopes": "setting",
            "created_at": "instant",
            "expires_at": "instant",
            "revoked_at": "instant",
        },
        erasure="none",
        retention=Retention(column="revoked_at", days=365),
    ),
]
