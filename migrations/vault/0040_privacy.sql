-- Which erasures have reached this store, and what they counted, until every erasure before them has as well.
SET LOCAL lock_timeout = '5s';

CREATE TABLE applied_erasures (
    sequence bigint PRIMARY KEY,
    counts jsonb NOT NULL
);

GRANT SELECT, INSERT, DELETE ON applied_erasures TO vitalapp_vault_app;
