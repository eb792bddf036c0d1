-- Who looked at a person, for that person's practice; looking where one normally may not, with a reason; and looks that stand out.

-- Of a look: who the person resembles whom the reader is (own name, neighbour), and by which broken glass. Empty for the version before.
ALTER TABLE access_log ADD COLUMN alike text[], ADD COLUMN glass uuid;
GRANT INSERT (alike, glass) ON access_log TO reader;
GRANT SELECT ON access_log TO counter;
CREATE POLICY counts ON access_log FOR SELECT TO counter USING (true);

-- What we know of who reads: keyed hashes of a family name, a postcode and an address, to compare with and nothing else.
CREATE TABLE reader_traits (
  subject text PRIMARY KEY, family_name bytea, postcode bytea, address bytea, noted_at timestamptz NOT NULL);
-- A reason opens one person for one reader, for a while.
CREATE TABLE break_glass (
  glass uuid PRIMARY KEY, person uuid NOT NULL, who text NOT NULL, role text NOT NULL, region text NOT NULL, organisation uuid,
  reason text NOT NULL, opened_at timestamptz NOT NULL, until timestamptz NOT NULL);
-- Looks that stand out: found by the courier in what it seals.
CREATE TABLE access_alerts (
  alert uuid PRIMARY KEY, kind text NOT NULL, region text NOT NULL, who text NOT NULL, role text NOT NULL, organisation uuid,
  persons int NOT NULL, first_at timestamptz NOT NULL, last_at timestamptz NOT NULL, raised_at timestamptz NOT NULL DEFAULT now());
-- What a region agreed about looking at people; the row of the country holds where a region has none of its own.
CREATE TABLE access_policy (
  region text PRIMARY KEY, glass_minutes int NOT NULL DEFAULT 30, review_hours int NOT NULL DEFAULT 72,
  bulk_persons int NOT NULL DEFAULT 40, bulk_minutes int NOT NULL DEFAULT 60,
  night_begins int NOT NULL DEFAULT 23, night_ends int NOT NULL DEFAULT 6, night_roles text NOT NULL DEFAULT 'practice');
INSERT INTO access_policy (region) VALUES ('NL');
-- What somebody else says of either, once.
CREATE TABLE access_reviews (
  what text, id uuid, region text NOT NULL, reviewer text NOT NULL, at timestamptz NOT NULL, verdict text NOT NULL, note text NOT NULL,
  PRIMARY KEY (what, id));
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{reader_traits,break_glass,access_alerts,access_policy,access_reviews}'::text[] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY counts ON %I FOR SELECT TO counter USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO counter, reader', t);
  END LOOP;
  FOREACH t IN ARRAY '{reader_traits,break_glass,access_policy,access_reviews}'::text[] LOOP
    EXECUTE format('CREATE POLICY keeps ON %I TO acceptor USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO acceptor', t);
  END LOOP;
  -- The administrator of a region looks at what was opened and what stands out there; by number, and opens nobody.
  FOREACH t IN ARRAY '{break_glass,access_alerts,access_reviews}'::text[] LOOP
    EXECUTE format('CREATE POLICY reads_admin ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) = ''admin'' AND region = (SELECT me(''region'')))', t);
  END LOOP;
  FOREACH t IN ARRAY '{break_glass,access_reviews}'::text[] LOOP
    EXECUTE format('CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;
GRANT UPDATE ON reader_traits, access_policy TO acceptor;
GRANT SELECT ON access_policy TO courier;
CREATE POLICY watches ON access_policy FOR SELECT TO courier USING (true);
CREATE POLICY reads_region ON access_policy FOR SELECT TO reader USING (
  (SELECT me('role')) IS NOT NULL AND region IN ((SELECT me('region')), 'NL'));
GRANT SELECT, INSERT, UPDATE ON access_alerts TO courier;
CREATE POLICY raises ON access_alerts TO courier USING (true) WITH CHECK (true);
CREATE POLICY reads_own ON reader_traits FOR SELECT TO reader USING (subject = (SELECT me('subject')));
CREATE POLICY reads_own ON break_glass FOR SELECT TO reader USING (
  who = (SELECT me('subject')) AND role = (SELECT me('role')) AND region = (SELECT me('region'))
  AND organisation IS NOT DISTINCT FROM (SELECT me('organisation'))::uuid);

-- Only a transaction that names its glass sees the person behind it, and no other page of the same reader does.
CREATE FUNCTION person_behind_glass() RETURNS uuid STABLE LANGUAGE sql
  RETURN (SELECT g.person FROM break_glass g WHERE g.glass = me('glass')::uuid AND me('role') <> 'admin' AND now() < g.until);
CREATE POLICY breaks_glass ON person_statements FOR SELECT TO reader USING (person = (SELECT person_behind_glass()));

-- For a practice: looks at its own patients. People of its own by their sign-in; of others the organisation.
CREATE VIEW looks_at_own AS
SELECT l.at, l.person, CASE WHEN l.organisation = me('organisation')::uuid THEN l.who END AS who, l.role,
       (SELECT o.facts ->> 'name' FROM organisations o WHERE o.organisation = l.organisation ORDER BY o.region = l.region DESC LIMIT 1) AS name,
       l.region, l.action, l.why, l.outcome, l.glass IS NOT NULL AS is_emergency
FROM access_log l
WHERE me('role') = 'practice' AND EXISTS (
  SELECT FROM registrations r WHERE r.person = l.person AND r.practice = me('organisation')::uuid);

-- For everybody: until when something may wait for a reviewer, in which region; never whose.
CREATE VIEW reviews_due AS
SELECT g.region, 'glass' AS what, g.opened_at + make_interval(hours => (
         SELECT p.review_hours FROM access_policy p WHERE p.region IN (g.region, 'NL') ORDER BY p.region = 'NL' LIMIT 1)) AS due_at
FROM break_glass g
WHERE NOT EXISTS (SELECT FROM access_reviews r WHERE r.what = 'glass' AND r.id = g.glass)
UNION ALL
SELECT region, 'alert', raised_at FROM access_alerts a
WHERE NOT EXISTS (SELECT FROM access_reviews r WHERE r.what = 'alert' AND r.id = a.alert);
ALTER VIEW looks_at_own OWNER TO counter;
ALTER VIEW reviews_due OWNER TO counter;
GRANT SELECT ON looks_at_own, reviews_due TO reader;
