-- Stored answers of keyed requests that the identity store decides: for people who are not in the vault yet as well.
SET LOCAL lock_timeout = '5s';

CREATE TABLE idempotency_keys (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    status smallint,
    answer_sealed bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, key_hash)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO vitalapp_identity_app;
GRANT SELECT, DELETE ON idempotency_keys TO vitalapp_identity_retention;
