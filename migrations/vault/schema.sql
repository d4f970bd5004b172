-- The schema at head, written by `make schema`; a test keeps it equal to what the migrations make.

CREATE EXTENSION btree_gist;

CREATE TYPE access_line AS (
    log_subject_id uuid,
    actor_role text,
    actor_id uuid,
    on_behalf_of uuid,
    action text,
    object_kind text,
    object_id uuid,
    outcome text,
    purpose text,
    authorisation text,
    access_point text,
    is_emergency boolean
);

CREATE SEQUENCE access_log_line_id;

CREATE TABLE access_log (
    log_subject_id uuid NOT NULL,
    actor_role text NOT NULL,
    actor_id uuid,
    on_behalf_of uuid,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id uuid,
    outcome text NOT NULL,
    purpose text NOT NULL,
    authorisation text NOT NULL,
    access_point text NOT NULL,
    is_emergency boolean NOT NULL,
    at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    line_id bigint NOT NULL DEFAULT nextval('access_log_line_id'::regclass),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT access_log_outcome_check CHECK ((outcome = ANY (ARRAY['granted'::text, 'refused'::text])))
) PARTITION BY RANGE (at);

CREATE INDEX access_log_subject ON ONLY public.access_log USING btree (log_subject_id, at DESC, line_id DESC);

CREATE TABLE applied_erasures (
    sequence bigint NOT NULL,
    counts jsonb NOT NULL,
    CONSTRAINT applied_erasures_pkey PRIMARY KEY (sequence)
);

