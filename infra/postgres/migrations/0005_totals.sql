-- Totals for the open status and for the crisis team. They belong to `counter`, who sees every state table and
-- cannot sign in: a reader of these views gets numbers, never rows of people. Cells of 1 to 4 people are NULL;
-- where one cell of a breakdown with a shown total is hidden, the smallest other cell is hidden with it.
CREATE FUNCTION is_small(n bigint) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN n BETWEEN 1 AND 4;

CREATE FUNCTION shown(n bigint, hide boolean) RETURNS bigint IMMUTABLE LANGUAGE sql
  RETURN CASE WHEN hide OR n BETWEEN 1 AND 4 THEN NULL ELSE n END;

-- One row per person and campaign: for the views below only, nobody else may read it.
CREATE VIEW people_now AS
WITH registered AS (
  SELECT region, campaign, person, (array_agg(at_location ORDER BY registered_seq DESC))[1] AS location,
         max(registered_at) AS registered_at
  FROM registrations WHERE live GROUP BY region, campaign, person),
answered AS (
  SELECT DISTINCT ON (region, person, campaign) region, person, campaign, status, recorded_at
  FROM consents WHERE subject = 'treatment' ORDER BY region, person, campaign, seq DESC),
given AS (
  SELECT region, person, campaign, count(DISTINCT dose_no) AS doses, max(at) AS at
  FROM doses WHERE outcome <> 'not_given' GROUP BY region, person, campaign),
booked AS (
  SELECT DISTINCT a.region, a.person, a.campaign FROM appointments a
  WHERE a.live AND NOT EXISTS (
    SELECT FROM doses d WHERE d.region = a.region AND d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no
      AND d.outcome <> 'not_given'))
SELECT r.region, r.campaign, r.person, r.location, r.registered_at, coalesce(c.status, 'unknown') = 'given' AS consented,
       b.person IS NOT NULL AS planned, coalesce(g.doses, 0) AS doses, greatest(r.registered_at, c.recorded_at, g.at) AS newest_at
FROM registered r
LEFT JOIN answered c USING (region, person, campaign)
LEFT JOIN given g USING (region, person, campaign)
LEFT JOIN booked b USING (region, person, campaign);

-- Per region and campaign. Open to all.
CREATE VIEW totals_people AS
SELECT region, campaign,
       (SELECT c.facts ->> 'name' FROM campaigns c WHERE c.campaign = n.campaign AND c.facts IS NOT NULL ORDER BY c.region LIMIT 1)
         AS name,
       shown(count(*), false) AS registered, shown(count(*) FILTER (WHERE consented), false) AS consented,
       shown(count(*) FILTER (WHERE planned), false) AS planned, shown(count(*) FILTER (WHERE doses > 0), false) AS given,
       shown(sum(doses)::bigint, false) AS doses_given, shown(count(*) FILTER (WHERE doses > 1), false) AS given_twice,
       max(newest_at) AS newest_at
FROM people_now n GROUP BY region, campaign;

-- The plan that people go by, and the newest one that waits for a decision. Open to all.
CREATE VIEW totals_plans AS
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
       (b.counts - 'unserved_reasons') || jsonb_build_object(
         'people_served', shown((b.counts ->> 'people_served')::bigint, false),
         'people_unserved', shown((b.counts ->> 'people_unserved')::bigint, false)) AS counts
FROM both_kinds b LEFT JOIN number USING (region, plan);

-- Doses that the published plan leaves out, by the strongest reason. Open to all.
CREATE VIEW totals_unassigned AS
WITH cells AS (
  SELECT u.region, u.campaign, u.reasons[1] AS reason, count(DISTINCT u.person) AS n,
         count(DISTINCT u.visit) FILTER (WHERE u.person IS NULL) AS visits
  FROM plan_unassigned u JOIN totals_plans t ON t.state = 'published' AND t.region = u.region AND t.hash = u.hash
  GROUP BY u.region, u.campaign, u.reasons[1]),
