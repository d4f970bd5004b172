-- The schema at head, written by `make schema`; a test keeps it equal to what the migrations make.

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
GRANT DELETE, INSERT, SELECT, UPDATE ON diary_entries TO vitalapp_vault_app;
GRANT DELETE, SELECT ON diary_entries TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON diary_entry_shares TO vitalapp_vault_app;
GRANT DELETE, SELECT ON diary_entry_shares TO vitalapp_vault_retention;
GRANT DELETE, SELECT ON diary_prunings TO vitalapp_vault_app;
GRANT DELETE, SELECT ON diary_prunings TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON idempotency_keys TO vitalapp_vault_app;
GRANT DELETE, SELECT ON idempotency_keys TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT ON measurement_shares TO vitalapp_vault_app;
GRANT DELETE, SELECT ON measurement_shares TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT ON measurements TO vitalapp_vault_app;
GRANT DELETE, SELECT ON measurements TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON outbox TO vitalapp_vault_app;
GRANT DELETE, SELECT ON outbox TO vitalapp_vault_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON persons TO vitalapp_vault_app;
GRANT SELECT, UPDATE ON store_state TO vitalapp_vault_app;
