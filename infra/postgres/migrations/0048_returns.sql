-- What the practice of a person, and the register, are told of each dose: one message for each fact, with a state of its own.
-- Not a fold of the ledger: own backup. By pseudonym only; who it is about is read from the vault when it is told.
CREATE TABLE return_messages (
  message uuid PRIMARY KEY, region text NOT NULL, receiver text NOT NULL CHECK (receiver IN ('practice', 'register')),
  practice uuid, person uuid NOT NULL, campaign uuid NOT NULL, dose_no int NOT NULL,
  dose_region text NOT NULL, dose_seq bigint NOT NULL, number int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('given', 'corrected', 'retracted')), facts jsonb NOT NULL, was_told boolean NOT NULL,
  made_at timestamptz NOT NULL, sent_at timestamptz, said boolean NOT NULL DEFAULT false, replaced_at timestamptz,
  UNIQUE (dose_region, dose_seq, receiver, person, number));
CREATE INDEX return_messages_of_person ON return_messages (person);
CREATE INDEX return_messages_to_send ON return_messages (region, receiver, practice) WHERE NOT said AND replaced_at IS NULL;
CREATE INDEX return_messages_of_practice ON return_messages (practice) WHERE replaced_at IS NULL;

-- How far the ledger of each region was read for them.
CREATE TABLE return_positions (region text PRIMARY KEY, seq bigint NOT NULL);

-- Where messages are posted to; who has no address here fetches them (page or API). The secret is sealed like a webhook's.
CREATE TABLE return_addresses (
  region text NOT NULL, receiver text NOT NULL CHECK (receiver IN ('practice', 'register')), practice uuid,
  url text NOT NULL, key_version int NOT NULL, wrapped_key bytea NOT NULL, sealed bytea NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')), why text NOT NULL DEFAULT '',
  attempts int NOT NULL DEFAULT 0, failing_since timestamptz, next_try_at timestamptz, added_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (region, receiver, practice));

-- Which day a practice was last told what only it can solve.
CREATE TABLE digests_sent (region text, practice uuid, on_day date NOT NULL, digest uuid NOT NULL, PRIMARY KEY (region, practice));

-- Somebody asked to send a record again, after what was wrong with it was mended.
ALTER TABLE return_records ADD COLUMN requested_at timestamptz, ADD COLUMN requested_seq bigint NOT NULL DEFAULT 0;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{return_messages,return_positions,return_addresses,digests_sent}'::text[] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY couriers ON %I TO courier USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO courier', t);
    EXECUTE format('CREATE POLICY counts ON %I FOR SELECT TO counter USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO counter', t);
  END LOOP;
  GRANT DELETE ON return_addresses TO courier;
END $$;

-- The doses that our teams gave and that count, in the whole country: each once, however often it was said.
CREATE VIEW courier_outcomes AS
SELECT person, campaign, dose_no, region, seq, product, lot, at, depot, team FROM person_doses WHERE outcome = 'given';

-- Whose a dose is now, without asking whether it was said twice.
CREATE VIEW courier_dose_persons AS SELECT region, seq, person FROM dose_records WHERE outcome = 'given';

-- The own practice of a person: the one that registered them last, also when that ended since, unless it was a mistake.
CREATE VIEW courier_homes AS
SELECT DISTINCT ON (person, campaign) person, campaign, region, practice FROM registrations
WHERE registered_seq > 0 AND (live OR coalesce(withdrawn_reason, '') <> 'mistake')
ORDER BY person, campaign, live DESC, registered_moment DESC, registered_seq DESC;

-- Who agreed that the register hears who they are: every voice that answered said yes last.
CREATE VIEW courier_opt_ins AS
WITH newest AS (
  SELECT DISTINCT ON (person, campaign, voice) person, campaign, voice, status FROM person_answers
  WHERE subject = 'register' ORDER BY person, campaign, voice, moment DESC, accepted_at DESC, region DESC, seq DESC)
SELECT person, campaign FROM newest GROUP BY person, campaign HAVING bool_and(status = 'given');

