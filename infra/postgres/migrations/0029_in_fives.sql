-- Numbers of people that leave the database for a page, the status or an event: in fives, and additive.
--
-- Everybody is in exactly one cell (people_cells). Each cell is rounded on its own, to a multiple of five at most four away, by
-- an offset that is secret and stays; every other number is a sum of rounded cells, or a breakdown that is made to add up to
-- one. So all that is shown, at once and over time, is what a population would show whose every group is a multiple of five:
-- no subtraction can tell a group of one to four people (docs/decisions/0021-numbers-in-fives.md).
CREATE TABLE rounding (salt uuid NOT NULL DEFAULT gen_random_uuid());
INSERT INTO rounding DEFAULT VALUES;
ALTER TABLE rounding ENABLE ROW LEVEL SECURITY;
ALTER TABLE rounding FORCE ROW LEVEL SECURITY;
CREATE POLICY counts ON rounding FOR SELECT TO counter USING (true);
GRANT SELECT ON rounding TO counter;

CREATE FUNCTION in_fives(n bigint, salt uuid, VARIADIC key text[]) RETURNS bigint IMMUTABLE LANGUAGE sql
  RETURN 5 * ((n + ('x' || substr(md5(salt::text || array_to_string(key, '|', '-')), 1, 7))::bit(28)::int % 5) / 5);

-- A part of a breakdown, so that the parts add up: what is missing goes to the first part, what is too much is taken from
-- the first parts that have it. `before`: the sum of the parts before this one.
CREATE FUNCTION made_to_fit(part bigint, missing numeric, before numeric) RETURNS bigint IMMUTABLE LANGUAGE sql
  RETURN CASE WHEN missing < 0 THEN part - least(part, greatest(0, -missing - coalesce(before, 0)))::bigint
              WHEN before IS NULL THEN part + missing::bigint ELSE part END;

-- The answers that count of everybody, as consents_settled says it to a practice: who contradicts themselves said no yes.
CREATE VIEW answers_settled AS
WITH newest AS (
  SELECT DISTINCT ON (person, campaign, voice, given_by) person, campaign, status, moment, accepted_at, region, seq
  FROM person_answers WHERE subject = 'treatment' AND status <> 'unknown'
  ORDER BY person, campaign, voice, given_by, moment DESC, accepted_at DESC, region DESC, seq DESC)
SELECT person, campaign, max(accepted_at) AS recorded_at,
       CASE WHEN bool_or(status = 'given') AND bool_or(status <> 'given') THEN 'conflicting'
            ELSE (array_agg(status ORDER BY moment DESC, accepted_at DESC, region DESC, seq DESC))[1] END AS status
FROM newest GROUP BY person, campaign;

-- As 0017, with the answer that counts, and why the published plan leaves somebody out: the first dose that it has no place for.
CREATE OR REPLACE VIEW people_now AS
WITH registered AS (
  SELECT home AS region, campaign, person,
         (array_agg(location ORDER BY moment DESC, accepted_at DESC NULLS LAST, seq DESC))[1] AS location, max(registered_at) AS registered_at
  FROM registrations_now WHERE region = home GROUP BY home, campaign, person),
given AS (
  SELECT region, person, campaign, count(DISTINCT dose_no) AS doses, max(at) AS at,
         (array_agg(location ORDER BY at DESC, dose_no DESC))[1] AS location
  FROM dose_records WHERE outcome <> 'not_given' GROUP BY region, person, campaign),
booked AS (
  SELECT DISTINCT a.region, a.person, a.campaign FROM appointments a
  WHERE a.live AND NOT EXISTS (
    SELECT FROM dose_records d WHERE d.region = a.region AND d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no
      AND d.outcome <> 'not_given')),
published AS (SELECT DISTINCT ON (region) region, hash FROM plans WHERE published_seq > 0 ORDER BY region, published_seq DESC),
left_out AS (
  SELECT DISTINCT ON (u.region, u.campaign, u.person) u.region, u.campaign, u.person, u.reasons[1] AS reason
  FROM plan_unassigned u JOIN published p ON p.region = u.region AND p.hash = u.hash
  WHERE u.person IS NOT NULL ORDER BY u.region, u.campaign, u.person, u.dose_no, u.n)