CREATE TABLE appointments (
    person_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    trajectory_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    kind text NOT NULL,
    mode text NOT NULL,
    status text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    late_cancellation_from timestamp with time zone NOT NULL,
    is_late boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    reminded_version integer NOT NULL DEFAULT 0,
    booked_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT appointments_check CHECK ((starts_at < ends_at)),
    CONSTRAINT appointments_kind_check CHECK ((kind = ANY (ARRAY['intake'::text, 'session'::text, 'group'::text]))),
    CONSTRAINT appointments_mode_check CHECK ((mode = ANY (ARRAY['video'::text, 'phone'::text, 'in_person'::text]))),
    CONSTRAINT appointments_no_overlap EXCLUDE USING gist (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ((status = 'booked'::text)),
    CONSTRAINT appointments_person_id_trajectory_id_fkey FOREIGN KEY (person_id, trajectory_id) REFERENCES trajectories(person_id, trajectory_id) ON DELETE CASCADE,
    CONSTRAINT appointments_pkey PRIMARY KEY (person_id, appointment_id),
    CONSTRAINT appointments_status_check CHECK ((status = ANY (ARRAY['booked'::text, 'cancelled'::text, 'attended'::text, 'no_show'::text])))
);

CREATE INDEX appointments_coach ON public.appointments USING btree (coach_id, starts_at, appointment_id);

CREATE INDEX appointments_reminder ON public.appointments USING btree (starts_at) WHERE ((status = 'booked'::text) AND (reminded_version < version));

CREATE INDEX appointments_time ON public.appointments USING btree (person_id, starts_at, appointment_id);

CREATE TABLE availability_exceptions (
    coach_id uuid NOT NULL,
    exception_id uuid NOT NULL,
    kind text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    CONSTRAINT availability_exceptions_check CHECK ((starts_at < ends_at)),
    CONSTRAINT availability_exceptions_kind_check CHECK ((kind = ANY (ARRAY['open'::text, 'closed'::text]))),
    CONSTRAINT availability_exceptions_pkey PRIMARY KEY (coach_id, exception_id)
);

CREATE INDEX availability_exceptions_time ON public.availability_exceptions USING btree (coach_id, starts_at);

CREATE TABLE coach_occupancy (
    coach_id uuid NOT NULL,
    occupancy_id uuid NOT NULL,
    capacity integer NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    during tstzrange NOT NULL,
    CONSTRAINT coach_occupancy_capacity_check CHECK (((capacity >= 1) AND (capacity <= 50))),
    CONSTRAINT coach_occupancy_check CHECK (((starts_at < ends_at) AND (during @> tstzrange(starts_at, ends_at)))),
    CONSTRAINT coach_occupancy_no_overlap EXCLUDE USING gist (coach_id WITH =, during WITH &&),
    CONSTRAINT coach_occupancy_pkey PRIMARY KEY (coach_id, occupancy_id)
);

CREATE INDEX coach_occupancy_time ON public.coach_occupancy USING btree (coach_id, starts_at);

CREATE TABLE coach_seats (
    coach_id uuid NOT NULL,
    occupancy_id uuid NOT NULL,
    seat integer NOT NULL,
    person_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    hold_expires_at timestamp with time zone,
    CONSTRAINT coach_seats_coach_id_occupancy_id_fkey FOREIGN KEY (coach_id, occupancy_id) REFERENCES coach_occupancy(coach_id, occupancy_id) ON DELETE CASCADE,
    CONSTRAINT coach_seats_pkey PRIMARY KEY (coach_id, occupancy_id, seat),
    CONSTRAINT coach_seats_seat_check CHECK (((seat >= 1) AND (seat <= 50)))
);

CREATE INDEX coach_seats_holds ON public.coach_seats USING btree (coach_id, hold_expires_at) WHERE (hold_expires_at IS NOT NULL);

CREATE INDEX coach_seats_person ON public.coach_seats USING btree (person_id, booking_id);

CREATE TRIGGER coach_seats_freed AFTER DELETE ON public.coach_seats FOR EACH ROW EXECUTE FUNCTION free_seat();

CREATE TABLE coaches (
    coach_id uuid NOT NULL,
    time_zone text NOT NULL,
    session_minutes integer NOT NULL,
    buffer_before_minutes integer NOT NULL,
    buffer_after_minutes integer NOT NULL,
    notice_hours integer NOT NULL,
    horizon_days integer NOT NULL,
    capacity integer NOT NULL,
    weekly jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT coaches_buffer_after_minutes_check CHECK (((buffer_after_minutes >= 0) AND (buffer_after_minutes <= 240))),
    CONSTRAINT coaches_buffer_before_minutes_check CHECK (((buffer_before_minutes >= 0) AND (buffer_before_minutes <= 240))),
    CONSTRAINT coaches_capacity_check CHECK (((capacity >= 1) AND (capacity <= 50))),
    CONSTRAINT coaches_horizon_days_check CHECK (((horizon_days >= 1) AND (horizon_days <= 366))),
    CONSTRAINT coaches_notice_hours_check CHECK (((notice_hours >= 0) AND (notice_hours <= 720))),
    CONSTRAINT coaches_pkey PRIMARY KEY (coach_id),
    CONSTRAINT coaches_session_minutes_check CHECK (((session_minutes >= 10) AND (session_minutes <= 480)))
);

CREATE TABLE coaching_notes (
    person_id uuid NOT NULL,
    note_id uuid NOT NULL,
    trajectory_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    content_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT coaching_notes_person_id_trajectory_id_fkey FOREIGN KEY (person_id, trajectory_id) REFERENCES trajectories(person_id, trajectory_id) ON DELETE CASCADE,
    CONSTRAINT coaching_notes_pkey PRIMARY KEY (person_id, note_id)
);

CREATE INDEX coaching_notes_coach ON public.coaching_notes USING btree (person_id, coach_id, created_at);

CREATE TABLE diary_entries (
    person_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    change_seq bigint NOT NULL,
    version integer NOT NULL DEFAULT 1,
    local_date date,
    written_at timestamp with time zone,
    content_sealed bytea,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT diary_entries_change_seq_check CHECK ((change_seq > 0)),
    CONSTRAINT diary_entries_check CHECK ((num_nulls(local_date, written_at, content_sealed) =
CASE
    WHEN (deleted_at IS NULL) THEN 0
    ELSE 3
END)),
    CONSTRAINT diary_entries_pkey PRIMARY KEY (person_id, entry_id),
    CONSTRAINT diary_entries_version_check CHECK ((version > 0))
);

CREATE INDEX diary_entries_dates ON public.diary_entries USING btree (person_id, local_date, written_at, entry_id) WHERE (deleted_at IS NULL);

CREATE INDEX diary_entries_tombstones ON public.diary_entries USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);

CREATE UNIQUE INDEX diary_entries_feed ON public.diary_entries USING btree (person_id, change_seq);

CREATE TRIGGER diary_entries_pruned AFTER DELETE ON public.diary_entries REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_pruned_diary_tombstones();

CREATE TABLE diary_entry_shares (
    person_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    shared_at timestamp with time zone NOT NULL,
    CONSTRAINT diary_entry_shares_pkey PRIMARY KEY (person_id, entry_id, coach_id)
);

CREATE INDEX diary_entry_shares_coach ON public.diary_entry_shares USING btree (person_id, coach_id);

