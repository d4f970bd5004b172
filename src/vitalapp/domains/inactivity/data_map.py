"""What the columns of the notices are; texts are message ids of the catalogue."""

from vitalapp.core.data_map import Category, Table
from vitalapp.core.texts import mark

CATEGORIES = [
    Category(
        key="inactivity",
        purpose=mark("Warning you in time before your account is deleted because it is not used"),
        legal_basis="GDPR 5(1)(e), 6(1)(c)",
        retention=mark("Until you use the app again, or your account is deleted"),
    ),
]

TABLES = [
    Table(
        store="identity",
        name="inactivity_notices",
        category="inactivity",
        subject=("account_id", "account_id"),
        observed_at="first_noticed_on",
        columns={
            "account_id": "pseudonym",
            "subject_index": "keyed_hash",
            "ground": "state",
            "clock_started_on": "instant",
            "first_noticed_on": "instant",
            "delete_on": "instant",
            "last_stage": "state",
            "bounced_at": "instant",
        },
        erasure="delete",
    ),
]