marked AS (
  SELECT *, count(*) FILTER (WHERE is_small(n)) OVER g AS hidden,
         row_number() OVER (PARTITION BY region, campaign ORDER BY is_small(n), n = 0, n, reason) AS place
  FROM cells WINDOW g AS (PARTITION BY region, campaign))
SELECT region, campaign, reason, shown(n, hidden = 1 AND place = 1) AS people, visits FROM marked;

CREATE VIEW totals_unassigned_all AS
SELECT u.region, u.campaign, shown(count(DISTINCT u.person), false) AS people
FROM plan_unassigned u JOIN totals_plans t ON t.state = 'published' AND t.region = u.region AND t.hash = u.hash
GROUP BY u.region, u.campaign;

-- Stock is nobody's personal data. Open to all per product.
CREATE VIEW totals_stock AS
SELECT m.region, m.product, sum(m.doses)::bigint AS doses,
       coalesce(sum(m.doses) FILTER (WHERE coalesce(l.usable, true)), 0)::bigint AS usable, max(m.on_day) AS newest_on
FROM stock_movements m LEFT JOIN lots l ON l.region = m.region AND l.product = m.product AND l.lot = m.lot
GROUP BY m.region, m.product;

-- Below: only for those who answer for the region.
CREATE VIEW totals_area AS
WITH cells AS (
  SELECT p.region, p.campaign, coalesce(l.registered ->> 'municipality', '') AS area, what.name AS what, sum(what.n)::bigint AS n
  FROM people_now p LEFT JOIN locations l ON l.region = p.region AND l.location = p.location,
  LATERAL (VALUES ('registered', 1), ('consented', p.consented::int), ('planned', p.planned::int),
                  ('given', (p.doses > 0)::int)) AS what (name, n)
  WHERE p.region = me('region') AND me('role') IN ('planner', 'crisis')
  GROUP BY p.region, p.campaign, coalesce(l.registered ->> 'municipality', ''), what.name),
marked AS (
  SELECT *, count(*) FILTER (WHERE is_small(n)) OVER (PARTITION BY region, campaign, what) AS hidden,
         row_number() OVER (PARTITION BY region, campaign, what ORDER BY is_small(n), n = 0, n, area) AS place
  FROM cells)
SELECT region, campaign, area, what, shown(n, hidden = 1 AND place = 1) AS n FROM marked;

CREATE VIEW totals_days AS
WITH cells AS (
  SELECT region, campaign, (at AT TIME ZONE 'Europe/Amsterdam')::date AS on_day, count(*) AS n, max(at) AS newest_at
  FROM doses WHERE outcome = 'given' AND region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2, 3),
marked AS (
  SELECT *, count(*) FILTER (WHERE is_small(n)) OVER (PARTITION BY region, campaign) AS hidden,
         row_number() OVER (PARTITION BY region, campaign ORDER BY is_small(n), n, on_day) AS place
  FROM cells)
SELECT region, campaign, on_day, shown(n, hidden = 1 AND place = 1) AS doses, newest_at FROM marked;

-- What is planned per day, and which teams of that day have said anything.
CREATE VIEW totals_planned_days AS
SELECT v.region, v.campaign, (lower(v.slot) AT TIME ZONE 'Europe/Amsterdam')::date AS on_day, count(DISTINCT v.visit) AS visits,
       shown(count(a.person), false) AS doses, count(DISTINCT v.team) AS teams,
       count(DISTINCT v.team) FILTER (WHERE v.started_seq > 0 OR v.completed_seq > 0) AS teams_heard
FROM visits v LEFT JOIN appointments a ON a.region = v.region AND a.visit = v.visit AND a.live
WHERE v.live AND v.region = me('region') AND me('role') IN ('planner', 'crisis') GROUP BY 1, 2, 3;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{people_now,totals_people,totals_plans,totals_unassigned,totals_unassigned_all,totals_stock,totals_area,totals_days,totals_planned_days}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
  END LOOP;
  FOREACH v IN ARRAY '{totals_people,totals_plans,totals_unassigned,totals_unassigned_all,totals_stock,totals_area,totals_days,totals_planned_days}'::text[] LOOP
    EXECUTE format('GRANT SELECT ON %I TO reader', v);
  END LOOP;
END $$;