CREATE TABLE diary_prunings (
    person_id uuid NOT NULL,
    pruned_through bigint NOT NULL,
    CONSTRAINT diary_prunings_person_id_fkey FOREIGN KEY (person_id) REFERENCES persons(person_id) ON DELETE CASCADE,
    CONSTRAINT diary_prunings_pkey PRIMARY KEY (person_id)
);

CREATE TABLE emergency_accesses (
    person_id uuid NOT NULL,
    access_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    reason_sealed bytea NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    reviewed_at timestamp with time zone,
    reviewed_by uuid,
    is_justified boolean,
    CONSTRAINT emergency_accesses_check CHECK ((((reviewed_at IS NULL) = (reviewed_by IS NULL)) AND ((reviewed_at IS NULL) = (is_justified IS NULL)))),
    CONSTRAINT emergency_accesses_pkey PRIMARY KEY (person_id, access_id)
);

CREATE INDEX emergency_accesses_review ON public.emergency_accesses USING btree (opened_at, access_id) WHERE (reviewed_at IS NULL);

CREATE TABLE freed_slots (
    coach_id uuid NOT NULL,
    freed_id uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    is_coach_told boolean NOT NULL DEFAULT false,
    CONSTRAINT freed_slots_pkey PRIMARY KEY (coach_id, freed_id)
);

CREATE TABLE idempotency_keys (
    person_id uuid NOT NULL,
    key_hash bytea NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    answer_sealed bytea,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_keys_key_hash_check CHECK ((octet_length(key_hash) = 32)),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (person_id, key_hash),
    CONSTRAINT idempotency_keys_request_hash_check CHECK ((octet_length(request_hash) = 32))
);

CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);

CREATE TABLE measurement_shares (
    person_id uuid NOT NULL,
    measurement_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    shared_at timestamp with time zone NOT NULL,
    CONSTRAINT measurement_shares_person_id_measurement_id_fkey FOREIGN KEY (person_id, measurement_id) REFERENCES measurements(person_id, measurement_id) ON DELETE CASCADE,
    CONSTRAINT measurement_shares_pkey PRIMARY KEY (person_id, measurement_id, coach_id)
);

CREATE INDEX measurement_shares_coach ON public.measurement_shares USING btree (person_id, coach_id);

CREATE TABLE measurements (
    person_id uuid NOT NULL,
    measurement_id uuid NOT NULL,
    measured_at timestamp with time zone NOT NULL,
    content_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT measurements_pkey PRIMARY KEY (person_id, measurement_id)
);

CREATE INDEX measurements_history ON public.measurements USING btree (person_id, measured_at, measurement_id);

CREATE TABLE note_statements (
    person_id uuid NOT NULL,
    statement_id uuid NOT NULL,
    note_id uuid NOT NULL,
    content_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT note_statements_person_id_note_id_fkey FOREIGN KEY (person_id, note_id) REFERENCES coaching_notes(person_id, note_id) ON DELETE CASCADE,
    CONSTRAINT note_statements_pkey PRIMARY KEY (person_id, statement_id)
);

CREATE TABLE outbox (
    outbox_id uuid NOT NULL,
    kind text NOT NULL,
    subject_index bytea,
    payload_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (outbox_id)
);

CREATE INDEX outbox_subject ON public.outbox USING btree (subject_index) WHERE (subject_index IS NOT NULL);

CREATE TABLE persons (
    person_id uuid NOT NULL,
    epoch bigint NOT NULL,
    change_seq bigint NOT NULL DEFAULT 0,
    is_restricted boolean NOT NULL DEFAULT false,
    CONSTRAINT persons_pkey PRIMARY KEY (person_id)
) WITH (fillfactor=70);

CREATE TABLE store_state (
    is_only boolean NOT NULL DEFAULT true,
    erasure_applied_through bigint NOT NULL DEFAULT 0,
    CONSTRAINT store_state_is_only_check CHECK (is_only),
    CONSTRAINT store_state_pkey PRIMARY KEY (is_only)
);

CREATE TABLE trajectories (
    person_id uuid NOT NULL,
    trajectory_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    contract_id uuid NOT NULL,
    ledger_reference uuid NOT NULL,
    treatment_file_id uuid,
    opened_at timestamp with time zone NOT NULL,
    intake_completed_at timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT trajectories_pkey PRIMARY KEY (person_id, trajectory_id)
);

CREATE INDEX trajectories_coach ON public.trajectories USING btree (coach_id, trajectory_id);

