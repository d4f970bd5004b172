-- Mail that waits for the mail server, and what people write to us by the contact form.
SET LOCAL lock_timeout = '5s';

CREATE TABLE mails (
    mail_id uuid PRIMARY KEY,
    payload_sealed bytea NOT NULL,
    subject_index bytea,
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);
CREATE INDEX mails_subject ON mails (subject_index) WHERE subject_index IS NOT NULL;
CREATE INDEX mails_age ON mails (created_at);

CREATE TABLE contact_messages (
    contact_message_id uuid PRIMARY KEY,
    payload_sealed bytea NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX contact_messages_age ON contact_messages (received_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON mails TO vitalapp_identity_app;
GRANT SELECT, INSERT ON contact_messages TO vitalapp_identity_app;
GRANT SELECT, DELETE ON mails, contact_messages TO vitalapp_identity_retention;
