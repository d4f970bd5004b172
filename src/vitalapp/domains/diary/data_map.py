"""What the diary's columns are; texts are message ids of the catalogue."""

from vitalapp.core.data_map import Category, Retention, Table
from vitalapp.core.texts import mark

TOMBSTONE_DAYS = 90

CATEGORIES = [
    Category(
        key="diary",
        purpose=mark("Keeping your diary for you"),
        legal_basis="GDPR 6(1)(a), 9(2)(a)",
        retention=mark(
            "Until you delete the entry or your account, or a year after you last used the app;"
            " that an entry was deleted is known for another 90 days, so that all your devices hear of it"
        ),
        is_portable=True,
    ),
    Category(
        key="diary_sharing",
        purpose=mark("Letting a coach read the diary entries that you choose"),
        legal_basis="GDPR 6(1)(a), 9(2)(a)",
        retention=mark("Until you stop sharing the entry, or delete the entry or your account"),
        recipients=(mark("The coach with whom you share an entry"),),
    ),
]

TABLES = [
    Table(
        store="vault",
        name="diary_entries",
        category="diary",
        subject=("person_id", "person_id"),
        observed_at="written_at",
        counted="deleted_at IS NULL",
        columns={
            "person_id": "pseudonym",
            "entry_id": "identifier",
            "change_seq": "state",
            "version": "state",
            "local_date": "instant",
            "written_at": "instant",
            "content_sealed": "sealed",
            "updated_at": "instant",
            "deleted_at": "instant",
        },
        erasure="delete",
        retention=Retention(column="deleted_at", days=TOMBSTONE_DAYS),
    ),
    Table(
        store="vault",
        name="diary_entry_shares",
        category="diary_sharing",
        subject=("person_id", "person_id"),
        observed_at="shared_at",
        columns={
            "person_id": "pseudonym",
            "entry_id": "identifier",
            "coach_id": "identifier",
            "shared_at": "instant",
        },
        erasure="delete",
    ),
    Table(
        store="vault",
        name="diary_prunings",
        category=None,
        columns={"person_id": "pseudonym", "pruned_through": "state"},
        erasure="cascade",
    ),
]
