-- What planners agreed about plans on a page: the decision that went with a change of the policy, right behind it.
CREATE VIEW agreements_decided AS
SELECT d.region, d.seq, d.accepted_at AS at, d.actor, d.actor_org, d.body ->> 'decision' AS decision, d.body ->> 'reason' AS reason
FROM ledger d JOIN ledger p ON p.region = d.region AND p.seq = d.seq - 1 AND p.type = 'policy.changed.v1'
WHERE d.type = 'decision.recorded.v1' AND d.region = me('region') AND me('role') = 'planner';
ALTER VIEW agreements_decided OWNER TO counter;
GRANT SELECT ON agreements_decided TO reader;
