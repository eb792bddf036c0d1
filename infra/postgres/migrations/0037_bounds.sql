-- How many people more a plan could at most serve is told exactly to the planner of the region only; to all others in tens, rounded up.
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
            ELSE b.counts - '{unserved_reasons,people_served,people_unserved,late_next_doses,other_team,days_off,visits,locations,moved_stops,offer_people_more,offer_calls,bound_people_more,bound_weight_more}'::text[]
       END AS counts
FROM both_kinds b LEFT JOIN number USING (region, plan);
