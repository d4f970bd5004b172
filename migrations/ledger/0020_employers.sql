-- Confirmations, invoices and webhooks; what was issued is never edited and stays for seven years.
SET LOCAL lock_timeout = '5s';

ALTER TABLE employers
    ADD COLUMN street text NOT NULL,
    ADD COLUMN postcode text NOT NULL,
    ADD COLUMN city text NOT NULL,
    ADD COLUMN country text NOT NULL DEFAULT 'NL' CHECK (country ~ '^[A-Z]{2}$');

CREATE TABLE api_keys (
    key_id uuid PRIMARY KEY,
    employer_id uuid NOT NULL REFERENCES employers,
    key_hash bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_employer ON api_keys (employer_id);

CREATE TABLE invoice_numbers (
    book_year integer PRIMARY KEY,
    last_number integer NOT NULL CHECK (last_number > 0)
);

CREATE TABLE invoices (
    invoice_id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    corrects_invoice_id uuid UNIQUE,
    employer_id uuid NOT NULL REFERENCES employers,
    contract_id uuid NOT NULL REFERENCES contracts,
    period text NOT NULL CHECK (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    issued_on date NOT NULL,
    due_on date NOT NULL,
    document jsonb NOT NULL,
    retained_until date NOT NULL,
    CHECK ((kind = 'credit_note') = (corrects_invoice_id IS NOT NULL))
);
CREATE UNIQUE INDEX invoices_once ON invoices (contract_id, period) WHERE kind = 'invoice';
CREATE INDEX invoices_employer ON invoices (employer_id, issued_on DESC, invoice_id);

CREATE TABLE confirmations (
    confirmation_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('intake', 'billing')),
    employer_id uuid NOT NULL REFERENCES employers,
    contract_id uuid NOT NULL REFERENCES contracts,
    confirmed_on date NOT NULL,
    reference text UNIQUE,
    invoice_id uuid UNIQUE REFERENCES invoices,
    retained_until date NOT NULL,
    CHECK ((kind = 'intake') = (reference IS NOT NULL)),
    CHECK ((kind = 'billing') = (invoice_id IS NOT NULL))
);
CREATE INDEX confirmations_employer ON confirmations (employer_id, confirmed_on DESC, confirmation_id);

-- AWR 52(4): refused for every role, the owner's included, until the term is over.
CREATE FUNCTION refuse_change_of_administration() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.retained_until < current_date THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is administration, kept unchanged until %', TG_TABLE_NAME, OLD.retained_until
        USING ERRCODE = 'integrity_constraint_violation';
END;
$$;
CREATE TRIGGER invoices_unchanged BEFORE UPDATE OR DELETE ON invoices
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_administration();
CREATE TRIGGER confirmations_unchanged BEFORE UPDATE OR DELETE ON confirmations
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_administration();

-- Invoices whose mail to the billing contact has not gone out yet.
CREATE TABLE invoice_mails (
    invoice_id uuid PRIMARY KEY REFERENCES invoices,
    created_at timestamptz NOT NULL
);

CREATE TABLE webhook_endpoints (
    endpoint_id uuid PRIMARY KEY,
    employer_id uuid NOT NULL REFERENCES employers,
    url text NOT NULL,
    event_types text[] NOT NULL,
    secret_sealed bytea NOT NULL,
    previous_secret_sealed bytea,
    previous_secret_ends_at timestamptz,
    is_enabled boolean NOT NULL DEFAULT true,
    disabled_reason text CHECK (disabled_reason IN ('gone', 'by_owner')),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);
CREATE INDEX webhook_endpoints_employer ON webhook_endpoints (employer_id, created_at, endpoint_id);

CREATE TABLE webhook_deliveries (
    delivery_id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    body text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    response_status integer,
    created_at timestamptz NOT NULL,
    next_attempt_at timestamptz,
    ended_at timestamptz,
    UNIQUE (endpoint_id, event_id)
);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, created_at DESC, delivery_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';

GRANT SELECT, INSERT, UPDATE ON api_keys, invoice_numbers TO vitalapp_ledger_app;
GRANT SELECT, INSERT ON invoices, confirmations TO vitalapp_ledger_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON invoice_mails TO vitalapp_ledger_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints, webhook_deliveries TO vitalapp_ledger_app;
GRANT SELECT, DELETE ON invoices, confirmations, webhook_deliveries, api_keys TO vitalapp_ledger_retention;
