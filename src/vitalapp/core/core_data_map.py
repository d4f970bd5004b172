"""What the columns of the core's own tables are; texts are message ids of the catalogue."""

from vitalapp.core.data_map import Category, Kept, Retention, Table
from vitalapp.core.settings import Store
from vitalapp.core.texts import mark

CATEGORIES = [
    Category(
        key="security",
        purpose=mark("Keeping your account and your data safe"),
        legal_basis="GDPR 6(1)(b), 32",
        retention=mark("Until you sign out, or 60 days after the last use of the device"),
    ),
    Category(
        key="access_log",
        purpose=mark("Showing you, and the supervisor, who looked at your data"),
        legal_basis="GDPR 6(1)(c), 9(2)(h); NEN 7513",
        retention=mark("Five years from each line, under a number that nobody can lead back to you after deletion"),
        recipients=(mark("The privacy officer"),),
    ),
    Category(
        key="processing",
        purpose=mark("Carrying out what you asked for, exactly once"),
        legal_basis="GDPR 6(1)(b)",
        retention=mark("At most 24 hours"),
    ),
    Category(
        key="mail",
        purpose=mark("Sending you the mails that belong to your account"),
        legal_basis="GDPR 6(1)(b)",
        retention=mark("Until the mail server has taken the mail, at most five days"),
        recipients=(mark("The provider of our mail server"),),
    ),
]


def _outbox(store: Store) -> Table:
    return Table(
        store=store,
        name="outbox",
        category="processing",
        subject=("subject_index", "subject_index"),
        observed_at="created_at",
        columns={
            "outbox_id": "identifier",
            "kind": "state",
            "subject_index": "keyed_hash",
            "payload_sealed": "sealed",
            "created_at": "instant",
        },
        erasure="delete",
    )


def _store_state(store: Store) -> Table:
    return Table(
        store=store,
        name="store_state",
        category=None,
        columns={"is_only": "state", "erasure_applied_through": "state"},
        erasure="none",
    )


TABLES = [
    _outbox("identity"),
    _outbox("vault"),
    _store_state("identity"),
    _store_state("vault"),
    Table(
        store="ledger",
        name="outbox",
        category=None,
        columns={
            "outbox_id": "identifier",
            "kind": "state",
            "subject_index": "business",
            "payload_sealed": "business",
            "created_at": "instant",
        },
        erasure="none",
    ),
    Table(
        store="identity",
        name="sessions",
        category="security",
        subject=("account_id", "account_id"),
        observed_at="last_used_at",
        columns={
            "session_id": "identifier",
            "account_id": "pseudonym",
            "device_name_sealed": "sealed",
            "platform": "setting",
            "network_index": "keyed_hash",
            "generation": "state",
            "refresh_token_hash": "keyed_hash",
            "previous_refresh_token_hash": "keyed_hash",
            "rotated_at": "instant",
            "is_successor_used": "state",
            "stepped_up_at": "instant",
            "created_at": "instant",
            "last_used_at": "instant",
            "idle_expires_at": "instant",
            "absolute_expires_at": "instant",
        },
        erasure="delete",
        retention=Retention(column="idle_expires_at", days=0),
    ),
    Table(
        store="identity",
        name="access_tokens",
        category=None,
        columns={
            "token_hash": "keyed_hash",
            "session_id": "pseudonym",
            "generation": "state",
            "expires_at": "instant",
        },
        erasure="cascade",
        retention=Retention(column="expires_at", days=0),
    ),
    Table(
        store="identity",
        name="mails",
        category="mail",
        subject=("subject_index", "subject_index"),
        observed_at="created_at",
        columns={
            "mail_id": "identifier",
            "payload_sealed": "sealed",
            "subject_index": "keyed_hash",
            "attempts": "state",
            "created_at": "instant",
        },
        erasure="delete",
        retention=Retention(column="created_at", days=5),
    ),
    Table(
        store="vault",
        name="persons",
        category=None,
        columns={"person_id": "pseudonym", "epoch": "state", "change_seq": "state", "is_restricted": "setting"},
        erasure="cascade",
    ),
    Table(
        store="identity",
        name="idempotency_keys",
        category="processing",
        subject=("account_id", "account_id"),
        observed_at="created_at",
        columns={
            "account_id": "pseudonym",
            "key_hash": "keyed_hash",
            "request_hash": "keyed_hash",
            "status": "state",
            "answer_sealed": "sealed",
            "created_at": "instant",
        },
        erasure="delete",
        retention=Retention(column="created_at", days=1),
    ),
    Table(
        store="vault",
        name="idempotency_keys",
        category="processing",
        subject=("person_id", "person_id"),
        observed_at="created_at",
        columns={
            "person_id": "pseudonym",
            "key_hash": "keyed_hash",
            "request_hash": "keyed_hash",
            "status": "state",
            "answer_sealed": "sealed",
            "created_at": "instant",
        },
        erasure="delete",
        retention=Retention(column="created_at", days=1),
    ),
    Table(
        store="vault",
        name="access_log",
        category="access_log",
        subject=("log_subject_id", "log_subject_id"),
        observed_at="at",
        columns={
            "log_subject_id": "pseudonym",
            "actor_role": "state",
            "actor_id": "identifier",
            "on_behalf_of": "identifier",
            "action": "state",
            "object_kind": "state",
            "object_id": "identifier",
            "outcome": "state",
            "purpose": "state",
            "authorisation": "state",
            "access_point": "state",
            "is_emergency": "state",
            "at": "instant",
            "line_id": "identifier",
            "transaction_id": "state",
        },
        erasure="keep",
        kept=Kept(ground="NEN 7513:2018, GDPR 17(3)(b)", years=5, since="at"),
    ),
]
