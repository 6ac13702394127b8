-- 0002: row security. The engine works across tenants by design and goes by the first policy; everybody else sees the
-- rows of the tenant named in app.tenant_id, set by set_config('app.tenant_id', $1, true) inside an explicit transaction.
-- Without it: no rows. FORCE: so that not even a table's owner is exempt by accident.
DO $$
DECLARE
    t text;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
             WHERE c.relnamespace = 'funnel'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1 LOOP
        EXECUTE format('ALTER TABLE funnel.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE funnel.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY engine ON funnel.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
        EXECUTE format('CREATE POLICY tenant ON funnel.%I TO PUBLIC '
                       'USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::int8)) '
                       'WITH CHECK (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::int8))', t);
        EXECUTE format('REVOKE ALL ON funnel.%I FROM PUBLIC', t);
    END LOOP;
END $$;
REVOKE ALL ON funnel.shard_owner, funnel.node, funnel.version FROM PUBLIC;
REVOKE ALL ON SCHEMA funnel FROM PUBLIC;

-- The role of whoever serves tenants from SQL. Where we may not make roles (some hosts), an administrator does it with
-- the same grants; docs/storage.md has them.
DO $$
DECLARE
    t text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'funnel_api') THEN
        CREATE ROLE funnel_api NOLOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT;
    END IF;
    GRANT USAGE ON SCHEMA funnel TO funnel_api;
    FOREACH t IN ARRAY ARRAY['conv', 'contact_alias', 'contact_pair', 'message', 'turn_log', 'metric_delta', 'pub', 'effect'] LOOP
        EXECUTE format('GRANT SELECT ON funnel.%I TO funnel_api', t);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE, DELETE ON funnel.doc TO funnel_api;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'may not make the role funnel_api';
END $$;
