-- Who said last when a location is open, and who closed a shift: shown where a pin or a wish cannot hold because of it.
CREATE VIEW hours_said AS
SELECT o.region, o.location, l.accepted_at AS at, l.actor
FROM locations o JOIN ledger l ON l.region = o.region AND l.seq = o.changed_seq
WHERE o.region = me('region') AND me('role') = 'planner';
ALTER VIEW hours_said OWNER TO counter;

CREATE VIEW shifts_closed AS
SELECT s.region, s.shift, (s.worked ->> 'team_id')::uuid AS team,
       tstzrange((s.worked ->> 'starts_at')::timestamptz, (s.worked ->> 'ends_at')::timestamptz) AS hours,
       l.accepted_at AS at, l.actor
FROM shifts s JOIN ledger l ON l.region = s.region AND l.seq = s.withdrawn_seq
WHERE NOT s.live AND s.worked IS NOT NULL AND s.region = me('region') AND me('role') = 'planner';
ALTER VIEW shifts_closed OWNER TO counter;
GRANT SELECT ON hours_said, shifts_closed TO reader;