CREATE UNIQUE INDEX trajectories_running ON public.trajectories USING btree (person_id, coach_id) WHERE (closed_at IS NULL);

CREATE TABLE treatment_entries (
    file_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    content_sealed bytea NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT treatment_entries_pkey PRIMARY KEY (file_id, entry_id)
);

CREATE INDEX treatment_entries_age ON public.treatment_entries USING btree (recorded_at);

CREATE TABLE waiting_list (
    person_id uuid NOT NULL,
    waiting_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    wanted_from timestamp with time zone,
    wanted_to timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    CONSTRAINT waiting_list_check CHECK ((wanted_from < wanted_to)),
    CONSTRAINT waiting_list_pkey PRIMARY KEY (person_id, waiting_id)
);

CREATE INDEX waiting_list_coach ON public.waiting_list USING btree (coach_id, created_at);

CREATE OR REPLACE FUNCTION public.create_access_log_partitions(first_month date, months_ahead integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
DECLARE
    starts_on date;
    partition_name text;
    made integer := 0;
BEGIN
    FOR month_number IN 0..months_ahead LOOP
        starts_on := date_trunc('month', first_month)::date + make_interval(months => month_number);
        partition_name := 'access_log_' || to_char(starts_on, 'YYYY_MM');
        IF to_regclass('public.' || partition_name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE public.%I PARTITION OF public.access_log FOR VALUES FROM (%L) TO (%L)',
                partition_name, starts_on::timestamp AT TIME ZONE 'UTC',
                (starts_on + interval '1 month')::timestamp AT TIME ZONE 'UTC'
            );
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END;
$function$;

GRANT EXECUTE ON FUNCTION create_access_log_partitions(date,integer) TO vitalapp_vault_retention;

CREATE OR REPLACE FUNCTION public.free_seat()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public'
AS $function$
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
$function$;

GRANT EXECUTE ON FUNCTION free_seat() TO PUBLIC;

CREATE OR REPLACE FUNCTION public.note_pruned_diary_tombstones()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
BEGIN
    INSERT INTO diary_prunings (person_id, pruned_through)
    SELECT living.person_id, max(gone.change_seq)
    FROM gone
    JOIN (
        SELECT person_id FROM persons WHERE person_id IN (SELECT person_id FROM gone) FOR KEY SHARE SKIP LOCKED
    ) AS living USING (person_id)
    WHERE gone.deleted_at IS NOT NULL
    GROUP BY living.person_id
    ON CONFLICT (person_id) DO UPDATE
    SET pruned_through = greatest(diary_prunings.pruned_through, EXCLUDED.pruned_through);
    RETURN NULL;
END;
$function$;

GRANT INSERT, SELECT ON access_log TO vitalapp_vault_app;
GRANT DELETE, SELECT ON access_log TO vitalapp_vault_retention;
GRANT USAGE ON access_log_line_id TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT ON applied_erasures TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON appointments TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON availability_exceptions TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON coach_occupancy TO vitalapp_vault_app;
GRANT DELETE, SELECT ON coach_occupancy TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON coach_seats TO vitalapp_vault_app;
GRANT DELETE, SELECT ON coach_seats TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON coaches TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON coaching_notes TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON diary_entries TO vitalapp_vault_app;
GRANT DELETE, SELECT ON diary_entries TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON diary_entry_shares TO vitalapp_vault_app;
GRANT DELETE, SELECT ON diary_entry_shares TO vitalapp_vault_retention;
GRANT DELETE, SELECT ON diary_prunings TO vitalapp_vault_app;
GRANT DELETE, SELECT ON diary_prunings TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON emergency_accesses TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON freed_slots TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON idempotency_keys TO vitalapp_vault_app;
GRANT DELETE, SELECT ON idempotency_keys TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT ON measurement_shares TO vitalapp_vault_app;
GRANT DELETE, SELECT ON measurement_shares TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT ON measurements TO vitalapp_vault_app;
GRANT DELETE, SELECT ON measurements TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON note_statements TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON outbox TO vitalapp_vault_app;
GRANT DELETE, SELECT ON outbox TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON persons TO vitalapp_vault_app;
GRANT SELECT, UPDATE ON store_state TO vitalapp_vault_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON trajectories TO vitalapp_vault_app;
GRANT INSERT, SELECT ON treatment_entries TO vitalapp_vault_app;
GRANT DELETE, SELECT ON treatment_entries TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON waiting_list TO vitalapp_vault_app;
