-- Staff, apart from employees: accounts under their own data keys, sessions, passkeys; and the term that a booking tells.
SET LOCAL lock_timeout = '5s';

CREATE TABLE staff (
    staff_id uuid PRIMARY KEY,
    role text NOT NULL CHECK (role IN ('coach', 'privacy_officer', 'complaints_officer', 'operator')),
    profession text CHECK (profession IN ('coach', 'psychologist')),
    email_index bytea NOT NULL UNIQUE CHECK (octet_length(email_index) = 32),
    email_sealed bytea NOT NULL,
    display_name_sealed bytea NOT NULL,
    languages text[] NOT NULL DEFAULT '{}',
    themes text[] NOT NULL DEFAULT '{}',
    locale text NOT NULL CHECK (locale IN ('nl', 'en')),
    password_hash text NOT NULL,
    totp_sealed bytea NOT NULL,
    totp_last_step bigint NOT NULL DEFAULT 0,
    wrapped_data_key bytea NOT NULL,
    confidentiality_signed_on date,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    CHECK ((role = 'coach') = (profession IS NOT NULL))
);

CREATE TABLE staff_sessions (
    session_id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    generation integer NOT NULL DEFAULT 1,
    refresh_token_hash bytea NOT NULL UNIQUE CHECK (octet_length(refresh_token_hash) = 32),
    previous_refresh_token_hash bytea UNIQUE,
    rotated_at timestamptz,
    is_successor_used boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL
);
CREATE INDEX staff_sessions_staff ON staff_sessions (staff_id);
CREATE INDEX staff_sessions_expiry ON staff_sessions (absolute_expires_at);

CREATE TABLE staff_access_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES staff_sessions ON DELETE CASCADE,
    generation integer NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX staff_access_tokens_session ON staff_access_tokens (session_id);
CREATE INDEX staff_access_tokens_expiry ON staff_access_tokens (expires_at);

CREATE TABLE staff_passkeys (
    credential_id bytea PRIMARY KEY,
    passkey_id uuid NOT NULL UNIQUE,
    staff_id uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX staff_passkeys_staff ON staff_passkeys (staff_id);

-- staff_id is NULL for a challenge of a sign-in, where nobody is known yet.
CREATE TABLE passkey_challenges (
    challenge_id uuid PRIMARY KEY,
    staff_id uuid REFERENCES staff ON DELETE CASCADE,
    challenge bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_challenges_expiry ON passkey_challenges (expires_at);

ALTER TABLE contracts ADD COLUMN cancellation_notice_hours integer NOT NULL DEFAULT 24
    CHECK (cancellation_notice_hours BETWEEN 0 AND 336);

GRANT SELECT, INSERT, UPDATE, DELETE ON staff, staff_sessions, staff_access_tokens, staff_passkeys, passkey_challenges
    TO vitalapp_identity_app;
GRANT SELECT, DELETE ON staff_sessions, staff_access_tokens, passkey_challenges TO vitalapp_identity_retention;
