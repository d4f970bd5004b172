-- The schema at head, written by `make schema`; a test keeps it equal to what the migrations make.

CREATE SEQUENCE consent_events_event_number_seq;

CREATE TABLE access_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    generation integer NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT access_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT access_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(session_id) ON DELETE CASCADE,
    CONSTRAINT access_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

CREATE INDEX access_tokens_expiry ON public.access_tokens USING btree (expires_at);

CREATE INDEX access_tokens_session ON public.access_tokens USING btree (session_id);

CREATE TABLE accounts (
    account_id uuid NOT NULL,
    person_id uuid NOT NULL,
    log_subject_id uuid NOT NULL,
    consent_subject_id uuid NOT NULL,
    contract_id uuid NOT NULL,
    email_index bytea NOT NULL,
    email_sealed bytea NOT NULL,
    display_name_sealed bytea NOT NULL,
    phone_sealed bytea,
    themes_sealed bytea,
    time_zone_sealed bytea NOT NULL,
    locale text NOT NULL,
    password_hash text NOT NULL,
    totp_sealed bytea,
    totp_last_step bigint NOT NULL DEFAULT 0,
    has_second_factor boolean NOT NULL DEFAULT false,
    accepted_terms_version text NOT NULL,
    wrapped_data_key bytea NOT NULL,
    consented_statement_id uuid,
    is_restricted boolean NOT NULL DEFAULT false,
    is_erasing boolean NOT NULL DEFAULT false,
    epoch bigint NOT NULL DEFAULT 1,
    version integer NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL,
    last_used_on date NOT NULL,
    has_signed_in boolean NOT NULL DEFAULT false,
    is_password_long boolean NOT NULL DEFAULT true,
    CONSTRAINT accounts_consent_subject_id_key UNIQUE (consent_subject_id),
    CONSTRAINT accounts_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
    CONSTRAINT accounts_email_index_check CHECK ((octet_length(email_index) = 32)),
    CONSTRAINT accounts_email_index_key UNIQUE (email_index),
    CONSTRAINT accounts_locale_check CHECK ((locale = ANY (ARRAY['nl'::text, 'en'::text]))),
    CONSTRAINT accounts_log_subject_id_key UNIQUE (log_subject_id),
    CONSTRAINT accounts_person_id_key UNIQUE (person_id),
    CONSTRAINT accounts_pkey PRIMARY KEY (account_id)
);

CREATE INDEX accounts_contract ON public.accounts USING btree (contract_id);

CREATE INDEX accounts_last_used ON public.accounts USING btree (last_used_on, account_id);

