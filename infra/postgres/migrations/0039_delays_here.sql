-- What teams said last of their own lateness on each day, also in the region that lent them. When stops are expected follows
-- from it and from what was registered since (scheduling.under_way): a view could not know the roads. `expected_starts`
-- stays for processes of the version before.
CREATE VIEW delays_here AS
SELECT DISTINCT ON (x.team, (x.noted_at AT TIME ZONE 'Europe/Amsterdam')::date)
       x.team, (x.noted_at AT TIME ZONE 'Europe/Amsterdam')::date AS day, x.minutes, x.noted_at,
       CASE WHEN x.region = me('region') THEN x.seq END AS seq
FROM delays x
WHERE me('role') = 'planner' AND (x.region = me('region') OR EXISTS (
  SELECT FROM loans l WHERE l.region = x.region AND l.team = x.team AND l.to_region = me('region')
    AND l.valid @> (x.noted_at AT TIME ZONE 'Europe/Amsterdam')::date))
ORDER BY x.team, (x.noted_at AT TIME ZONE 'Europe/Amsterdam')::date, x.noted_at DESC, x.seq DESC;
ALTER VIEW delays_here OWNER TO counter;
GRANT SELECT ON delays_here TO reader;

-- Why a team cannot work, as it says; of earlier reports that is not known.
ALTER TABLE absences ADD COLUMN reason text;