SELECT region, campaign, person, coalesce(r.location, g.location) AS location, r.registered_at,
       r.registered_at IS NOT NULL AND coalesce(c.status, 'unknown') = 'given' AS consented,
       r.registered_at IS NOT NULL AND b.person IS NOT NULL AS planned, coalesce(g.doses, 0) AS doses,
       greatest(r.registered_at, c.recorded_at, g.at) AS newest_at, r.registered_at IS NOT NULL AS registered,
       CASE coalesce(c.status, 'unknown') WHEN 'withdrawn' THEN 'refused' ELSE coalesce(c.status, 'unknown') END AS consent,
       CASE WHEN r.registered_at IS NOT NULL AND b.person IS NULL THEN l.reason END AS reason
FROM registered r FULL JOIN given g USING (region, campaign, person)
LEFT JOIN answers_settled c USING (campaign, person)
LEFT JOIN booked b USING (region, campaign, person)
LEFT JOIN left_out l USING (region, campaign, person);

-- Everybody once: where somebody stands (with a dose, with a visit, or neither), what they answered, why no visit.
-- Of doses the first, second and further ones are rounded with the offset of their cell, so that none exceeds the one before.
CREATE VIEW people_cells AS
SELECT n.region, n.campaign, n.registered, n.state, n.planned, n.consent, n.reason,
       in_fives(n.people, r.salt, n.region, n.campaign::text, n.registered::text, n.state, n.planned::text, n.consent, n.reason) AS people,
       in_fives(n.twice, r.salt, n.region, n.campaign::text, n.registered::text, n.state, n.planned::text, n.consent, n.reason) AS twice,
       in_fives(n.more, r.salt, n.region, n.campaign::text, n.registered::text, n.state, n.planned::text, n.consent, n.reason) AS more,
       n.newest_at
FROM (
  SELECT region, campaign, registered, planned, consent, reason, count(*) AS people, count(*) FILTER (WHERE doses > 1) AS twice,
         sum(greatest(doses - 2, 0))::bigint AS more, max(newest_at) AS newest_at,
         CASE WHEN doses > 0 THEN 'given' WHEN planned THEN 'planned' ELSE 'open' END AS state
  FROM people_now GROUP BY region, campaign, registered, planned, consent, reason, 11) AS n, rounding r;

-- Per region and campaign. Open to all. A campaign whose every number is 0 is not listed: its being there would tell.
CREATE OR REPLACE VIEW totals_people AS
SELECT region, campaign,
       (SELECT c.facts ->> 'name' FROM campaigns c WHERE c.campaign = n.campaign AND c.facts IS NOT NULL ORDER BY c.region LIMIT 1)
         AS name,
       coalesce(sum(people) FILTER (WHERE registered), 0)::bigint AS registered,
       coalesce(sum(people) FILTER (WHERE registered AND consent = 'given'), 0)::bigint AS consented,
       coalesce(sum(people) FILTER (WHERE registered AND state = 'planned'), 0)::bigint AS planned,
       coalesce(sum(people) FILTER (WHERE state = 'given'), 0)::bigint AS given,
       coalesce(sum(people + twice + more) FILTER (WHERE state = 'given'), 0)::bigint AS doses_given,
       coalesce(sum(twice) FILTER (WHERE state = 'given'), 0)::bigint AS given_twice,
       max(newest_at) AS newest_at,
       coalesce(sum(people) FILTER (WHERE registered AND state = 'given'), 0)::bigint AS given_registered,
       coalesce(sum(people) FILTER (WHERE registered AND state = 'open'), 0)::bigint AS open,
       coalesce(sum(people) FILTER (WHERE registered AND consent = 'refused'), 0)::bigint AS refused,
       coalesce(sum(people) FILTER (WHERE registered AND consent = 'conflicting'), 0)::bigint AS conflicting,
       coalesce(sum(people) FILTER (WHERE registered AND consent = 'unknown'), 0)::bigint AS unanswered,
       coalesce(sum(people) FILTER (WHERE registered AND NOT (state <> 'given' AND (consent = 'refused' OR reason = 'not_eligible')
         IS TRUE)), 0)::bigint AS eligible
