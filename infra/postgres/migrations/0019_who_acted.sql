-- With a stop (docs/decisions/0019-a-stop-when-the-fold-changes.md).
-- Certificates may be for some products only; NULL: for every product.
ALTER TABLE certificates ADD COLUMN products text[];

-- Who made a fact, and for which organisation: NULL where no person did, or the system did not say.
ALTER TABLE ledger ADD COLUMN actor text, ADD COLUMN actor_org uuid;

-- Other systems read the organisation, never the subject.
CREATE OR REPLACE VIEW outward_ledger AS
SELECT region, seq, source, id, type, coalesce(time, accepted_at) AS time, body, actor_org FROM ledger
WHERE type ~ '^(plan|visit|dose|progress)\.' AND region = me('region') AND me('role') = 'planner';

-- What people decided about stops and plans, for the planner of the region: who, for whom, when, why.
CREATE INDEX decided ON ledger (region, seq) WHERE type IN (
  'stop.pinned.v1', 'stop.released.v1', 'stop.moved.v1', 'stop.cancelled.v1', 'plan.approved.v1', 'plan.rejected.v1',
  'decision.recorded.v1');
CREATE VIEW decisions_made AS
SELECT region, seq, type, accepted_at AS at, actor, actor_org, (body ->> 'visit_id')::uuid AS visit, (body ->> 'plan_id')::uuid AS plan,
       body ->> 'decision' AS decision, body ->> 'reason' AS reason
FROM ledger
WHERE type IN ('stop.pinned.v1', 'stop.released.v1', 'stop.moved.v1', 'stop.cancelled.v1', 'plan.approved.v1', 'plan.rejected.v1',
  'decision.recorded.v1') AND region = me('region') AND me('role') = 'planner'
  AND body ->> 'person_id' IS NULL;  -- what a clinician decides about one person is read by the practice
ALTER VIEW decisions_made OWNER TO counter;
GRANT SELECT ON decisions_made TO reader;
