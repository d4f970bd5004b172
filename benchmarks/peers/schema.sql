-- The peers' tables: what ours hold, in clear, with the same keys and indexes.
CREATE TABLE peer_entries (
    person_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    version integer NOT NULL DEFAULT 1,
    written_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    local_date date NOT NULL,
    mood integer,
    tags text [] NOT NULL,
    text text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, entry_id)
);
CREATE INDEX peer_entries_dates ON peer_entries (person_id, local_date, written_at, entry_id);

CREATE TABLE peer_measurements (
    person_id uuid NOT NULL,
    measurement_id uuid NOT NULL,
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    measured_at timestamptz NOT NULL,
    answers jsonb NOT NULL,
    scores jsonb NOT NULL,
    overall integer,
    PRIMARY KEY (person_id, measurement_id)
);
CREATE INDEX peer_measurements_history ON peer_measurements (person_id, measured_at, measurement_id);
