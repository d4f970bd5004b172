-- Lines keep less; administration cannot be entered with too short a term; contracts are billed in the order of their age.
SET LOCAL lock_timeout = '5s';

ALTER TABLE unbilled_lines ALTER COLUMN period DROP NOT NULL;
UPDATE unbilled_lines SET period = NULL
WHERE kind = 'intake';
ALTER TABLE unbilled_lines
    ADD CONSTRAINT unbilled_lines_sessions_have_a_period CHECK ((kind = 'session') = (period IS NOT NULL));

-- AWR 52(4): seven years from the end of the book year.
ALTER TABLE invoices
    ADD CONSTRAINT invoices_seven_years
    CHECK (retained_until >= make_date(extract(YEAR FROM issued_on)::integer + 7, 12, 31));
ALTER TABLE confirmations
    ADD CONSTRAINT confirmations_seven_years
    CHECK (retained_until >= make_date(extract(YEAR FROM confirmed_on)::integer + 7, 12, 31));

CREATE INDEX contracts_age ON contracts (created_at, contract_id);
