-- A day keeps what its first plan promised, also when every visit of it was taken off since: it had no row without a live
-- visit, and was shown as a day of which nothing was promised. A first plan without any visit promised nothing, and says so.
-- As 0029 otherwise: in fives with the same offsets, and what is planned now is made to fit among days with visits only.
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
published AS (
  SELECT p.region, p.hash, p.published_seq, (p.published_at AT TIME ZONE 'Europe/Amsterdam')::date AS since,
         EXISTS (SELECT FROM plan_days o WHERE o.hash = p.hash AND o.region = p.region) OR p.counts ->> 'people_served' = '0' AS is_kept
  FROM plans p WHERE p.published_seq > 0 AND p.region = me('region') AND me('role') IN ('planner', 'crisis')),
all_days AS (
  SELECT on_day FROM days UNION SELECT d.on_day FROM plan_days d JOIN published p ON p.hash = d.hash AND p.region = d.region),
first_plans AS (
  SELECT DISTINCT ON (p.region, d.on_day) p.region, d.on_day, p.hash, p.is_kept
  FROM published p, all_days d WHERE p.since <= d.on_day
  ORDER BY p.region, d.on_day, p.since < d.on_day DESC, CASE WHEN p.since < d.on_day THEN -p.published_seq ELSE p.published_seq END),
promises AS (
  SELECT p.region, p.campaign, p.on_day, p.doses
  FROM first_plans f JOIN plan_days p ON p.hash = f.hash AND p.region = f.region AND p.on_day = f.on_day),
cells AS (
  SELECT d.*, in_fives(d.doses, r.salt, d.region, d.campaign::text, 'planned', d.on_day::text) AS n FROM days d, rounding r),
fitted AS (
  SELECT c.*, made_to_fit(c.n, greatest(0, coalesce(b.n, 0) - sum(c.n) OVER (PARTITION BY c.region, c.campaign)),
                sum(c.n) OVER (PARTITION BY c.region, c.campaign ORDER BY c.on_day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS shown
  FROM cells c LEFT JOIN booked b USING (region, campaign))
SELECT region, campaign, on_day, least(coalesce(c.visits, 0), coalesce(c.shown, 0)) AS visits, coalesce(c.shown, 0) AS doses,
       coalesce(c.teams, 0) AS teams, coalesce(c.teams_heard, 0) AS teams_heard,
       in_fives(coalesce(p.doses, CASE WHEN f.is_kept THEN 0 END), r.salt, region, campaign::text, 'planned', on_day::text) AS promised
FROM fitted c FULL JOIN promises p USING (region, campaign, on_day) LEFT JOIN first_plans f USING (region, on_day) CROSS JOIN rounding r;
