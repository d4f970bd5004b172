-- Coaching: the agenda of coaches, appointments, trajectories, notes, and who looked in an emergency.
SET LOCAL lock_timeout = '5s';

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- A coach's rules; bookings of one coach take turns on this row.
CREATE TABLE coaches (
    coach_id uuid PRIMARY KEY,
    time_zone text NOT NULL,
    session_minutes integer NOT NULL CHECK (session_minutes BETWEEN 10 AND 480),
    buffer_before_minutes integer NOT NULL CHECK (buffer_before_minutes BETWEEN 0 AND 240),
    buffer_after_minutes integer NOT NULL CHECK (buffer_after_minutes BETWEEN 0 AND 240),
    notice_hours integer NOT NULL CHECK (notice_hours BETWEEN 0 AND 720),
    horizon_days integer NOT NULL CHECK (horizon_days BETWEEN 1 AND 366),
    capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 50),
    weekly jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE availability_exceptions (
    coach_id uuid NOT NULL,
    exception_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('open', 'closed')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (coach_id, exception_id),
    CHECK (starts_at < ends_at)
);
CREATE INDEX availability_exceptions_time ON availability_exceptions (coach_id, starts_at);

-- What is taken, `during` with its buffers; a session has one seat, a group as many as its capacity.
CREATE TABLE coach_occupancy (
    coach_id uuid NOT NULL,
    occupancy_id uuid NOT NULL,
    capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 50),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    during tstzrange NOT NULL,
    PRIMARY KEY (coach_id, occupancy_id),
    CONSTRAINT coach_occupancy_no_overlap EXCLUDE USING gist (coach_id WITH =, during WITH &&),
    CHECK (starts_at < ends_at AND during @> tstzrange(starts_at, ends_at))
);
CREATE INDEX coach_occupancy_time ON coach_occupancy (coach_id, starts_at);

-- hold_expires_at is NULL for an appointment, whose id booking_id is then.
CREATE TABLE coach_seats (
    coach_id uuid NOT NULL,
    occupancy_id uuid NOT NULL,
    seat integer NOT NULL CHECK (seat BETWEEN 1 AND 50),
    person_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    hold_expires_at timestamptz,
    PRIMARY KEY (coach_id, occupancy_id, seat),
    FOREIGN KEY (coach_id, occupancy_id) REFERENCES coach_occupancy ON DELETE CASCADE
);
CREATE INDEX coach_seats_person ON coach_seats (person_id, booking_id);
CREATE INDEX coach_seats_holds ON coach_seats (coach_id, hold_expires_at) WHERE hold_expires_at IS NOT NULL;

-- Times that came free again, until those who wait for one and the coach are told: no person.
CREATE TABLE freed_slots (
    coach_id uuid NOT NULL,
    freed_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    is_coach_told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (coach_id, freed_id)
);

-- Whatever takes a seat away, an erasure too, frees the time and has it told.
CREATE FUNCTION free_seat() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    occupancy coach_occupancy;
    freed uuid := gen_random_uuid();
BEGIN
    -- Two seats of a group that go at once take turns here, so that the last one takes the occupancy along.
    SELECT * INTO occupancy FROM coach_occupancy
    WHERE coach_id = OLD.coach_id AND occupancy_id = OLD.occupancy_id
    FOR UPDATE;
    DELETE FROM coach_occupancy
    WHERE coach_id = OLD.coach_id AND occupancy_id = OLD.occupancy_id
      AND NOT EXISTS (
          SELECT FROM coach_seats WHERE coach_id = OLD.coach_id AND occupancy_id = OLD.occupancy_id
      );
    IF OLD.hold_expires_at IS NULL AND occupancy.starts_at > now() THEN
        INSERT INTO freed_slots (coach_id, freed_id, starts_at) VALUES (OLD.coach_id, freed, occupancy.starts_at);
        PERFORM procrastinate_defer_jobs_v1(ARRAY[
            ROW(
                'default', 'announce_freed_slot', 0, NULL, NULL,
                jsonb_build_object('coach_id', OLD.coach_id, 'freed_id', freed), NULL
            )::procrastinate_job_to_defer_v1
        ]);
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER coach_seats_freed AFTER DELETE ON coach_seats FOR EACH ROW EXECUTE FUNCTION free_seat();

