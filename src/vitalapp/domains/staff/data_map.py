"""What the columns of staff are; none of them is an employee's."""

from vitalapp.core.data_map import Category, Retention, Table

CATEGORIES: list[Category] = []

TABLES = [
    Table(
        store="identity",
        name="staff",
        category=None,
        data_key_owner="staff_id",
        columns={
            "staff_id": "identifier",
            "role": "state",
            "profession": "setting",
            "email_index": "keyed_hash",
            "email_sealed": "sealed",
            "display_name_sealed": "sealed",
            "languages": "setting",
            "themes": "setting",
            "locale": "setting",
            "password_hash": "keyed_hash",
            "totp_sealed": "sealed",
            "totp_last_step": "state",
            "wrapped_data_key": "sealed",
            "confidentiality_signed_on": "instant",
            "is_active": "state",
            "created_at": "instant",
        },
        erasure="none",
    ),
    Table(
        store="identity",
        name="staff_sessions",
        category=None,
        columns={
            "session_id": "identifier",
            "staff_id": "identifier",
            "generation": "state",
            "refresh_token_hash": "keyed_hash",
            "previous_refresh_token_hash": "keyed_hash",
            "rotated_at": "instant",
            "is_successor_used": "state",
            "created_at": "instant",
            "last_used_at": "instant",
            "absolute_expires_at": "instant",
        },
        erasure="none",
        retention=Retention(column="absolute_expires_at", days=0),
    ),
    Table(
        store="identity",
        name="staff_access_tokens",
        category=None,
        columns={
            "token_hash": "keyed_hash",
            "session_id": "identifier",
            "generation": "state",
            "expires_at": "instant",
        },
        erasure="none",
        retention=Retention(column="expires_at", days=0),
    ),
    Table(
        store="identity",
        name="staff_passkeys",
        category=None,
        columns={
            "credential_id": "identifier",
            "passkey_id": "identifier",
            "staff_id": "identifier",
            "public_key": "keyed_hash",
            "sign_count": "state",
            "created_at": "instant",
            "last_used_at": "instant",
        },
        erasure="none",
    ),
    Table(
        store="identity",
        name="passkey_challenges",
        category=None,
        columns={
            "challenge_id": "identifier",
            "staff_id": "identifier",
            "challenge": "keyed_hash",
            "expires_at": "instant",
        },
        erasure="none",
        retention=Retention(column="expires_at", days=0),
    ),
]