FROM people_cells n GROUP BY region, campaign HAVING sum(people) > 0;

-- People whom the published plan leaves out, by the strongest reason of their first dose. Open to all. Only reasons with a
-- number that is shown. Crisis visits are one person each, and nobody's in the totals: whether there are any is said, no number.
CREATE OR REPLACE VIEW totals_unassigned AS
WITH people AS (
  SELECT region, campaign, reason, sum(people)::bigint AS n FROM people_cells WHERE reason IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(people) > 0),
crisis AS (
  SELECT u.region, u.campaign, u.reasons[1] AS reason, count(DISTINCT u.visit) AS visits
  FROM plan_unassigned u JOIN totals_plans t ON t.state = 'published' AND t.region = u.region AND t.hash = u.hash
  WHERE u.person IS NULL AND u.visit IS NOT NULL AND u.region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2, 3)
SELECT coalesce(p.region, c.region) AS region, coalesce(p.campaign, c.campaign) AS campaign, coalesce(p.reason, c.reason) AS reason,
       coalesce(p.n, 0) AS people, CASE WHEN c.visits > 0 THEN 1 ELSE 0 END::bigint AS visits
FROM people p FULL JOIN crisis c ON c.region = p.region AND c.campaign IS NOT DISTINCT FROM p.campaign AND c.reason = p.reason;

CREATE OR REPLACE VIEW totals_unassigned_all AS
SELECT region, campaign, sum(people)::bigint AS people FROM people_cells WHERE reason IS NOT NULL GROUP BY 1, 2 HAVING sum(people) > 0;

-- Why people without a dose have no visit (first dose), and people with one (next dose); adds up to `open` with reason NULL:
-- not yet in a plan. Open to all.
CREATE VIEW totals_reasons AS
SELECT region, campaign, state, reason, sum(people)::bigint AS people FROM people_cells
WHERE registered AND (state = 'open' OR state = 'given' AND reason IS NOT NULL) GROUP BY 1, 2, 3, 4 HAVING sum(people) > 0;

-- Below: only for those who answer for the region. By municipality; the largest one takes what is left of a total.
CREATE OR REPLACE VIEW totals_area AS
WITH wanted AS (
  SELECT region, campaign, state, sum(people) AS n FROM people_cells
  WHERE registered AND region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2, 3),
sizes AS (
  SELECT p.region, p.campaign, coalesce(l.registered ->> 'municipality', '') AS area, count(*) AS n,
         count(*) FILTER (WHERE doses > 0) AS given, count(*) FILTER (WHERE doses = 0 AND planned) AS planned,
         count(*) FILTER (WHERE doses = 0 AND NOT planned) AS open
  FROM people_now p LEFT JOIN locations l ON l.region = p.region AND l.location = p.location
  WHERE p.registered AND p.region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2, 3),
cells AS (
  SELECT s.region, s.campaign, s.area, s.n AS size, what.state, in_fives(what.n, r.salt, s.region, s.campaign::text, s.area, what.state) AS n
  FROM sizes s, rounding r, LATERAL (VALUES ('given', s.given), ('planned', s.planned), ('open', s.open)) AS what (state, n)),
