-- Lists have one order, which no random id decides but between confirmations that differ in nothing else.
SET LOCAL lock_timeout = '5s';

DROP INDEX invoices_employer;
CREATE INDEX invoices_employer ON invoices (employer_id, issued_on DESC, number DESC);
DROP INDEX confirmations_employer;
CREATE INDEX confirmations_employer ON confirmations (employer_id, confirmed_on DESC, kind DESC, confirmation_id DESC);
