"""What the columns of the erasures' tables are; texts are message ids of the catalogue."""

from vitalapp.core.data_map import Category, Retention, Table
from vitalapp.core.texts import mark
from vitalapp.domains.privacy.certificates import CERTIFICATE_DAYS

CATEGORIES = [
    Category(
        key="erasure",
        purpose=mark("Erasing your data everywhere, also in a restored backup, and showing you that it is done"),
        legal_basis="GDPR 6(1)(c), 5(2), 17",
        retention=mark(
            "The certificate for 30 days; a keyed hash that recognises nothing but an old backup for as long as there are backups"
        ),
    ),
]

TABLES = [
    Table(
        store="identity",
        name="erasure_ledger",
        category="erasure",
        columns={
            "sequence": "state",
            "erasure_id": "identifier",
            "account_mac": "keyed_hash",
            "person_mac": "keyed_hash",
            "subject_mac": "keyed_hash",
            "ground": "state",
            "at": "instant",
        },
        erasure="none",
    ),
    Table(
        store="identity",
        name="erasures",
        category="erasure",
        columns={
            "erasure_id": "identifier",
            "sequence": "state",
            "first_sequence": "state",
            "account_id": "pseudonym",
            "secret_hash": "keyed_hash",
            "certificate": "state",
            "decided_at": "instant",
            "completed_at": "instant",
        },
        erasure="none",
        retention=Retention(column="completed_at", days=CERTIFICATE_DAYS),
    ),
    Table(
        store="vault",
        name="applied_erasures",
        category=None,
        columns={"sequence": "state", "counts": "state"},
        erasure="none",
    ),
]