fitted AS (
  SELECT c.region, c.campaign, c.area, c.state,
         made_to_fit(c.n, coalesce(w.n, 0) - sum(c.n) OVER (PARTITION BY c.region, c.campaign, c.state),
                     sum(c.n) OVER (PARTITION BY c.region, c.campaign, c.state ORDER BY c.size DESC, c.area
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS n
  FROM cells c LEFT JOIN wanted w USING (region, campaign, state))
SELECT region, campaign, area, state AS what, n FROM fitted
UNION ALL
SELECT region, campaign, area, 'registered', sum(n)::bigint FROM fitted GROUP BY 1, 2, 3;

-- Doses given per day add up to those of people_cells, less what was given elsewhere; the newest day takes what is left.
CREATE OR REPLACE VIEW totals_days AS
WITH days AS (
  SELECT region, campaign, (at AT TIME ZONE 'Europe/Amsterdam')::date AS on_day, count(*) AS n, max(at) AS newest_at
  FROM dose_statements WHERE outcome = 'given' AND NOT is_repeat AND region = me('region') AND me('role') IN ('planner', 'crisis')
  GROUP BY 1, 2, 3),
known AS (
  SELECT region, campaign, sum(doses) AS n FROM people_now
  WHERE region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2),
shown AS (
  SELECT region, campaign, sum(people + twice + more) FILTER (WHERE state = 'given') AS n FROM people_cells
  WHERE region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2),
elsewhere AS (
  SELECT region, campaign, in_fives(greatest(0, k.n - (SELECT sum(d.n) FROM days d WHERE (d.region, d.campaign) = (k.region, k.campaign)))::bigint,
                                    r.salt, region, campaign::text, 'elsewhere') AS n
  FROM known k, rounding r),
cells AS (
  SELECT d.region, d.campaign, d.on_day, d.newest_at, in_fives(d.n, r.salt, d.region, d.campaign::text, 'given', d.on_day::text) AS n
  FROM days d, rounding r)
SELECT c.region, c.campaign, c.on_day,
       made_to_fit(c.n, greatest(0, coalesce(s.n, 0) - coalesce(e.n, 0)) - sum(c.n) OVER (PARTITION BY c.region, c.campaign),
                   sum(c.n) OVER (PARTITION BY c.region, c.campaign ORDER BY c.on_day DESC
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS doses, c.newest_at
FROM cells c LEFT JOIN shown s USING (region, campaign) LEFT JOIN elsewhere e USING (region, campaign);

-- What the plan of a day promised, in rows beside the plan's record: doses by day and campaign.
CREATE TABLE plan_days (
  hash text NOT NULL, region text NOT NULL, campaign uuid NOT NULL, on_day date NOT NULL, doses int NOT NULL,
  PRIMARY KEY (hash, region, campaign, on_day));
ALTER TABLE plan_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan_days FORCE ROW LEVEL SECURITY;
CREATE POLICY accepts ON plan_days TO acceptor USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON plan_days TO acceptor;
CREATE POLICY counts ON plan_days FOR SELECT TO counter USING (true);
GRANT SELECT ON plan_days TO counter;

-- What is planned per day now, and what the first plan of that day promised: the one in force when the day began, else the
-- first that was published on it. No fewer than the people who have a visit; the last day takes what is missing.
CREATE OR REPLACE VIEW totals_planned_days AS
WITH days AS (
  SELECT v.region, v.campaign, (lower(v.slot) AT TIME ZONE 'Europe/Amsterdam')::date AS on_day, count(DISTINCT v.visit) AS visits,
         count(a.person) AS doses, count(DISTINCT v.team) AS teams,
         count(DISTINCT v.team) FILTER (WHERE v.started_seq > 0 OR v.completed_seq > 0) AS teams_heard
  FROM visits v LEFT JOIN appointments a ON a.region = v.region AND a.visit = v.visit AND a.live
  WHERE v.live AND v.campaign IS NOT NULL AND v.region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2, 3),
booked AS (
  SELECT region, campaign, sum(people) AS n FROM people_cells
  WHERE planned AND region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2),
first_plans AS (
  SELECT DISTINCT ON (p.region, d.on_day) p.region, d.on_day, p.hash, p.published_at
  FROM plans p, (SELECT DISTINCT on_day FROM days) AS d
  WHERE p.published_seq > 0 AND p.region = me('region') AND (p.published_at AT TIME ZONE 'Europe/Amsterdam')::date <= d.on_day
  ORDER BY p.region, d.on_day, (p.published_at AT TIME ZONE 'Europe/Amsterdam')::date < d.on_day DESC,
           CASE WHEN (p.published_at AT TIME ZONE 'Europe/Amsterdam')::date < d.on_day THEN -p.published_seq ELSE p.published_seq END),
cells AS (
  SELECT d.*, in_fives(d.doses, r.salt, d.region, d.campaign::text, 'planned', d.on_day::text) AS n,
         in_fives(coalesce(p.doses, CASE WHEN EXISTS (SELECT FROM plan_days o WHERE o.hash = f.hash AND o.region = d.region) THEN 0 END),
                  r.salt, d.region, d.campaign::text, 'planned', d.on_day::text) AS promised
  FROM days d CROSS JOIN rounding r LEFT JOIN first_plans f ON f.region = d.region AND f.on_day = d.on_day
  LEFT JOIN plan_days p ON p.hash = f.hash AND p.region = d.region AND p.campaign = d.campaign AND p.on_day = d.on_day),
fitted AS (
  SELECT c.*, made_to_fit(c.n, greatest(0, coalesce(b.n, 0) - sum(c.n) OVER (PARTITION BY c.region, c.campaign)),
                sum(c.n) OVER (PARTITION BY c.region, c.campaign ORDER BY c.on_day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS shown
  FROM cells c LEFT JOIN booked b USING (region, campaign))
SELECT region, campaign, on_day, least(visits, shown) AS visits, shown AS doses, teams, teams_heard, promised FROM fitted;

-- The teams of a day and when each was last heard of: visits, doses and delays have moments. Nobody's personal data.
CREATE VIEW team_days AS
SELECT v.region, v.campaign, (lower(v.slot) AT TIME ZONE 'Europe/Amsterdam')::date AS on_day, v.team, min(lower(v.slot)) AS first_at,
       bool_and(v.completed_seq > 0) AS is_done, max(upper(v.slot)) AS last_at,
       greatest(max(v.started_at), max(v.completed_at),
                (SELECT max(d.at) FROM doses d WHERE d.region = v.region AND d.team = v.team
                   AND (d.at AT TIME ZONE 'Europe/Amsterdam')::date = (min(lower(v.slot)) AT TIME ZONE 'Europe/Amsterdam')::date),
                (SELECT max(d.noted_at) FROM delays d WHERE d.region = v.region AND d.team = v.team
                   AND (d.noted_at AT TIME ZONE 'Europe/Amsterdam')::date = (min(lower(v.slot)) AT TIME ZONE 'Europe/Amsterdam')::date)) AS heard_at
FROM visits v
WHERE v.live AND v.campaign IS NOT NULL AND v.region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2, 3, 4;

-- Plans, as 0005; what counts people is for the planner of the region alone, since a plan is another moment of the same people.
CREATE OR REPLACE VIEW totals_plans AS
WITH published AS (
  SELECT DISTINCT ON (region) * FROM plans WHERE published_seq > 0 ORDER BY region, published_seq DESC),
waiting AS (
  SELECT DISTINCT ON (p.region) p.* FROM plans p
  WHERE p.proposed_seq > 0 AND p.published_seq = 0 AND p.rejected_seq = 0 AND NOT p.stale
    AND p.proposed_seq > coalesce((SELECT n.proposed_seq FROM published n WHERE n.region = p.region), 0)
  ORDER BY p.region, p.proposed_seq DESC),
both_kinds AS (SELECT 'published' AS state, * FROM published UNION ALL SELECT 'waiting', * FROM waiting),
number AS (SELECT region, plan, rank() OVER (PARTITION BY region ORDER BY proposed_seq) AS n FROM plans WHERE proposed_seq > 0)
SELECT b.state, b.region, b.plan, number.n AS number, b.region_seq, b.national_seq, b.horizon_start, b.seconds, b.hash,
       b.proposed_at, b.published_at,
       CASE WHEN b.region = me('region') AND me('role') = 'planner' THEN b.counts - 'unserved_reasons'
            ELSE b.counts - '{unserved_reasons,people_served,people_unserved,late_next_doses,other_team,days_off,visits,locations,moved_stops}'::text[]
       END AS counts
FROM both_kinds b LEFT JOIN number USING (region, plan);

-- Doses in stock go down by one for each person who got one: who is not the planner of the region sees fives, lot by lot.
CREATE VIEW lots_in_fives AS
SELECT s.region, s.depot, s.product, s.lot, sum(s.doses)::int AS doses, max(s.on_day) AS newest_on,
       in_fives(sum(s.doses)::bigint, r.salt, s.region, s.depot::text, s.product, s.lot) AS fives
FROM stock_now s, rounding r GROUP BY s.region, s.depot, s.product, s.lot, r.salt;

CREATE OR REPLACE VIEW lots_shown AS
SELECT s.region, s.depot, s.product, s.lot, (CASE WHEN me('role') = 'planner' THEN s.doses ELSE s.fives END)::int AS doses, s.newest_on,
       (SELECT max(r.use_by) FROM received_now r WHERE r.region = s.region AND r.product = s.product AND r.lot = s.lot) AS use_by
FROM lots_in_fives s WHERE answers_for(s.region);

-- What was counted, and what the books said then: with the offset of the lot, so that a number is never rounded in two ways.
CREATE OR REPLACE VIEW counts_shown AS
SELECT c.region, c.seq, c.depot, c.product, c.lot, c.at,
       CASE WHEN me('role') = 'planner' THEN c.counted ELSE in_fives(c.counted, r.salt, c.region, c.depot::text, c.product, c.lot)::int END
         AS counted,
       CASE WHEN me('role') = 'planner' THEN c.booked ELSE in_fives(c.booked, r.salt, c.region, c.depot::text, c.product, c.lot)::int END
         AS booked,
       c.counted_by, c.source, c.id, c.settled, l.actor, l.actor_org
FROM counts_now c JOIN ledger l ON l.region = c.region AND l.seq = c.seq CROSS JOIN rounding r WHERE answers_for(c.region);

CREATE OR REPLACE VIEW quarantined_lots AS
SELECT l.region, s.depot, l.product, l.lot, nullif(l.quarantined_moment, '-infinity') AS since, coalesce(s.fives, 0)::bigint AS doses
FROM lots l LEFT JOIN lots_in_fives s ON s.region = l.region AND s.product = l.product AND s.lot = l.lot AND s.doses <> 0
WHERE NOT l.usable;

CREATE OR REPLACE VIEW totals_stock AS
SELECT m.region, m.product, sum(m.fives)::bigint AS doses,
       coalesce(sum(m.fives) FILTER (WHERE coalesce(l.usable, true)), 0)::bigint AS usable, max(m.newest_on) AS newest_on,
       coalesce(sum(m.fives) FILTER (WHERE NOT l.usable), 0)::bigint AS quarantined
FROM lots_in_fives m LEFT JOIN lots l ON l.region = m.region AND l.product = m.product AND l.lot = m.lot
GROUP BY m.region, m.product;

-- What leaves as progress: for every campaign of a region, whether or not it has people, for its being there would tell.
CREATE OR REPLACE VIEW courier_progress AS
SELECT region, campaign, coalesce(sum(n.people) FILTER (WHERE n.registered), 0)::bigint AS registered,
       coalesce(sum(n.people) FILTER (WHERE n.registered AND n.consent = 'given'), 0)::bigint AS plannable,
       coalesce(sum(n.people) FILTER (WHERE n.planned), 0)::bigint AS planned,
       coalesce(sum(n.people) FILTER (WHERE n.state = 'given'), 0)::bigint AS dose_1_given,
       coalesce(sum(n.twice), 0)::bigint AS dose_2_given,
       coalesce(sum(n.people) FILTER (WHERE n.registered AND n.consent = 'refused'), 0)::bigint AS refused,
       (SELECT coalesce(-sum(m.doses), 0)::bigint FROM stock_now m, campaigns c
        WHERE m.region = k.region AND m.kind = 'wasted' AND c.campaign = k.campaign AND c.facts -> 'products' ? m.product) AS wasted
FROM (SELECT s.region, c.campaign, true AS is_known FROM region_seq s JOIN campaigns c ON c.region IN (s.region, 'NL') AND c.facts IS NOT NULL
      WHERE s.region <> 'NL') AS k
FULL JOIN people_cells n USING (region, campaign)
GROUP BY region, campaign, k.region, k.campaign HAVING bool_or(k.is_known) OR sum(n.people) > 0;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{answers_settled,lots_in_fives,people_cells,totals_reasons,team_days}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
  END LOOP;
  FOREACH v IN ARRAY '{people_cells,totals_reasons,team_days}'::text[] LOOP
    EXECUTE format('GRANT SELECT ON %I TO reader', v);
  END LOOP;
END $$;
