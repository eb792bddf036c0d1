-- What takes people and visits off a published plan, and what the judge found in it.

-- Visits at a place with an outbreak are found without reading the region.
CREATE INDEX visits_of_place ON visits (location) WHERE assigned_seq > unassigned_seq;

-- A planner took a visit off: a plan that was made before does not bring it back.
CREATE TABLE cancellations (
  region text, visit uuid, reason text NOT NULL, again_from date, cancelled_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (region, visit));

-- Doses of a visit that was taken off: not planned before that day, unless the visit is released again.
CREATE TABLE put_off (
  region text, person uuid, campaign uuid, dose_no int, visit uuid NOT NULL, not_before date NOT NULL,
  seq bigint NOT NULL DEFAULT 0, PRIMARY KEY (region, person, campaign, dose_no));

-- Not a fold, beside `plan_unassigned`: what the checker found in stops that a plan only repeats (`kept`), and pins
-- that do not hold (`pin`), by the name of the rule.
CREATE TABLE plan_findings (
  hash text NOT NULL, region text NOT NULL, n int NOT NULL, kind text NOT NULL, visit uuid, shift uuid, starts_at timestamptz,
  rule text NOT NULL, detail text NOT NULL, PRIMARY KEY (hash, region, n));

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{cancellations,put_off,plan_findings}'::text[] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY accepts ON %I TO acceptor USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO acceptor', t);
    EXECUTE format('CREATE POLICY plans ON %I FOR SELECT TO planner USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO planner', t);
    EXECUTE format('CREATE POLICY counts ON %I FOR SELECT TO counter USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO counter, reader', t);
    EXECUTE format('CREATE POLICY reads_planner ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) = ''planner'' AND region = (SELECT me(''region'')))', t);
  END LOOP;
END $$;
GRANT DELETE ON plan_findings TO acceptor;
