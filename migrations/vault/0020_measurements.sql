-- The vitality meter: measurements, and who a measurement is shared with.
SET LOCAL lock_timeout = '5s';

-- Instrument, answers and scores are sealed together; only when it was measured orders the history.
CREATE TABLE measurements (
    person_id uuid NOT NULL,
    measurement_id uuid NOT NULL,
    measured_at timestamptz NOT NULL,
    content_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, measurement_id)
);
CREATE INDEX measurements_history ON measurements (person_id, measured_at, measurement_id);

CREATE TABLE measurement_shares (
    person_id uuid NOT NULL,
    measurement_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    shared_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, measurement_id, coach_id),
    FOREIGN KEY (person_id, measurement_id) REFERENCES measurements ON DELETE CASCADE
);
CREATE INDEX measurement_shares_coach ON measurement_shares (person_id, coach_id);

GRANT SELECT, INSERT, DELETE ON measurements, measurement_shares TO vitalapp_vault_app;
GRANT SELECT, DELETE ON measurements, measurement_shares TO vitalapp_vault_retention;
