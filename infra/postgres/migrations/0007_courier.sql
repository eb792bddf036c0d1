-- What leaves by other ways than Kafka: to whom, how far, what failed, and what people were last told.
-- Not a fold of the ledger: own backup. A secret stands here sealed under the master key.
CREATE TABLE destinations (
  name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  kind text NOT NULL CHECK (kind IN ('webhook', 'notice-file')),
  url text NOT NULL DEFAULT '', types text[] NOT NULL DEFAULT '{}', regions text[] NOT NULL DEFAULT '{}',  -- '{}': every region
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')), why text NOT NULL DEFAULT '',
  key_version int, wrapped_key bytea, sealed bytea, added_at timestamptz NOT NULL);

CREATE TABLE destination_positions (
  destination text REFERENCES destinations ON DELETE CASCADE, region text,
  seq bigint NOT NULL, begun_seq bigint NOT NULL, delivered bigint NOT NULL DEFAULT 0,
  attempts int NOT NULL DEFAULT 0, refused int NOT NULL DEFAULT 0, failing_since timestamptz, next_try_at timestamptz, last_success_at timestamptz,
  last_error text, PRIMARY KEY (destination, region));

-- Events that a receiver refused by name, time after time: passed over, and never silently.
CREATE TABLE dead_letters (
  destination text REFERENCES destinations ON DELETE CASCADE, region text, seq bigint, type text NOT NULL,
  at timestamptz NOT NULL, attempts int NOT NULL, error text NOT NULL, PRIMARY KEY (destination, region, seq));

-- What a place was last told of a visit: the old time of the next message.
CREATE TABLE told_visits (
  destination text REFERENCES destinations ON DELETE CASCADE, region text, visit uuid, location uuid NOT NULL,
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, people uuid[] NOT NULL, seq bigint NOT NULL,
  PRIMARY KEY (destination, region, visit));

-- The counts that were last said, so that the same numbers are not said again.
CREATE TABLE progress_said (region text, campaign uuid, n bigint NOT NULL, digest text NOT NULL, PRIMARY KEY (region, campaign));

GRANT SELECT, INSERT, UPDATE, DELETE ON destinations, destination_positions, dead_letters, told_visits, progress_said TO courier;
GRANT SELECT ON destinations, destination_positions, dead_letters, region_seq TO counter;

-- For the open status: how every destination is, without its address and its secret.
CREATE VIEW destination_status AS
SELECT d.name, d.kind, d.state, d.why,
       coalesce((SELECT sum(s.n - coalesce(p.seq, 0)) FROM region_seq s
                 LEFT JOIN destination_positions p ON p.destination = d.name AND p.region = s.region
                 WHERE d.regions = '{}' OR s.region = ANY (d.regions)), 0)::bigint AS behind,
       coalesce(sum(p.delivered), 0)::bigint AS delivered, coalesce(max(p.attempts), 0) AS attempts,
       min(p.failing_since) AS failing_since, max(p.last_success_at) AS last_success_at,
       (SELECT count(*) FROM dead_letters l WHERE l.destination = d.name) AS dead
FROM destinations d LEFT JOIN destination_positions p ON p.destination = d.name GROUP BY d.name;

-- What the courier needs of the state to write a notice: no birth year, no consent, no reason.
CREATE VIEW courier_visits AS
SELECT region, visit, location, lower(slot) AS starts_at, upper(slot) AS ends_at, assigned_seq, unassigned_seq,
       started_seq > 0 OR completed_seq > 0 AS begun FROM visits;
CREATE VIEW courier_practices AS SELECT DISTINCT region, person, practice FROM registrations WHERE live;
CREATE VIEW courier_given AS SELECT DISTINCT region, person, campaign, dose_no FROM doses WHERE outcome <> 'not_given';
CREATE VIEW courier_names AS
SELECT region, location AS id, registered ->> 'name' AS name FROM locations WHERE registered_seq > 0
UNION ALL SELECT region, organisation, facts ->> 'name' FROM organisations WHERE facts IS NOT NULL;


-- Counts per region and campaign that may leave: 1 to 4 people are NULL, as in totals_people.
CREATE VIEW courier_progress AS
WITH registered AS (SELECT DISTINCT region, campaign, person FROM registrations WHERE live),
answered AS (
  SELECT DISTINCT ON (region, person, campaign) region, person, campaign, status FROM consents WHERE subject = 'treatment'
  ORDER BY region, person, campaign, seq DESC),
given AS (
  SELECT region, person, campaign, count(DISTINCT dose_no) AS doses FROM doses WHERE outcome <> 'not_given'
  GROUP BY region, person, campaign),
booked AS (
  SELECT DISTINCT a.region, a.person, a.campaign FROM appointments a
  WHERE a.live AND NOT EXISTS (
    SELECT FROM doses d WHERE d.region = a.region AND d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no
      AND d.outcome <> 'not_given'))
SELECT region, campaign, shown(count(*), false) AS registered,
       shown(count(*) FILTER (WHERE a.status = 'given'), false) AS plannable,
       shown(count(*) FILTER (WHERE b IS NOT NULL), false) AS planned,
       shown(count(*) FILTER (WHERE g.doses > 0), false) AS dose_1_given, shown(count(*) FILTER (WHERE g.doses > 1), false) AS dose_2_given,
       shown(count(*) FILTER (WHERE a.status IN ('refused', 'withdrawn')), false) AS refused,
       (SELECT coalesce(-sum(m.doses), 0)::bigint FROM stock_movements m, campaigns c
        WHERE m.region = n.region AND m.kind = 'wasted' AND c.campaign = n.campaign AND c.facts -> 'products' ? m.product) AS wasted
FROM registered n LEFT JOIN answered a USING (region, person, campaign) LEFT JOIN given g USING (region, person, campaign)
LEFT JOIN booked b USING (region, person, campaign)
GROUP BY region, campaign;

-- What the planner of a region may fetch as events: kinds that leave us, pseudonyms that it sees anyway.
CREATE VIEW outward_ledger AS
SELECT region, seq, source, id, type, coalesce(time, accepted_at) AS time, body FROM ledger
WHERE type ~ '^(plan|visit|dose|progress)\.' AND region = me('region') AND me('role') = 'planner';
GRANT SELECT ON ledger TO counter;
ALTER VIEW outward_ledger OWNER TO counter;
GRANT SELECT ON outward_ledger TO reader;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{destination_status,courier_visits,courier_practices,courier_given,courier_names,courier_progress}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
    EXECUTE format('GRANT SELECT ON %I TO courier', v);
  END LOOP;
END $$;
GRANT SELECT ON destination_status TO reader;
