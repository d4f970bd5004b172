-- What was delivered and is not yet confirmed or billed: no person, no coach, no day.
SET LOCAL lock_timeout = '5s';

CREATE TABLE unbilled_lines (
    line_id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    kind text NOT NULL CHECK (kind IN ('intake', 'session')),
    trajectory_reference uuid NOT NULL,
    period text NOT NULL CHECK (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$')
);
CREATE INDEX unbilled_lines_contract ON unbilled_lines (kind, contract_id, period);

-- Ids of lines that were ever carried here, so that a late retry adds nothing after its line was billed.
CREATE TABLE carried_lines (
    line_id uuid PRIMARY KEY,
    carried_on date NOT NULL
);

-- Trajectories whose intake was confirmed or counted, so that none is confirmed twice.
CREATE TABLE confirmed_intakes (
    trajectory_reference uuid PRIMARY KEY,
    confirmed_on date NOT NULL
);

GRANT SELECT, INSERT, DELETE ON unbilled_lines TO vitalapp_ledger_app;
GRANT SELECT, INSERT ON carried_lines, confirmed_intakes TO vitalapp_ledger_app;
GRANT SELECT, DELETE ON carried_lines, confirmed_intakes TO vitalapp_ledger_retention;
