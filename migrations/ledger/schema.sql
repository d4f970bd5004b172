-- The schema at head, written by `make schema`; a test keeps it equal to what the migrations make.

CREATE TABLE api_keys (
    key_id uuid NOT NULL,
    employer_id uuid NOT NULL,
    key_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_employer_id_fkey FOREIGN KEY (employer_id) REFERENCES employers(employer_id),
    CONSTRAINT api_keys_key_hash_check CHECK ((octet_length(key_hash) = 32)),
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
    CONSTRAINT api_keys_pkey PRIMARY KEY (key_id)
);

CREATE INDEX api_keys_employer ON public.api_keys USING btree (employer_id);

CREATE TABLE carried_lines (
    line_id uuid NOT NULL,
    carried_on date NOT NULL,
    CONSTRAINT carried_lines_pkey PRIMARY KEY (line_id)
);

CREATE TABLE confirmations (
    confirmation_id uuid NOT NULL,
    kind text NOT NULL,
    employer_id uuid NOT NULL,
    contract_id uuid NOT NULL,
    confirmed_on date NOT NULL,
    reference text,
    invoice_id uuid,
    retained_until date NOT NULL,
    CONSTRAINT confirmations_check CHECK (((kind = 'intake'::text) = (reference IS NOT NULL))),
    CONSTRAINT confirmations_check1 CHECK (((kind = 'billing'::text) = (invoice_id IS NOT NULL))),
    CONSTRAINT confirmations_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
    CONSTRAINT confirmations_employer_id_fkey FOREIGN KEY (employer_id) REFERENCES employers(employer_id),
    CONSTRAINT confirmations_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id),
    CONSTRAINT confirmations_invoice_id_key UNIQUE (invoice_id),
    CONSTRAINT confirmations_kind_check CHECK ((kind = ANY (ARRAY['intake'::text, 'billing'::text]))),
    CONSTRAINT confirmations_pkey PRIMARY KEY (confirmation_id),
    CONSTRAINT confirmations_reference_key UNIQUE (reference),
    CONSTRAINT confirmations_seven_years CHECK ((retained_until >= make_date(((EXTRACT(year FROM confirmed_on))::integer + 7), 12, 31)))
);

CREATE INDEX confirmations_employer ON public.confirmations USING btree (employer_id, confirmed_on DESC, kind DESC, confirmation_id DESC);

CREATE TRIGGER confirmations_unchanged BEFORE DELETE OR UPDATE ON public.confirmations FOR EACH ROW EXECUTE FUNCTION refuse_change_of_administration();

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

CREATE INDEX contracts_age ON public.contracts USING btree (created_at, contract_id);

CREATE TABLE employers (
    employer_id uuid NOT NULL,
    name text NOT NULL,
    registration_scheme text NOT NULL,
    registration_number text NOT NULL,
    billing_email text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    street text NOT NULL,
    postcode text NOT NULL,
    city text NOT NULL,
    country text NOT NULL DEFAULT 'NL'::text,
    CONSTRAINT employers_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT employers_pkey PRIMARY KEY (employer_id),
    CONSTRAINT employers_registration_scheme_check CHECK ((registration_scheme = ANY (ARRAY['KVK'::text, 'OIN'::text]))),
    CONSTRAINT employers_registration_scheme_registration_number_key UNIQUE (registration_scheme, registration_number)
);

CREATE TABLE invoice_mails (
    invoice_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT invoice_mails_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id) ON DELETE CASCADE,
    CONSTRAINT invoice_mails_pkey PRIMARY KEY (invoice_id)
);

CREATE TABLE invoice_numbers (
    book_year integer NOT NULL,
    last_number integer NOT NULL,
    CONSTRAINT invoice_numbers_last_number_check CHECK ((last_number > 0)),
    CONSTRAINT invoice_numbers_pkey PRIMARY KEY (book_year)
);

