-- Keys of files under a treatment agreement, and privacy questions that coaches forward.
SET LOCAL lock_timeout = '5s';

-- Outlives the account: the sheet says whose the file is, the index finds it by the address that its owner names.
CREATE TABLE treatment_files (
    file_id uuid PRIMARY KEY,
    wrapped_data_key bytea NOT NULL,
    identity_sheet_sealed bytea NOT NULL,
    email_index bytea NOT NULL CHECK (octet_length(email_index) = 32),
    changed_at timestamptz NOT NULL
);
CREATE INDEX treatment_files_email ON treatment_files (email_index);

CREATE TABLE privacy_questions (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    question_id uuid NOT NULL,
    forwarded_by uuid NOT NULL,
    content_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    PRIMARY KEY (account_id, question_id)
);
CREATE INDEX privacy_questions_open ON privacy_questions (created_at, question_id) WHERE closed_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON treatment_files TO vitalapp_identity_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON privacy_questions TO vitalapp_identity_app;
GRANT SELECT, DELETE ON treatment_files TO vitalapp_identity_retention;
