-- The rules of a region and the priorities of its campaigns as they are now: who said so, for whom, and when.
CREATE VIEW agreements_made AS
SELECT p.region, NULL::uuid AS campaign, p.policy AS facts, l.accepted_at AS at, l.actor, l.actor_org
FROM policies p JOIN ledger l ON l.region = p.region AND l.seq = p.changed_seq
WHERE p.region = me('region') AND me('role') = 'planner'
UNION ALL
SELECT c.region, c.campaign, c.facts, l.accepted_at, l.actor, l.actor_org
FROM campaigns c JOIN ledger l ON l.region = c.region
  AND l.seq = CASE WHEN (c.changed_moment, c.changed_seq) > (c.opened_moment, c.opened_seq) THEN c.changed_seq ELSE c.opened_seq END
WHERE c.region IN (me('region'), 'NL') AND c.facts IS NOT NULL AND me('role') = 'planner';
ALTER VIEW agreements_made OWNER TO counter;
GRANT SELECT ON agreements_made TO reader;
