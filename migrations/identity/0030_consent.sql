-- The consent register: events only, which the application's own role can add and read, never change or take away.
SET LOCAL lock_timeout = '5s';

CREATE TABLE consent_events (
    consent_event_id uuid PRIMARY KEY,
    event_number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    receipt_id uuid NOT NULL,
    consent_subject_id uuid NOT NULL,
    schema_version text NOT NULL,
    statement_id uuid NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (octet_length(statement_sha256) = 32),
    locale text NOT NULL CHECK (locale IN ('nl', 'en')),
    purpose text NOT NULL CHECK (purpose ~ '^[a-z][a-z0-9_]{0,63}$'),
    event text NOT NULL CHECK (event IN ('granted', 'withdrawn')),
    method text NOT NULL CHECK (method IN ('app', 'deletion', 'inactivity', 'contract_end')),
    at timestamptz NOT NULL
);
CREATE UNIQUE INDEX consent_events_subject ON consent_events (consent_subject_id, event_number);
CREATE INDEX consent_events_age ON consent_events (at);

GRANT SELECT, INSERT ON consent_events TO vitalapp_identity_app;
GRANT SELECT, DELETE ON consent_events TO vitalapp_identity_retention;
