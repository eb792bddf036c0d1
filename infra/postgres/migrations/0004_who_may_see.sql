-- Row-level security for the pages' role. Default deny: a table without a policy below shows nothing.
-- Identity per transaction: app.role, app.region, app.organisation, app.subject.

-- Everyone who signed in sees the public facts of the own region and of the country.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{organisations,policies,locations,teams,campaigns,products}'::text[] LOOP
    EXECUTE format('CREATE POLICY reads_region ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) IS NOT NULL AND region IN ((SELECT me(''region'')), ''NL''))', t);
  END LOOP;
  -- The planner of a region sees its work by pseudonym.
  FOREACH t IN ARRAY '{registrations,consents,assessments,doses,absences,shifts,certificates,orders,deliveries,stock_movements,stock_counts,lots,crisis_requests,visits,presences,appointments,pins,plans,planned,plan_unassigned}'::text[] LOOP
    EXECUTE format('CREATE POLICY reads_planner ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) = ''planner'' AND region = (SELECT me(''region'')))', t);
  END LOOP;
  -- Nobody's row: plans and supply are visible to the crisis team too.
  FOREACH t IN ARRAY '{plans,planned,deliveries,stock_movements,lots}'::text[] LOOP
    EXECUTE format('CREATE POLICY reads_crisis ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) = ''crisis'' AND region = (SELECT me(''region'')))', t);
  END LOOP;
END $$;

-- A practice sees its own registrations, and of those persons what concerns them.
CREATE POLICY reads_practice ON registrations FOR SELECT TO reader USING (
  (SELECT me('role')) = 'practice' AND practice = (SELECT me('organisation'))::uuid);

CREATE FUNCTION is_own_patient(wanted uuid) RETURNS boolean STABLE LANGUAGE sql
  RETURN EXISTS (SELECT FROM registrations r WHERE r.person = wanted AND r.practice = (SELECT me('organisation'))::uuid);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{consents,assessments,doses,presences,appointments,plan_unassigned}'::text[] LOOP
    EXECUTE format('CREATE POLICY reads_practice ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) = ''practice'' AND is_own_patient(person))', t);
  END LOOP;
END $$;

CREATE POLICY reads_practice ON visits FOR SELECT TO reader USING (
  (SELECT me('role')) = 'practice' AND EXISTS (
    SELECT FROM appointments a WHERE a.visit = visits.visit AND is_own_patient(a.person)));
CREATE POLICY reads_practice ON plans FOR SELECT TO reader USING (
  (SELECT me('role')) = 'practice' AND region = (SELECT me('region')));

-- The vault: who a person is. Sealed under a key per person; found by keyed hashes only.
CREATE TABLE persons (
  person uuid PRIMARY KEY, bsn_hash bytea UNIQUE, block_hash bytea NOT NULL,
  key_version int NOT NULL, wrapped_key bytea NOT NULL, sealed bytea NOT NULL, stored_at timestamptz NOT NULL);
CREATE INDEX persons_of_block ON persons (block_hash);
ALTER TABLE persons ENABLE ROW LEVEL SECURITY;
ALTER TABLE persons FORCE ROW LEVEL SECURITY;
CREATE POLICY identifies ON persons TO identifier USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON persons TO identifier;
CREATE POLICY couriers ON persons FOR SELECT TO courier USING (true);
GRANT SELECT ON persons TO courier;
CREATE POLICY reads_practice ON persons FOR SELECT TO reader USING (
  (SELECT me('role')) = 'practice' AND is_own_patient(person));
GRANT SELECT ON persons TO reader;

-- Every read of a person is one line, in the reading transaction (NEN 7513).
CREATE TABLE access_log (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(), region text NOT NULL, person uuid NOT NULL, who text NOT NULL, role text NOT NULL,
  organisation uuid, action text NOT NULL, why text NOT NULL);
ALTER TABLE access_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_log FORCE ROW LEVEL SECURITY;
GRANT INSERT ON access_log TO reader;
CREATE POLICY logs ON access_log FOR INSERT TO reader WITH CHECK (
  who = (SELECT me('subject')) AND region = (SELECT me('region')) AND role = (SELECT me('role'))
  AND organisation IS NOT DISTINCT FROM (SELECT me('organisation'))::uuid);

-- Nothing else is writable for the reader: the sign of life of `web` goes by the acceptor.
