"""What the columns of the consent register are."""

from vitalapp.core.data_map import Category, Kept, Table
from vitalapp.core.texts import mark

CATEGORIES = [
    Category(
        key="consent",
        purpose=mark("Showing that you gave or withdrew your consent, and to what"),
        legal_basis="GDPR 6(1)(c), 7(1)",
        retention=mark(
            "Five years after it was withdrawn or changed, under a number that nobody can lead back to you after deletion"
        ),
        recipients=(mark("The privacy officer"),),
    ),
]

# A record's term begins when what it says is no longer in force.
_ENDED_AT = (
    "coalesce((SELECT min(later.at) FROM consent_events AS later "
    "WHERE later.consent_subject_id = consent_events.consent_subject_id AND later.purpose = consent_events.purpose "
    "AND later.event_number > consent_events.event_number), CASE WHEN event = 'withdrawn' THEN at END)"
)

TABLES = [
    Table(
        store="identity",
        name="consent_events",
        category="consent",
        subject=("consent_subject_id", "consent_subject_id"),
        observed_at="at",
        columns={
            "consent_event_id": "identifier",
            "event_number": "state",
            "receipt_id": "identifier",
            "consent_subject_id": "pseudonym",
            "schema_version": "state",
            "statement_id": "identifier",
            "statement_sha256": "state",
            "locale": "setting",
            "purpose": "setting",
            "event": "state",
            "method": "state",
            "at": "instant",
        },
        erasure="keep",
        kept=Kept(ground="GDPR 7(1), 17(3)(e)", years=5, since="at", runs_from=_ENDED_AT),
    ),
]