CREATE TABLE invoices (
    invoice_id uuid NOT NULL,
    number text NOT NULL,
    kind text NOT NULL,
    corrects_invoice_id uuid,
    employer_id uuid NOT NULL,
    contract_id uuid NOT NULL,
    period text NOT NULL,
    issued_on date NOT NULL,
    due_on date NOT NULL,
    document jsonb NOT NULL,
    retained_until date NOT NULL,
    CONSTRAINT invoices_check CHECK (((kind = 'credit_note'::text) = (corrects_invoice_id IS NOT NULL))),
    CONSTRAINT invoices_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
    CONSTRAINT invoices_corrects_invoice_id_key UNIQUE (corrects_invoice_id),
    CONSTRAINT invoices_employer_id_fkey FOREIGN KEY (employer_id) REFERENCES employers(employer_id),
    CONSTRAINT invoices_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'credit_note'::text]))),
    CONSTRAINT invoices_number_key UNIQUE (number),
    CONSTRAINT invoices_period_check CHECK ((period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'::text)),
    CONSTRAINT invoices_pkey PRIMARY KEY (invoice_id),
    CONSTRAINT invoices_seven_years CHECK ((retained_until >= make_date(((EXTRACT(year FROM issued_on))::integer + 7), 12, 31)))
);

CREATE INDEX invoices_employer ON public.invoices USING btree (employer_id, issued_on DESC, number DESC);

CREATE UNIQUE INDEX invoices_once ON public.invoices USING btree (contract_id, period) WHERE (kind = 'invoice'::text);

CREATE TRIGGER invoices_unchanged BEFORE DELETE OR UPDATE ON public.invoices FOR EACH ROW EXECUTE FUNCTION refuse_change_of_administration();

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
    period text,
    CONSTRAINT unbilled_lines_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
    CONSTRAINT unbilled_lines_kind_check CHECK ((kind = ANY (ARRAY['intake'::text, 'session'::text]))),
    CONSTRAINT unbilled_lines_period_check CHECK ((period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'::text)),
    CONSTRAINT unbilled_lines_pkey PRIMARY KEY (line_id),
    CONSTRAINT unbilled_lines_sessions_have_a_period CHECK (((kind = 'session'::text) = (period IS NOT NULL)))
);

CREATE INDEX unbilled_lines_contract ON public.unbilled_lines USING btree (kind, contract_id, period);

CREATE TABLE webhook_deliveries (
    delivery_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    body text NOT NULL,
    status text NOT NULL DEFAULT 'pending'::text,
    attempts integer NOT NULL DEFAULT 0,
    response_status integer,
    created_at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT webhook_deliveries_endpoint_id_event_id_key UNIQUE (endpoint_id, event_id),
    CONSTRAINT webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(endpoint_id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (delivery_id),
    CONSTRAINT webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text])))
);

CREATE INDEX webhook_deliveries_due ON public.webhook_deliveries USING btree (next_attempt_at) WHERE (status = 'pending'::text);

CREATE INDEX webhook_deliveries_endpoint ON public.webhook_deliveries USING btree (endpoint_id, created_at DESC, delivery_id);

CREATE TABLE webhook_endpoints (
    endpoint_id uuid NOT NULL,
    employer_id uuid NOT NULL,
    url text NOT NULL,
    event_types text[] NOT NULL,
    secret_sealed bytea NOT NULL,
    previous_secret_sealed bytea,
    previous_secret_ends_at timestamp with time zone,
    is_enabled boolean NOT NULL DEFAULT true,
    disabled_reason text,
    version integer NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT webhook_endpoints_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['gone'::text, 'by_owner'::text]))),
    CONSTRAINT webhook_endpoints_employer_id_fkey FOREIGN KEY (employer_id) REFERENCES employers(employer_id),
    CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (endpoint_id)
);

CREATE INDEX webhook_endpoints_employer ON public.webhook_endpoints USING btree (employer_id, created_at, endpoint_id);

CREATE OR REPLACE FUNCTION public.refuse_change_of_administration()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.retained_until < current_date THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is administration, kept unchanged until %', TG_TABLE_NAME, OLD.retained_until
        USING ERRCODE = 'integrity_constraint_violation';
END;
$function$;

GRANT EXECUTE ON FUNCTION refuse_change_of_administration() TO PUBLIC;

GRANT INSERT, SELECT, UPDATE ON api_keys TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON api_keys TO vitalapp_ledger_retention;
GRANT INSERT, SELECT ON carried_lines TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON carried_lines TO vitalapp_ledger_retention;
GRANT INSERT, SELECT ON confirmations TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON confirmations TO vitalapp_ledger_retention;
GRANT INSERT, SELECT ON confirmed_intakes TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON confirmed_intakes TO vitalapp_ledger_retention;
GRANT INSERT, SELECT, UPDATE ON contracts TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON contracts TO vitalapp_ledger_retention;
GRANT INSERT, SELECT, UPDATE ON employers TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON employers TO vitalapp_ledger_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON invoice_mails TO vitalapp_ledger_app;
GRANT INSERT, SELECT, UPDATE ON invoice_numbers TO vitalapp_ledger_app;
GRANT INSERT, SELECT ON invoices TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON invoices TO vitalapp_ledger_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON outbox TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON outbox TO vitalapp_ledger_retention;
GRANT DELETE, INSERT, SELECT ON unbilled_lines TO vitalapp_ledger_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON webhook_deliveries TO vitalapp_ledger_app;
GRANT DELETE, SELECT ON webhook_deliveries TO vitalapp_ledger_retention;
GRANT DELETE, INSERT, SELECT, UPDATE ON webhook_endpoints TO vitalapp_ledger_app;
