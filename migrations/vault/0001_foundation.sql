-- The fence, the access log, stored idempotency answers, and what every store carries: outbox and erasure state.
SET LOCAL lock_timeout = '5s';

CREATE TABLE store_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    erasure_applied_through bigint NOT NULL DEFAULT 0
);
INSERT INTO store_state DEFAULT VALUES;

CREATE TABLE outbox (
    outbox_id uuid PRIMARY KEY,
    kind text NOT NULL,
    subject_index bytea,
    payload_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX outbox_subject ON outbox (subject_index) WHERE subject_index IS NOT NULL;

CREATE TABLE persons (
    person_id uuid PRIMARY KEY,
    epoch bigint NOT NULL,
    change_seq bigint NOT NULL DEFAULT 0,
    is_restricted boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);

CREATE TABLE idempotency_keys (
    person_id uuid NOT NULL,
    key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    status smallint,
    answer_sealed bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, key_hash)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- One line as the application hands it over; the first columns of access_log are these, in this order.
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
    outcome text NOT NULL CHECK (outcome IN ('granted', 'refused')),
    purpose text NOT NULL,
    authorisation text NOT NULL,
    access_point text NOT NULL,
    is_emergency boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    line_id bigint NOT NULL DEFAULT nextval('access_log_line_id'),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
) PARTITION BY RANGE (at);
CREATE INDEX access_log_subject ON access_log (log_subject_id, at DESC, line_id DESC);

-- Makes the monthly partitions up to `months_ahead` months from `first_month`; those that exist are left alone.
CREATE FUNCTION create_access_log_partitions(first_month date, months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
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
$$;
REVOKE ALL ON FUNCTION create_access_log_partitions(date, integer) FROM PUBLIC;
SELECT create_access_log_partitions(current_date, 24);
CREATE TABLE access_log_overflow PARTITION OF access_log DEFAULT;

GRANT SELECT, UPDATE ON store_state TO vitalapp_vault_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, persons, idempotency_keys TO vitalapp_vault_app;
GRANT SELECT, INSERT ON access_log TO vitalapp_vault_app;
GRANT USAGE ON SEQUENCE access_log_line_id TO vitalapp_vault_app;
GRANT SELECT, DELETE ON outbox, idempotency_keys, access_log TO vitalapp_vault_retention;
GRANT EXECUTE ON FUNCTION create_access_log_partitions(date, integer) TO vitalapp_vault_retention;
