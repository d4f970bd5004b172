-- Erasures: the ledger of keyed hashes that outlives everything, and the work that is under way.
SET LOCAL lock_timeout = '5s';

CREATE TABLE erasure_ledger (
    sequence bigint PRIMARY KEY,
    erasure_id uuid NOT NULL UNIQUE,
    account_mac bytea NOT NULL CHECK (octet_length(account_mac) = 32),
    person_mac bytea NOT NULL CHECK (octet_length(person_mac) = 32),
    subject_mac bytea NOT NULL CHECK (octet_length(subject_mac) = 32),
    ground text NOT NULL CHECK (ground IN ('withdrawal', 'inactivity', 'contract_end')),
    at timestamptz NOT NULL
);

-- first_sequence: that of the erasures which were decided together and are finished together.
-- account_id: NULL once the person's rows are gone. secret_hash: NULL where nobody waits for a certificate.
CREATE TABLE erasures (
    erasure_id uuid PRIMARY KEY REFERENCES erasure_ledger (erasure_id),
    sequence bigint NOT NULL UNIQUE,
    first_sequence bigint NOT NULL,
    account_id uuid,
    secret_hash bytea CHECK (octet_length(secret_hash) = 32),
    certificate text,
    decided_at timestamptz NOT NULL,
    completed_at timestamptz
);
CREATE INDEX erasures_unfinished ON erasures (first_sequence) WHERE completed_at IS NULL;
CREATE INDEX erasures_age ON erasures (completed_at);

GRANT SELECT, INSERT ON erasure_ledger TO vitalapp_identity_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON erasures TO vitalapp_identity_app;
GRANT SELECT, DELETE ON erasures TO vitalapp_identity_retention;
