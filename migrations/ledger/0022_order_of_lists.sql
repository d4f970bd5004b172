-- Lists have one order, which no random id decides but between confirmations that differ in nothing else.
SET LOCAL lock_timeout = '5s';

DROP INDEX invoices_employer;
CREATE INDEX invoices_employer ON invoices (employer_id, issued_on DESC, number DESC);
DROP INDEX confirmations_employer;
CREATE INDEX confirmations_employer ON confirmations (employer_id, confirmed_on DESC, kind DESC, confirmation_id DESC);

-- A mail that never left does not keep its invoice beyond the term.
ALTER TABLE invoice_mails DROP CONSTRAINT invoice_mails_invoice_id_fkey;
ALTER TABLE invoice_mails
    ADD CONSTRAINT invoice_mails_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices ON DELETE CASCADE;