-- Each message with its state. An answer counts that came after the last time it was asked for again.
CREATE VIEW return_states AS
SELECT m.*, r.rejected_reason, r.rejected_seq, r.requested_seq,
       CASE WHEN m.replaced_at IS NOT NULL THEN 'corrected'
            WHEN greatest(r.acknowledged_seq, r.rejected_seq) > 0 AND r.acknowledged_seq > r.rejected_seq THEN 'acknowledged'
            WHEN r.rejected_seq > 0 THEN 'rejected'
            WHEN m.sent_at IS NOT NULL THEN 'sent' ELSE 'pending' END AS state
FROM return_messages m LEFT JOIN return_records r ON r.region = m.region AND r.return_id = m.message;

CREATE VIEW courier_products AS
SELECT product, facts ->> 'name' AS name, facts ->> 'hpk' AS hpk, facts ->> 'snomed' AS snomed FROM products WHERE facts IS NOT NULL;
CREATE VIEW courier_organisations AS
SELECT region, organisation, facts ->> 'name' AS name, facts ->> 'agb' AS agb FROM organisations WHERE facts IS NOT NULL;

-- Persons of messages, as their practice described them (the register: as it is shown), each read logged in the same breath.
CREATE FUNCTION open_for_returns(of_messages uuid[])
RETURNS TABLE (message uuid, person uuid, key_version int, wrapped_key bytea, sealed bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO access_log (region, person, who, role, organisation, action, why, route)
  SELECT m.region, m.person, 'courier', 'courier', m.practice, 'send', 'return record to the ' || m.receiver, 'courier'
  FROM return_messages m WHERE m.message = ANY (of_messages);
  RETURN QUERY
  SELECT DISTINCT ON (m.message) m.message, s.person, s.key_version, s.wrapped_key, s.sealed
  FROM return_messages m JOIN person_statements s ON s.person = m.person
  WHERE m.message = ANY (of_messages)
    AND (m.receiver = 'register' OR (s.said_by = 'practice' AND s.organisation = m.practice))
  ORDER BY m.message, s.as_of DESC, s.precedence, s.number DESC;
END $$;
REVOKE ALL ON FUNCTION open_for_returns(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_for_returns(uuid[]) TO courier;

-- For pages: a practice sees what it is told, a planner those of the region.
CREATE VIEW returns_shown AS
SELECT s.message, s.region, s.receiver, s.practice, s.person, s.campaign, s.dose_no, s.dose_region, s.dose_seq, s.number, s.kind,
       s.facts, s.was_told, s.made_at, s.sent_at, s.state, s.rejected_reason,
       s.requested_seq > s.rejected_seq AS is_requested, p.name AS product_name, p.hpk, p.snomed,
       EXISTS (SELECT FROM courier_opt_ins x WHERE x.person = s.person AND x.campaign = s.campaign) AS opt_in,
       o.name AS practice_name, o.agb AS practice_agb, d.name AS performer_name, d.agb AS performer_agb
FROM return_states s
LEFT JOIN LATERAL (SELECT * FROM courier_products x WHERE x.product = s.facts ->> 'product' LIMIT 1) p ON true
LEFT JOIN courier_organisations o ON o.region = s.region AND o.organisation = s.practice
LEFT JOIN courier_organisations d ON d.region = s.dose_region AND d.organisation::text = s.facts ->> 'depot'
WHERE (me('role') = 'practice' AND s.receiver = 'practice' AND s.region = me('region') AND s.practice = me('organisation')::uuid)
   OR (me('role') = 'planner' AND s.region = me('region'));

-- Of each campaign, product and day (Amsterdam): doses given, those whose newest message the practice took in, and those that
-- the register may hear of by name; the others it hears of as a number. `taking_back`: still there, and not given after all.
CREATE VIEW return_gaps AS
WITH newest AS (SELECT * FROM return_states WHERE replaced_at IS NULL),
each AS (
  SELECT g.region, g.campaign, g.product, g.at, 1 AS given, (p.state = 'acknowledged')::int AS registered,
         (p.state = 'rejected')::int AS rejected, (r.message IS NOT NULL)::int AS opted_in, (r.state = 'acknowledged')::int AS in_register,
         0 AS taking_back
  FROM courier_outcomes g
  LEFT JOIN newest p ON p.dose_region = g.region AND p.dose_seq = g.seq AND p.person = g.person AND p.receiver = 'practice' AND p.kind <> 'retracted'
  LEFT JOIN newest r ON r.dose_region = g.region AND r.dose_seq = g.seq AND r.person = g.person AND r.receiver = 'register' AND r.kind <> 'retracted'
  UNION ALL
  SELECT dose_region, campaign, facts ->> 'product', (facts ->> 'at')::timestamptz, 0, 0, (state = 'rejected')::int, 0, 0, 1
  FROM newest WHERE kind = 'retracted' AND receiver = 'practice' AND state <> 'acknowledged')
SELECT region, campaign, product, (at AT TIME ZONE 'Europe/Amsterdam')::date AS on_day, sum(given) AS given,
       coalesce(sum(registered), 0) AS registered, coalesce(sum(rejected), 0) AS rejected, sum(opted_in) AS opted_in,
       coalesce(sum(in_register), 0) AS in_register, sum(taking_back) AS taking_back
FROM each GROUP BY 1, 2, 3, 4;

-- The same, as the courier counted it last: pages read this. Exact, for the planner of the region alone.
CREATE TABLE return_counts (
  region text, campaign uuid, product text, on_day date, given bigint NOT NULL, registered bigint NOT NULL, rejected bigint NOT NULL,
  opted_in bigint NOT NULL, in_register bigint NOT NULL, taking_back bigint NOT NULL, counted_at timestamptz NOT NULL,
  PRIMARY KEY (region, campaign, product, on_day));
ALTER TABLE return_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE return_counts FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON return_counts TO courier;
GRANT SELECT ON return_counts TO reader;
CREATE POLICY couriers ON return_counts TO courier USING (true) WITH CHECK (true);
CREATE POLICY reads_planner ON return_counts FOR SELECT TO reader USING (
  (SELECT me('role')) = 'planner' AND region = (SELECT me('region')));

-- What only a practice can solve, counted; nobody is named.
CREATE VIEW courier_tasks AS
WITH own AS (SELECT DISTINCT region, practice, person, campaign FROM registrations WHERE live),
tasks AS (
  SELECT o.region, o.practice, 'consent' AS task, count(*) AS n FROM own o LEFT JOIN answers_settled a USING (person, campaign)
  WHERE coalesce(a.status, 'conflicting') = 'conflicting'
    AND NOT EXISTS (SELECT FROM courier_outcomes d WHERE d.person = o.person AND d.campaign = o.campaign) GROUP BY 1, 2
  UNION ALL
  SELECT o.region, o.practice, 'place', count(*) FROM registrations o
  WHERE o.live AND NOT EXISTS (SELECT FROM locations l WHERE l.location = o.at_location AND l.registered_seq > 0) GROUP BY 1, 2
  UNION ALL
  SELECT o.region, o.practice, 'identity', count(DISTINCT o.person) FROM own o JOIN person_questioned USING (person) GROUP BY 1, 2
  UNION ALL
  SELECT region, practice, 'rejected', count(*) FROM return_states
  WHERE receiver = 'practice' AND state = 'rejected' AND requested_seq <= rejected_seq GROUP BY 1, 2
  UNION ALL
  SELECT s.region, s.practice, 'to_take_in', count(*) FROM return_states s
  WHERE s.receiver = 'practice' AND s.state = 'sent'
    AND NOT EXISTS (SELECT FROM return_addresses x WHERE x.region = s.region AND x.receiver = 'practice' AND x.practice = s.practice)
  GROUP BY 1, 2)
SELECT region, practice, task, n FROM tasks WHERE practice IS NOT NULL;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{courier_outcomes,courier_dose_persons,courier_homes,courier_opt_ins,return_states,courier_products,courier_organisations,returns_shown,return_gaps,courier_tasks}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
  END LOOP;
  FOREACH v IN ARRAY '{courier_outcomes,courier_dose_persons,courier_homes,courier_opt_ins,return_states,courier_products,courier_organisations,return_gaps,courier_tasks}'::text[] LOOP
    EXECUTE format('GRANT SELECT ON %I TO courier', v);
  END LOOP;
END $$;
GRANT SELECT ON returns_shown TO reader;
