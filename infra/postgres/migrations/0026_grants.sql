-- Series are added to and never changed: who accepts had UPDATE on them as on the rest, and DELETE on what was planned.
-- No statement of ours, nor of the version before, uses that; a rebuild, `migrate` and whoever mends by hand are the owner.
DO $$
DECLARE t regclass;
BEGIN
  FOR t IN
    SELECT i.indrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE i.indisprimary AND a.attname = 'seq' AND c.relnamespace = 'public'::regnamespace
      AND has_table_privilege('acceptor', c.oid, 'INSERT')
    UNION SELECT unnest('{ledger,seen,plan_unassigned,plan_findings}'::regclass[])
  LOOP
    EXECUTE format('REVOKE UPDATE ON %s FROM acceptor', t);
  END LOOP;
END $$;
REVOKE DELETE ON plan_records, plan_unassigned, plan_findings, travel_matrices FROM acceptor;

-- The courier writes nobody's name yet. Return records will get a function that logs each read.
DROP POLICY couriers ON persons;
REVOKE ALL ON persons FROM courier;
