-- Accounts: what waits until a mail is answered, recovery codes, and what sign-in remembers.
SET LOCAL lock_timeout = '5s';

-- has_signed_in: the first sign-in is not told as one by a new device.
-- is_password_long: whether the password may stand without a second factor.
ALTER TABLE accounts
    ADD COLUMN has_signed_in boolean NOT NULL DEFAULT false,
    ADD COLUMN is_password_long boolean NOT NULL DEFAULT true;

-- token_hash is NULL until the worker has decided that there is no account with this address.
CREATE TABLE registrations (
    registration_id uuid PRIMARY KEY,
    email_index bytea NOT NULL CHECK (octet_length(email_index) = 32),
    payload_sealed bytea NOT NULL,
    token_hash bytea UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX registrations_email ON registrations (email_index);
CREATE INDEX registrations_expiry ON registrations (expires_at);

-- account_id and token_hash are NULL until the worker has found the account; without one the row goes.
CREATE TABLE password_resets (
    password_reset_id uuid PRIMARY KEY,
    email_index bytea NOT NULL CHECK (octet_length(email_index) = 32),
    account_id uuid REFERENCES accounts ON DELETE CASCADE,
    token_hash bytea UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX password_resets_account ON password_resets (account_id);
CREATE INDEX password_resets_expiry ON password_resets (expires_at);

-- token_hash is NULL until the worker has decided that there is no account with the new address.
CREATE TABLE email_changes (
    email_change_id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    email_index bytea NOT NULL CHECK (octet_length(email_index) = 32),
    email_sealed bytea NOT NULL,
    token_hash bytea UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX email_changes_account ON email_changes (account_id);
CREATE INDEX email_changes_expiry ON email_changes (expires_at);

CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    PRIMARY KEY (account_id, code_hash)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON registrations, password_resets, email_changes, recovery_codes
    TO vitalapp_identity_app;
GRANT SELECT, DELETE ON registrations, password_resets, email_changes TO vitalapp_identity_retention;