CREATE TABLE consent_events (
    consent_event_id uuid NOT NULL,
    event_number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    receipt_id uuid NOT NULL,
    consent_subject_id uuid NOT NULL,
    schema_version text NOT NULL,
    statement_id uuid NOT NULL,
    statement_sha256 bytea NOT NULL,
    locale text NOT NULL,
    purpose text NOT NULL,
    event text NOT NULL,
    method text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT consent_events_event_check CHECK ((event = ANY (ARRAY['granted'::text, 'withdrawn'::text]))),
    CONSTRAINT consent_events_locale_check CHECK ((locale = ANY (ARRAY['nl'::text, 'en'::text]))),
    CONSTRAINT consent_events_method_check CHECK ((method = ANY (ARRAY['app'::text, 'deletion'::text, 'inactivity'::text, 'contract_end'::text]))),
    CONSTRAINT consent_events_pkey PRIMARY KEY (consent_event_id),
    CONSTRAINT consent_events_purpose_check CHECK ((purpose ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
    CONSTRAINT consent_events_statement_sha256_check CHECK ((octet_length(statement_sha256) = 32))
);

CREATE INDEX consent_events_age ON public.consent_events USING btree (at);

CREATE UNIQUE INDEX consent_events_subject ON public.consent_events USING btree (consent_subject_id, event_number);

CREATE TABLE contact_messages (
    contact_message_id uuid NOT NULL,
    payload_sealed bytea NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT contact_messages_pkey PRIMARY KEY (contact_message_id)
);

CREATE INDEX contact_messages_age ON public.contact_messages USING btree (received_at);

CREATE TABLE contracts (
    contract_id uuid NOT NULL,
    mail_domains text[] NOT NULL DEFAULT '{}'::text[],
    starts_on date NOT NULL,
    ends_on date,
    cancellation_notice_hours integer NOT NULL DEFAULT 24,
    CONSTRAINT contracts_cancellation_notice_hours_check CHECK (((cancellation_notice_hours >= 0) AND (cancellation_notice_hours <= 336))),
    CONSTRAINT contracts_pkey PRIMARY KEY (contract_id)
);

CREATE TABLE email_changes (
    email_change_id uuid NOT NULL,
    account_id uuid NOT NULL,
    email_index bytea NOT NULL,
    email_sealed bytea NOT NULL,
    token_hash bytea,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT email_changes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
    CONSTRAINT email_changes_email_index_check CHECK ((octet_length(email_index) = 32)),
    CONSTRAINT email_changes_pkey PRIMARY KEY (email_change_id),
    CONSTRAINT email_changes_token_hash_check CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT email_changes_token_hash_key UNIQUE (token_hash)
);

CREATE INDEX email_changes_account ON public.email_changes USING btree (account_id);

CREATE INDEX email_changes_expiry ON public.email_changes USING btree (expires_at);

CREATE TABLE erasure_ledger (
    sequence bigint NOT NULL,
    erasure_id uuid NOT NULL,
    account_mac bytea NOT NULL,
    person_mac bytea NOT NULL,
    subject_mac bytea NOT NULL,
    ground text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT erasure_ledger_account_mac_check CHECK ((octet_length(account_mac) = 32)),
    CONSTRAINT erasure_ledger_erasure_id_key UNIQUE (erasure_id),
    CONSTRAINT erasure_ledger_ground_check CHECK ((ground = ANY (ARRAY['withdrawal'::text, 'inactivity'::text, 'contract_end'::text]))),
    CONSTRAINT erasure_ledger_person_mac_check CHECK ((octet_length(person_mac) = 32)),
    CONSTRAINT erasure_ledger_pkey PRIMARY KEY (sequence),
    CONSTRAINT erasure_ledger_subject_mac_check CHECK ((octet_length(subject_mac) = 32))
);

CREATE TABLE erasures (
    erasure_id uuid NOT NULL,
    sequence bigint NOT NULL,
    first_sequence bigint NOT NULL,
    account_id uuid,
    secret_hash bytea,
    certificate text,
    decided_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT erasures_erasure_id_fkey FOREIGN KEY (erasure_id) REFERENCES erasure_ledger(erasure_id),
    CONSTRAINT erasures_pkey PRIMARY KEY (erasure_id),
    CONSTRAINT erasures_secret_hash_check CHECK ((octet_length(secret_hash) = 32)),
    CONSTRAINT erasures_sequence_key UNIQUE (sequence)
);

CREATE INDEX erasures_age ON public.erasures USING btree (completed_at);

CREATE INDEX erasures_unfinished ON public.erasures USING btree (first_sequence) WHERE (completed_at IS NULL);

CREATE TABLE idempotency_keys (
    account_id uuid NOT NULL,
    key_hash bytea NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    answer_sealed bytea,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
    CONSTRAINT idempotency_keys_key_hash_check CHECK ((octet_length(key_hash) = 32)),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (account_id, key_hash),
    CONSTRAINT idempotency_keys_request_hash_check CHECK ((octet_length(request_hash) = 32))
);

CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);

CREATE TABLE inactivity_notices (
    account_id uuid NOT NULL,
    subject_index bytea NOT NULL,
    ground text NOT NULL,
    clock_started_on date NOT NULL,
    first_noticed_on date NOT NULL,
    delete_on date NOT NULL,
    last_stage smallint NOT NULL,
    bounced_at timestamp with time zone,
    CONSTRAINT inactivity_notices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
    CONSTRAINT inactivity_notices_check CHECK ((delete_on >= (first_noticed_on + 30))),
    CONSTRAINT inactivity_notices_ground_check CHECK ((ground = ANY (ARRAY['inactivity'::text, 'contract_end'::text]))),
    CONSTRAINT inactivity_notices_last_stage_check CHECK ((last_stage = ANY (ARRAY[30, 7, 1]))),
    CONSTRAINT inactivity_notices_pkey PRIMARY KEY (account_id),
    CONSTRAINT inactivity_notices_subject_index_check CHECK ((octet_length(subject_index) = 32))
);

CREATE INDEX inactivity_notices_due ON public.inactivity_notices USING btree (delete_on, account_id);

CREATE UNIQUE INDEX inactivity_notices_subject ON public.inactivity_notices USING btree (subject_index);

CREATE TABLE mails (
    mail_id uuid NOT NULL,
    payload_sealed bytea NOT NULL,
    subject_index bytea,
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT mails_pkey PRIMARY KEY (mail_id)
);

CREATE INDEX mails_age ON public.mails USING btree (created_at);

CREATE INDEX mails_subject ON public.mails USING btree (subject_index) WHERE (subject_index IS NOT NULL);

CREATE TABLE outbox (
    outbox_id uuid NOT NULL,
    kind text NOT NULL,
    subject_index bytea,
    payload_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (outbox_id)
);

CREATE INDEX outbox_subject ON public.outbox USING btree (subject_index) WHERE (subject_index IS NOT NULL);

CREATE TABLE passkey_challenges (
    challenge_id uuid NOT NULL,
    staff_id uuid,
    challenge bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT passkey_challenges_pkey PRIMARY KEY (challenge_id),
    CONSTRAINT passkey_challenges_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id) ON DELETE CASCADE
);

