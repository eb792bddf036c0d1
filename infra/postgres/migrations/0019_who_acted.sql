-- With a stop (docs/decisions/0019-a-stop-when-the-fold-changes.md).
-- Certificates may be for some products only; NULL: for every product.
ALTER TABLE certificates ADD COLUMN products text[];

-- Who made a fact, and for which organisation: NULL where no person did, or the system did not say.
ALTER TABLE ledger ADD COLUMN actor text, ADD COLUMN actor_org uuid;

-- Other systems read the organisation, never the subject.
CREATE OR REPLACE VIEW outward_ledger AS
SELECT region, seq, source, id, type, coalesce(time, accepted_at) AS time, body, actor_org FROM ledger
WHERE type ~ '^(plan|visit|dose|waste|progress)\.' AND region = me('region') AND me('role') = 'planner';

-- What people decided about stops and plans, for the planner of the region: who, for whom, when, why.
CREATE INDEX decided ON ledger (region, seq) WHERE type IN (
  'stop.pinned.v1', 'stop.released.v1', 'stop.moved.v1', 'stop.cancelled.v1', 'plan.approved.v1', 'plan.rejected.v1',
  'decision.recorded.v1', 'stock.adjusted.v1');
CREATE VIEW decisions_made AS
SELECT region, seq, type, accepted_at AS at, actor, actor_org, (body ->> 'visit_id')::uuid AS visit, (body ->> 'plan_id')::uuid AS plan,
       body ->> 'decision' AS decision, body ->> 'reason' AS reason
FROM ledger
WHERE type IN ('stop.pinned.v1', 'stop.released.v1', 'stop.moved.v1', 'stop.cancelled.v1', 'plan.approved.v1', 'plan.rejected.v1',
  'decision.recorded.v1', 'stock.adjusted.v1') AND region = me('region') AND me('role') = 'planner'
  AND body ->> 'person_id' IS NULL;  -- what a clinician decides about one person is read by the practice
ALTER VIEW decisions_made OWNER TO counter;
GRANT SELECT ON decisions_made TO reader;

-- Who counted, and who corrected a report of waste or a container.
CREATE OR REPLACE VIEW counts_shown AS
SELECT c.*, l.actor, l.actor_org FROM counts_now c JOIN ledger l ON l.region = c.region AND l.seq = c.seq WHERE answers_for(c.region);
CREATE VIEW corrections_made AS
SELECT c.*, l.actor, l.actor_org FROM corrections_shown c JOIN ledger l ON l.region = c.region AND l.seq = c.seq;
ALTER VIEW corrections_made OWNER TO counter;
GRANT SELECT ON corrections_made TO reader;

-- When a visit that has still to begin is expected, while its team is late: the last delay noted on its day, after the
-- visit was assigned. The published time stays what it is. A practice reads those of its own patients.
CREATE VIEW expected_starts AS
SELECT v.region, v.visit, v.team, lower(v.slot) AS planned_at, lower(v.slot) + make_interval(mins => d.minutes) AS expected_at,
       d.minutes, d.noted_at
FROM visits v CROSS JOIN LATERAL (
  SELECT x.region, x.seq, x.minutes, x.noted_at FROM delays x
  WHERE x.team = v.team AND (x.noted_at AT TIME ZONE 'Europe/Amsterdam')::date = (lower(v.slot) AT TIME ZONE 'Europe/Amsterdam')::date
    AND (x.region = v.region OR EXISTS (
      SELECT FROM loans l WHERE l.region = x.region AND l.team = x.team AND l.to_region = v.region
        AND l.valid @> (lower(v.slot) AT TIME ZONE 'Europe/Amsterdam')::date))
  ORDER BY x.noted_at DESC, x.seq DESC LIMIT 1) AS d
WHERE v.live AND v.started_seq = 0 AND v.completed_seq = 0 AND d.minutes > 0 AND (d.region <> v.region OR d.seq > v.assigned_seq)
  AND v.region = me('region') AND (me('role') = 'planner' OR me('role') = 'practice' AND EXISTS (
    SELECT FROM appointments a WHERE a.visit = v.visit AND a.live AND is_own_patient(a.person)));

-- Adverse events that no clinician has looked at since; nobody is named. Life-threatening ones are for the crisis team too.
CREATE VIEW reactions_open AS
SELECT e.region, e.seq, e.severity, e.location, e.product, e.lot, e.began_at
FROM adverse_events e
WHERE NOT EXISTS (
    SELECT FROM assessments a WHERE a.person = e.person AND a.campaign = e.campaign AND (a.moment, a.recorded_at) > (e.moment, e.reported_at))
  AND e.region = me('region') AND (me('role') = 'planner' OR me('role') = 'crisis' AND e.severity = 'life_threatening');

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{expected_starts,reactions_open}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
    EXECUTE format('GRANT SELECT ON %I TO reader', v);
  END LOOP;
END $$;
