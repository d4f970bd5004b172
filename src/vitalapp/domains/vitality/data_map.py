"""What the columns of the vitality meter are; texts are message ids of the catalogue."""

from vitalapp.core.data_map import Category, Table
from vitalapp.core.texts import mark

CATEGORIES = [
    Category(
        key="measurements",
        purpose=mark("Showing you how you are doing, over time"),
        legal_basis="GDPR 6(1)(a), 9(2)(a)",
        retention=mark("Until you delete the measurement or your account, or a year after you last used the app"),
        is_portable=True,
    ),
    Category(
        key="measurement_sharing",
        purpose=mark("Letting a coach read the measurements that you choose"),
        legal_basis="GDPR 6(1)(a), 9(2)(a)",
        retention=mark("Until you stop sharing the measurement, or delete the measurement or your account"),
        recipients=(mark("The coach with whom you share a measurement"),),
    ),
]

# The shares stand first, so that an erasure counts them before they go with their measurement.
TABLES = [
    Table(
        store="vault",
        name="measurement_shares",
        category="measurement_sharing",
        subject=("person_id", "person_id"),
        observed_at="shared_at",
        columns={
            "person_id": "pseudonym",
            "measurement_id": "identifier",
            "coach_id": "identifier",
            "shared_at": "instant",
        },
        erasure="delete",
    ),
    Table(
        store="vault",
        name="measurements",
        category="measurements",
        subject=("person_id", "person_id"),
        observed_at="measured_at",
        columns={
            "person_id": "pseudonym",
            "measurement_id": "identifier",
            "measured_at": "instant",
            "content_sealed": "sealed",
            "created_at": "instant",
        },
        erasure="delete",
    ),
]