CREATE INDEX passkey_challenges_expiry ON public.passkey_challenges USING btree (expires_at);

CREATE TABLE password_resets (
    password_reset_id uuid NOT NULL,
    email_index bytea NOT NULL,
    account_id uuid,
    token_hash bytea,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT password_resets_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
    CONSTRAINT password_resets_email_index_check CHECK ((octet_length(email_index) = 32)),
    CONSTRAINT password_resets_pkey PRIMARY KEY (password_reset_id),
    CONSTRAINT password_resets_token_hash_check CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT password_resets_token_hash_key UNIQUE (token_hash)
);

CREATE INDEX password_resets_account ON public.password_resets USING btree (account_id);

CREATE INDEX password_resets_expiry ON public.password_resets USING btree (expires_at);

CREATE TABLE privacy_questions (
    account_id uuid NOT NULL,
    question_id uuid NOT NULL,
    forwarded_by uuid NOT NULL,
    content_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT privacy_questions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
    CONSTRAINT privacy_questions_pkey PRIMARY KEY (account_id, question_id)
);

CREATE INDEX privacy_questions_open ON public.privacy_questions USING btree (created_at, question_id) WHERE (closed_at IS NULL);

CREATE TABLE recovery_codes (
    account_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    CONSTRAINT recovery_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
    CONSTRAINT recovery_codes_code_hash_check CHECK ((octet_length(code_hash) = 32)),
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (account_id, code_hash)
);

CREATE TABLE registration_links (
    link_hash bytea NOT NULL,
    contract_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT registration_links_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
    CONSTRAINT registration_links_link_hash_check CHECK ((octet_length(link_hash) = 32)),
    CONSTRAINT registration_links_pkey PRIMARY KEY (link_hash)
);

CREATE TABLE registrations (
    registration_id uuid NOT NULL,
    email_index bytea NOT NULL,
    payload_sealed bytea NOT NULL,
    token_hash bytea,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT registrations_email_index_check CHECK ((octet_length(email_index) = 32)),
    CONSTRAINT registrations_pkey PRIMARY KEY (registration_id),
    CONSTRAINT registrations_token_hash_check CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT registrations_token_hash_key UNIQUE (token_hash)
);

CREATE INDEX registrations_email ON public.registrations USING btree (email_index);

