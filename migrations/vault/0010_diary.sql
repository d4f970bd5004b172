-- The diary: entries by ids that the app makes, tombstones of deleted ones, who an entry is shared with.
SET LOCAL lock_timeout = '5s';

-- A deleted entry stays as a tombstone without content, so that every device learns of the deletion.
CREATE TABLE diary_entries (
    person_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    change_seq bigint NOT NULL CHECK (change_seq > 0),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    local_date date,
    written_at timestamptz,
    content_sealed bytea,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (person_id, entry_id),
    CHECK (num_nulls(local_date, written_at, content_sealed) = CASE WHEN deleted_at IS NULL THEN 0 ELSE 3 END)
);
CREATE UNIQUE INDEX diary_entries_feed ON diary_entries (person_id, change_seq);
CREATE INDEX diary_entries_dates ON diary_entries (person_id, local_date, written_at, entry_id) WHERE deleted_at IS NULL;
CREATE INDEX diary_entries_tombstones ON diary_entries (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE diary_entry_shares (
    person_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    shared_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, entry_id, coach_id)
);
CREATE INDEX diary_entry_shares_coach ON diary_entry_shares (person_id, coach_id);

-- How far a person's tombstones are gone: a cursor of the changes feed that stands before it has missed some.
CREATE TABLE diary_prunings (
    person_id uuid PRIMARY KEY REFERENCES persons ON DELETE CASCADE,
    pruned_through bigint NOT NULL
);

-- No tombstone goes unnoted, whoever deletes it. Only an erasure locks a person against KEY SHARE: that person gets no
-- note, and nobody waits for the other.
CREATE FUNCTION note_pruned_diary_tombstones() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO diary_prunings (person_id, pruned_through)
    SELECT living.person_id, max(gone.change_seq)
    FROM gone
    JOIN (
        SELECT person_id FROM persons WHERE person_id IN (SELECT person_id FROM gone) FOR KEY SHARE SKIP LOCKED
    ) AS living USING (person_id)
    WHERE gone.deleted_at IS NOT NULL
    GROUP BY living.person_id
    ON CONFLICT (person_id) DO UPDATE
    SET pruned_through = greatest(diary_prunings.pruned_through, EXCLUDED.pruned_through);
    RETURN NULL;
END;
$$;
REVOKE ALL ON FUNCTION note_pruned_diary_tombstones() FROM PUBLIC;
CREATE TRIGGER diary_entries_pruned AFTER DELETE ON diary_entries REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION note_pruned_diary_tombstones();

GRANT SELECT, INSERT, UPDATE, DELETE ON diary_entries, diary_entry_shares TO vitalapp_vault_app;
GRANT SELECT, DELETE ON diary_prunings TO vitalapp_vault_app;
GRANT SELECT, DELETE ON diary_entries, diary_entry_shares, diary_prunings TO vitalapp_vault_retention;
