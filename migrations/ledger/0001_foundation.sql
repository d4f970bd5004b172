-- What is owed, and to whom: employers and their contracts; and what every store carries: the outbox.
SET LOCAL lock_timeout = '5s';

CREATE TABLE outbox (
    outbox_id uuid PRIMARY KEY,
    kind text NOT NULL,
    subject_index bytea,
    payload_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE employers (
    employer_id uuid PRIMARY KEY,
    name text NOT NULL,
    registration_scheme text NOT NULL CHECK (registration_scheme IN ('KVK', 'OIN')),
    registration_number text NOT NULL,
    billing_email text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (registration_scheme, registration_number)
);

CREATE TABLE contracts (
    contract_id uuid PRIMARY KEY,
    employer_id uuid NOT NULL REFERENCES employers,
    reference text NOT NULL,
    headcount integer NOT NULL CHECK (headcount > 0),
    mail_domains text[] NOT NULL DEFAULT '{}',
    session_price_cents integer NOT NULL CHECK (session_price_cents >= 0),
    cancellation_notice_hours integer NOT NULL CHECK (cancellation_notice_hours BETWEEN 0 AND 336),
    starts_on date NOT NULL,
    ends_on date CHECK (ends_on >= starts_on),
    created_at timestamptz NOT NULL,
    UNIQUE (employer_id, reference)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO vitalapp_ledger_app;
GRANT SELECT, INSERT, UPDATE ON employers, contracts TO vitalapp_ledger_app;
GRANT SELECT, DELETE ON outbox, employers, contracts TO vitalapp_ledger_retention;