CREATE INDEX registrations_expiry ON public.registrations USING btree (expires_at);

CREATE TABLE sessions (
    session_id uuid NOT NULL,
    account_id uuid NOT NULL,
    device_name_sealed bytea NOT NULL,
    platform text NOT NULL,
    network_index bytea NOT NULL,
    generation integer NOT NULL DEFAULT 1,
    refresh_token_hash bytea NOT NULL,
    previous_refresh_token_hash bytea,
    rotated_at timestamp with time zone,
    is_successor_used boolean NOT NULL DEFAULT false,
    stepped_up_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    idle_expires_at timestamp with time zone NOT NULL,
    absolute_expires_at timestamp with time zone NOT NULL,
    CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
    CONSTRAINT sessions_pkey PRIMARY KEY (session_id),
    CONSTRAINT sessions_platform_check CHECK ((platform = ANY (ARRAY['ios'::text, 'android'::text, 'web'::text]))),
    CONSTRAINT sessions_previous_refresh_token_hash_key UNIQUE (previous_refresh_token_hash),
    CONSTRAINT sessions_refresh_token_hash_check CHECK ((octet_length(refresh_token_hash) = 32)),
    CONSTRAINT sessions_refresh_token_hash_key UNIQUE (refresh_token_hash)
);

CREATE INDEX sessions_account ON public.sessions USING btree (account_id);

CREATE INDEX sessions_expiry ON public.sessions USING btree (idle_expires_at);

CREATE TABLE staff (
    staff_id uuid NOT NULL,
    role text NOT NULL,
    profession text,
    email_index bytea NOT NULL,
    email_sealed bytea NOT NULL,
    display_name_sealed bytea NOT NULL,
    languages text[] NOT NULL DEFAULT '{}'::text[],
    themes text[] NOT NULL DEFAULT '{}'::text[],
    locale text NOT NULL,
    password_hash text NOT NULL,
    totp_sealed bytea NOT NULL,
    totp_last_step bigint NOT NULL DEFAULT 0,
    wrapped_data_key bytea NOT NULL,
    confidentiality_signed_on date,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT staff_check CHECK (((role = 'coach'::text) = (profession IS NOT NULL))),
    CONSTRAINT staff_email_index_check CHECK ((octet_length(email_index) = 32)),
    CONSTRAINT staff_email_index_key UNIQUE (email_index),
    CONSTRAINT staff_locale_check CHECK ((locale = ANY (ARRAY['nl'::text, 'en'::text]))),
    CONSTRAINT staff_pkey PRIMARY KEY (staff_id),
    CONSTRAINT staff_profession_check CHECK ((profession = ANY (ARRAY['coach'::text, 'psychologist'::text]))),
    CONSTRAINT staff_role_check CHECK ((role = ANY (ARRAY['coach'::text, 'privacy_officer'::text, 'complaints_officer'::text, 'operator'::text])))
);

CREATE TABLE staff_access_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    generation integer NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT staff_access_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT staff_access_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES staff_sessions(session_id) ON DELETE CASCADE,
    CONSTRAINT staff_access_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

CREATE INDEX staff_access_tokens_expiry ON public.staff_access_tokens USING btree (expires_at);

CREATE INDEX staff_access_tokens_session ON public.staff_access_tokens USING btree (session_id);

CREATE TABLE staff_passkeys (
    credential_id bytea NOT NULL,
    passkey_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT staff_passkeys_passkey_id_key UNIQUE (passkey_id),
    CONSTRAINT staff_passkeys_pkey PRIMARY KEY (credential_id),
    CONSTRAINT staff_passkeys_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id) ON DELETE CASCADE
);

CREATE INDEX staff_passkeys_staff ON public.staff_passkeys USING btree (staff_id);

