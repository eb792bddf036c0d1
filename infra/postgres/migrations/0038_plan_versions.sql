-- What every version of a plan assigns is readable by the planner of its region; what it was computed from is not.
CREATE VIEW plan_assignments AS
SELECT region, hash, from_at, assignments FROM plan_records WHERE me('role') = 'planner' AND region = me('region');
ALTER VIEW plan_assignments OWNER TO counter;
GRANT SELECT ON plan_assignments TO reader;
-- People served by priority; apart from `counts`, which other roles read too.
ALTER TABLE plans ADD COLUMN by_priority jsonb;
ALTER TABLE plans ADD COLUMN base uuid;  -- the published plan that it was made beside; NULL: it did not say
