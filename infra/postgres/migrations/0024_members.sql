-- Who is in the crews of a shift, whichever statement holds: for finding the shifts of a member.
CREATE FUNCTION ever_in_crew(opened jsonb, changed jsonb, swapped jsonb) RETURNS jsonb IMMUTABLE LANGUAGE sql
  RETURN coalesce(opened -> 'crew', '[]') || coalesce(changed -> 'crew', '[]') || coalesce(swapped -> 'crew', '[]');
-- Without a list of what waits to be sorted in: each look at the index would read that whole.
CREATE INDEX shifts_of_member ON shifts USING gin (ever_in_crew(opened, changed, swapped) jsonb_path_ops) WITH (fastupdate = off);

CREATE VIEW shift_crews AS
SELECT s.region, s.shift, (s.worked ->> 'team_id')::uuid AS team, (s.worked ->> 'starts_at')::timestamptz AS starts,
       (s.worked ->> 'ends_at')::timestamptz AS ends, (c ->> 'member_id')::uuid AS member
FROM shifts s CROSS JOIN LATERAL jsonb_array_elements(s.worked -> 'crew') AS c WHERE s.live;

-- Each member of a crew in a shift, with the shifts of other crews of the same member.
CREATE VIEW crews_shared AS
SELECT a.*, b.region AS other_region, b.shift AS other_shift, (b.worked ->> 'starts_at')::timestamptz AS other_starts,
       (b.worked ->> 'ends_at')::timestamptz AS other_ends
FROM shift_crews a JOIN shifts b
  ON ever_in_crew(b.opened, b.changed, b.swapped) @> jsonb_build_array(jsonb_build_object('member_id', a.member))
 AND b.live AND b.region <> a.region AND b.shift <> a.shift
 AND b.worked -> 'crew' @> jsonb_build_array(jsonb_build_object('member_id', a.member));

-- Somebody who is in a crew of this region and in one of another that overlaps, or leaves too little rest. Of the other
-- region nothing is told: neither which it is, nor its team, its hours or its places. First who is in any crew elsewhere:
-- nearly nobody is, and then no two shifts are compared.
CREATE VIEW members_doubled AS
WITH own AS MATERIALIZED (SELECT DISTINCT member FROM shift_crews WHERE region = me('region') AND me('role') = 'planner'),
shared AS MATERIALIZED (
  SELECT member FROM own o WHERE EXISTS (
    SELECT FROM shifts b WHERE b.region <> me('region') AND b.live
      AND ever_in_crew(b.opened, b.changed, b.swapped) @> jsonb_build_array(jsonb_build_object('member_id', o.member))))
SELECT a.shift, t.facts ->> 'name' AS team, a.starts, a.ends, a.other_starts < a.ends AND a.other_ends > a.starts AS at_once, a.member
FROM crews_shared a
CROSS JOIN (SELECT coalesce((SELECT (policy ->> 'rest_minutes')::int FROM policies WHERE region = me('region')), 600) * interval '1 minute' AS least) r
LEFT JOIN teams t ON t.region = a.region AND t.team = a.team
WHERE a.member = ANY (ARRAY(SELECT member FROM shared)) AND me('role') = 'planner' AND a.region = me('region') AND a.other_starts < a.ends + r.least AND a.other_ends > a.starts - r.least;

ALTER VIEW shift_crews OWNER TO counter;
ALTER VIEW crews_shared OWNER TO counter;
ALTER VIEW members_doubled OWNER TO counter;
GRANT SELECT ON crews_shared TO acceptor, planner;
GRANT SELECT ON members_doubled TO reader;
