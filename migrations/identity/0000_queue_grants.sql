-- What the application and the retention role may do with the job queue (its tables come from the library).
SET LOCAL lock_timeout = '5s';

GRANT SELECT ON schema_migrations TO vitalapp_identity_app;
GRANT SELECT, INSERT, UPDATE, DELETE
    ON procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers
    TO vitalapp_identity_app, vitalapp_identity_retention;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO vitalapp_identity_app, vitalapp_identity_retention;
