-- A visit that a fact takes off is told together with the plan that answers that fact: since when a destination waits for
-- it, and up to which line it tells at once, so that a crash in between tells the same.
ALTER TABLE destination_positions ADD COLUMN held_since timestamptz, ADD COLUMN tells_upto bigint;

-- What the newest plan of a region knows, when it was proposed, and the freeze time of the region.
CREATE VIEW courier_plans AS
SELECT s.region, s.n AS newest, coalesce(n.region_seq, 0) AS knows, coalesce(n.seq, 0) AS proposed_seq,
       (p.policy ->> 'freeze_minutes')::int AS freeze_minutes
FROM region_seq s LEFT JOIN planned n USING (region) LEFT JOIN policies p USING (region);

-- As courier_given, with the line that said it first: a dose given after a visit was lost is not one that took it off.
CREATE VIEW courier_doses AS
SELECT region, person, campaign, dose_no, min(seq) AS seq FROM dose_records WHERE outcome <> 'not_given'
GROUP BY region, person, campaign, dose_no;

ALTER VIEW courier_plans OWNER TO counter;
ALTER VIEW courier_doses OWNER TO counter;
GRANT SELECT ON courier_plans, courier_doses TO courier;
