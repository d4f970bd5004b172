-- Who was told that their account goes for want of use, or since their contract ended, and on which day it goes.
SET LOCAL lock_timeout = '5s';

-- clock_started_on: the day of last use, or of the contract's end, that the notices are about; another day makes them void.
CREATE TABLE inactivity_notices (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    subject_index bytea NOT NULL CHECK (octet_length(subject_index) = 32),
    ground text NOT NULL CHECK (ground IN ('inactivity', 'contract_end')),
    clock_started_on date NOT NULL,
    first_noticed_on date NOT NULL,
    delete_on date NOT NULL CHECK (delete_on >= first_noticed_on + 30),
    last_stage smallint NOT NULL CHECK (last_stage IN (30, 7, 1)),
    bounced_at timestamptz
);
CREATE UNIQUE INDEX inactivity_notices_subject ON inactivity_notices (subject_index);
CREATE INDEX inactivity_notices_due ON inactivity_notices (delete_on, account_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON inactivity_notices TO vitalapp_identity_app;
