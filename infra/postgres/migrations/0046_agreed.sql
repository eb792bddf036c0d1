-- What planners agreed about plans on a page: the decision that went with a change of the policy, right behind it.
CREATE VIEW agreements_decided AS
SELECT d.region, d.seq, d.accepted_at AS at, d.actor, d.actor_org, d.body ->> 'decision' AS decision, d.body ->> 'reason' AS reason
FROM ledger d JOIN ledger p ON p.region = d.region AND p.seq = d.seq - 1 AND p.type = 'policy.changed.v1'
WHERE d.type = 'decision.recorded.v1' AND d.region = me('region') AND me('role') = 'planner';
ALTER VIEW agreements_decided OWNER TO counter;
GRANT SELECT ON agreements_decided TO reader;
-- The line of the ledger too: by it a planner says what was looked at.
CREATE OR REPLACE VIEW agreements_made AS
SELECT p.region, NULL::uuid AS campaign, p.policy AS facts, l.accepted_at AS at, l.actor, l.actor_org, l.seq
FROM policies p JOIN ledger l ON l.region = p.region AND l.seq = p.changed_seq
WHERE p.region = me('region') AND me('role') = 'planner'
UNION ALL
SELECT c.region, c.campaign, c.facts, l.accepted_at, l.actor, l.actor_org, l.seq
FROM campaigns c JOIN ledger l ON l.region = c.region
  AND l.seq = CASE WHEN (c.changed_moment, c.changed_seq) > (c.opened_moment, c.opened_seq) THEN c.changed_seq ELSE c.opened_seq END
WHERE c.region IN (me('region'), 'NL') AND c.facts IS NOT NULL AND me('role') = 'planner';