CREATE TABLE staff_sessions (
    session_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    generation integer NOT NULL DEFAULT 1,
    refresh_token_hash bytea NOT NULL,
    previous_refresh_token_hash bytea,
    rotated_at timestamp with time zone,
    is_successor_used boolean NOT NULL DEFAULT false,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    absolute_expires_at timestamp with time zone NOT NULL,
    CONSTRAINT staff_sessions_pkey PRIMARY KEY (session_id),
    CONSTRAINT staff_sessions_previous_refresh_token_hash_key UNIQUE (previous_refresh_token_hash),
    CONSTRAINT staff_sessions_refresh_token_hash_check CHECK ((octet_length(refresh_token_hash) = 32)),
    CONSTRAINT staff_sessions_refresh_token_hash_key UNIQUE (refresh_token_hash),
    CONSTRAINT staff_sessions_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id) ON DELETE CASCADE
);

CREATE INDEX staff_sessions_expiry ON public.staff_sessions USING btree (absolute_expires_at);

CREATE INDEX staff_sessions_staff ON public.staff_sessions USING btree (staff_id);

CREATE TABLE store_state (
    is_only boolean NOT NULL DEFAULT true,
    erasure_applied_through bigint NOT NULL DEFAULT 0,
    CONSTRAINT store_state_is_only_check CHECK (is_only),
    CONSTRAINT store_state_pkey PRIMARY KEY (is_only)
);

CREATE TABLE treatment_files (
    file_id uuid NOT NULL,
    wrapped_data_key bytea NOT NULL,
    identity_sheet_sealed bytea NOT NULL,
    email_index bytea NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT treatment_files_email_index_check CHECK ((octet_length(email_index) = 32)),
    CONSTRAINT treatment_files_pkey PRIMARY KEY (file_id)
);

CREATE INDEX treatment_files_email ON public.treatment_files USING btree (email_index);

GRANT DELETE, INSERT, SELECT, UPDATE ON access_tokens TO vitalapp_identity_app;
GRANT DELETE, SELECT ON access_tokens TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON accounts TO vitalapp_identity_app;
GRANT INSERT, SELECT ON consent_events TO vitalapp_identity_app;
GRANT DELETE, SELECT ON consent_events TO vitalapp_identity_retention;
GRANT INSERT, SELECT ON contact_messages TO vitalapp_identity_app;
GRANT DELETE, SELECT ON contact_messages TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON contracts TO vitalapp_identity_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON email_changes TO vitalapp_identity_app;
GRANT DELETE, SELECT ON email_changes TO vitalapp_identity_retention;
GRANT INSERT, SELECT ON erasure_ledger TO vitalapp_identity_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON erasures TO vitalapp_identity_app;
GRANT DELETE, SELECT ON erasures TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON idempotency_keys TO vitalapp_identity_app;
GRANT DELETE, SELECT ON idempotency_keys TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON inactivity_notices TO vitalapp_identity_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON mails TO vitalapp_identity_app;
GRANT DELETE, SELECT ON mails TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON outbox TO vitalapp_identity_app;
GRANT DELETE, SELECT ON outbox TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON passkey_challenges TO vitalapp_identity_app;
GRANT DELETE, SELECT ON passkey_challenges TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON password_resets TO vitalapp_identity_app;
GRANT DELETE, SELECT ON password_resets TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON privacy_questions TO vitalapp_identity_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON recovery_codes TO vitalapp_identity_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON registration_links TO vitalapp_identity_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON registrations TO vitalapp_identity_app;
GRANT DELETE, SELECT ON registrations TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON sessions TO vitalapp_identity_app;
GRANT DELETE, SELECT ON sessions TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON staff TO vitalapp_identity_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON staff_access_tokens TO vitalapp_identity_app;
GRANT DELETE, SELECT ON staff_access_tokens TO vitalapp_identity_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON staff_passkeys TO vitalapp_identity_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON staff_sessions TO vitalapp_identity_app;
GRANT DELETE, SELECT ON staff_sessions TO vitalapp_identity_retention;
GRANT SELECT, UPDATE ON store_state TO vitalapp_identity_app;
GRANT INSERT, SELECT, UPDATE ON treatment_files TO vitalapp_identity_app;
GRANT DELETE, SELECT ON treatment_files TO vitalapp_identity_retention;
