-- The person's account, the sessions of the app, and what every store carries: outbox and erasure state.
SET LOCAL lock_timeout = '5s';

CREATE TABLE store_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    erasure_applied_through bigint NOT NULL DEFAULT 0
);
INSERT INTO store_state DEFAULT VALUES;

CREATE TABLE outbox (
    outbox_id uuid PRIMARY KEY,
    kind text NOT NULL,
    subject_index bytea,
    payload_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX outbox_subject ON outbox (subject_index) WHERE subject_index IS NOT NULL;

CREATE TABLE contracts (
    contract_id uuid PRIMARY KEY,
    mail_domains text[] NOT NULL DEFAULT '{}',
    starts_on date NOT NULL,
    ends_on date
);

CREATE TABLE registration_links (
    link_hash bytea PRIMARY KEY CHECK (octet_length(link_hash) = 32),
    contract_id uuid NOT NULL REFERENCES contracts,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);

CREATE TABLE accounts (
    account_id uuid PRIMARY KEY,
    person_id uuid NOT NULL UNIQUE,
    log_subject_id uuid NOT NULL UNIQUE,
    consent_subject_id uuid NOT NULL UNIQUE,
    contract_id uuid NOT NULL REFERENCES contracts,
    email_index bytea NOT NULL UNIQUE CHECK (octet_length(email_index) = 32),
    email_sealed bytea NOT NULL,
    display_name_sealed bytea NOT NULL,
    phone_sealed bytea,
    themes_sealed bytea,
    time_zone_sealed bytea NOT NULL,
    locale text NOT NULL CHECK (locale IN ('nl', 'en')),
    password_hash text NOT NULL,
    totp_sealed bytea,
    totp_last_step bigint NOT NULL DEFAULT 0,
    has_second_factor boolean NOT NULL DEFAULT false,
    accepted_terms_version text NOT NULL,
    wrapped_data_key bytea NOT NULL,
    consented_statement_id uuid,
    is_restricted boolean NOT NULL DEFAULT false,
    is_erasing boolean NOT NULL DEFAULT false,
    epoch bigint NOT NULL DEFAULT 1,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    last_used_on date NOT NULL
);
CREATE INDEX accounts_contract ON accounts (contract_id);
CREATE INDEX accounts_last_used ON accounts (last_used_on, account_id);

CREATE TABLE sessions (
    session_id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    device_name_sealed bytea NOT NULL,
    platform text NOT NULL CHECK (platform IN ('ios', 'android', 'web')),
    network_index bytea NOT NULL,
    generation integer NOT NULL DEFAULT 1,
    refresh_token_hash bytea NOT NULL UNIQUE CHECK (octet_length(refresh_token_hash) = 32),
    previous_refresh_token_hash bytea UNIQUE,
    rotated_at timestamptz,
    is_successor_used boolean NOT NULL DEFAULT false,
    stepped_up_at timestamptz,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    idle_expires_at timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (idle_expires_at);

CREATE TABLE access_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    generation integer NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX access_tokens_session ON access_tokens (session_id);
CREATE INDEX access_tokens_expiry ON access_tokens (expires_at);

GRANT SELECT, UPDATE ON store_state TO vitalapp_identity_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, contracts, registration_links, accounts, sessions, access_tokens
    TO vitalapp_identity_app;
GRANT SELECT, DELETE ON outbox, sessions, access_tokens TO vitalapp_identity_retention;