-- ledger_reference stands for the trajectory in the ledger, and nothing there leads back to it.
CREATE TABLE trajectories (
    person_id uuid NOT NULL,
    trajectory_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    contract_id uuid NOT NULL,
    ledger_reference uuid NOT NULL,
    treatment_file_id uuid,
    opened_at timestamptz NOT NULL,
    intake_completed_at timestamptz,
    closed_at timestamptz,
    PRIMARY KEY (person_id, trajectory_id)
);
CREATE UNIQUE INDEX trajectories_running ON trajectories (person_id, coach_id) WHERE closed_at IS NULL;
CREATE INDEX trajectories_coach ON trajectories (coach_id, trajectory_id);

CREATE TABLE appointments (
    person_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    trajectory_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('intake', 'session', 'group')),
    mode text NOT NULL CHECK (mode IN ('video', 'phone', 'in_person')),
    status text NOT NULL CHECK (status IN ('booked', 'cancelled', 'attended', 'no_show')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    late_cancellation_from timestamptz NOT NULL,
    is_late boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    reminded_version integer NOT NULL DEFAULT 0,
    booked_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, appointment_id),
    CONSTRAINT appointments_no_overlap EXCLUDE USING gist (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (status = 'booked'),
    FOREIGN KEY (person_id, trajectory_id) REFERENCES trajectories ON DELETE CASCADE,
    CHECK (starts_at < ends_at)
);
CREATE INDEX appointments_time ON appointments (person_id, starts_at, appointment_id);
CREATE INDEX appointments_coach ON appointments (coach_id, starts_at, appointment_id);
CREATE INDEX appointments_reminder ON appointments (starts_at) WHERE status = 'booked' AND reminded_version < version;

CREATE TABLE waiting_list (
    person_id uuid NOT NULL,
    waiting_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    wanted_from timestamptz,
    wanted_to timestamptz,
    created_at timestamptz NOT NULL,
    told_at timestamptz,
    PRIMARY KEY (person_id, waiting_id),
    CHECK (wanted_from < wanted_to)
);
CREATE INDEX waiting_list_coach ON waiting_list (coach_id, created_at);

CREATE TABLE coaching_notes (
    person_id uuid NOT NULL,
    note_id uuid NOT NULL,
    trajectory_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    content_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, note_id),
    FOREIGN KEY (person_id, trajectory_id) REFERENCES trajectories ON DELETE CASCADE
);
CREATE INDEX coaching_notes_coach ON coaching_notes (person_id, coach_id, created_at);

CREATE TABLE note_statements (
    person_id uuid NOT NULL,
    statement_id uuid NOT NULL,
    note_id uuid NOT NULL,
    content_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, statement_id),
    FOREIGN KEY (person_id, note_id) REFERENCES coaching_notes ON DELETE CASCADE
);

CREATE TABLE emergency_accesses (
    person_id uuid NOT NULL,
    access_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    reason_sealed bytea NOT NULL,
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    reviewed_at timestamptz,
    reviewed_by uuid,
    is_justified boolean,
    PRIMARY KEY (person_id, access_id),
    CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL) AND (reviewed_at IS NULL) = (is_justified IS NULL))
);
CREATE INDEX emergency_accesses_review ON emergency_accesses (opened_at, access_id) WHERE reviewed_at IS NULL;

-- The file under a treatment agreement, under a pseudonym and key of its own, so that it outlives the account.
CREATE TABLE treatment_entries (
    file_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    content_sealed bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (file_id, entry_id)
);
CREATE INDEX treatment_entries_age ON treatment_entries (recorded_at);

GRANT SELECT, INSERT, UPDATE, DELETE
    ON coaches, availability_exceptions, coach_occupancy, coach_seats, freed_slots, trajectories, appointments, waiting_list,
    coaching_notes, note_statements, emergency_accesses
    TO vitalapp_vault_app;
GRANT SELECT, INSERT ON treatment_entries TO vitalapp_vault_app;
GRANT SELECT, DELETE ON treatment_entries, coach_seats, coach_occupancy TO vitalapp_vault_retention;
