-- The schema at head, written by `make schema`; a test keeps it equal to what the migrations make.

CREATE TABLE carried_lines (
    line_id uuid NOT NULL,
    carried_on date NOT NULL,
    CONSTRAINT carried_lines_pkey PRIMARY KEY (line_id)
);

CREATE TABLE confirmed_intakes (
    trajectory_reference uuid NOT NULL,
    confirmed_on date NOT NULL,
    CONSTRAINT confirmed_intakes_pkey PRIMARY KEY (trajectory_reference)
);

CREATE TABLE contracts (
    contract_id uuid NOT NULL,
    employer_id uuid NOT NULL,
    reference text NOT NULL,
    headcount integer NOT NULL,
    mail_domains text[] NOT NULL DEFAULT '{}'::text[],
    session_price_cents integer NOT NULL,
    cancellation_notice_hours integer NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT contracts_cancellation_notice_hours_check CHECK (((cancellation_notice_hours >= 0) AND (cancellation_notice_hours <= 336))),
    CONSTRAINT contracts_check CHECK ((ends_on >= starts_on)),
    CONSTRAINT contracts_employer_id_fkey FOREIGN KEY (employer_id) REFERENCES employers(employer_id),
    CONSTRAINT contracts_employer_id_reference_key UNIQUE (employer_id, reference),
    CONSTRAINT contracts_headcount_check CHECK ((headcount > 0)),
    CONSTRAINT contracts_pkey PRIMARY KEY (contract_id),
    CONSTRAINT contracts_session_price_cents_check CHECK ((session_price_cents >= 0))
);

CREATE TABLE employers (
    employer_id uuid NOT NULL,
    name text NOT NULL,
    registration_scheme text NOT NULL,
    registration_number text NOT NULL,
    billing_email text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT employers_pkey PRIMARY KEY (employer_id),
    CONSTRAINT employers_registration_scheme_check CHECK ((registration_scheme = ANY (ARRAY['KVK'::text, 'OIN'::text]))),
    CONSTRAINT employers_registration_scheme_registration_number_key UNIQUE (registration_scheme, registration_number)
);

CREATE TABLE outbox (
    outbox_id uuid NOT NULL,
    kind text NOT NULL,
    subject_index bytea,
    payload_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (outbox_id)
);

CREATE TABLE unbilled_lines (
    line_id uuid NOT NULL,
    contract_id uuid NOT NULL,
    kind text NOT NULL,
    trajectory_reference uuid NOT NULL,
    period text NOT NULL,
    CONSTRAINT unbilled_lines_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
    CONSTRAINT unbilled_lines_kind_check CHECK ((kind = ANY (ARRAY['intake'::text, 'session'::text]))),
    CONSTRAINT unbilled_lines_period_check CHECK ((period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'::text)),
    CONSTRAINT unbilled_lines_pkey PRIMARY KEY (line_id)
);

CREATE INDEX unbilled_lines_contract ON public.unbilled_lines USING btree (kind, contract_id, period);

GRANT INSERT, SELECT ON carried_lines TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON carried_lines TO vitalapp_ledger_retention;
GRANT INSERT, SELECT ON confirmed_intakes TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON confirmed_intakes TO vitalapp_ledger_retention;
GRANT INSERT, SELECT, UPDATE ON contracts TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON contracts TO vitalapp_ledger_retention;
GRANT INSERT, SELECT, UPDATE ON employers TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON employers TO vitalapp_ledger_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON outbox TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON outbox TO vitalapp_ledger_retention;
GRANT DELETE, INSERT, SELECT ON unbilled_lines TO vitalapp_ledger_app;
