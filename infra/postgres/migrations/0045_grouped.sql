-- Who is visited together because a planner said so: the newest word on each visit; without people it was taken into another.
CREATE TABLE groupings (
  region text, visit uuid, facts jsonb, grouped_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (region, visit));
CREATE VIEW groupings_made AS
SELECT g.region, g.visit, g.grouped_seq AS seq, l.type, l.accepted_at AS at, l.actor, l.actor_org, l.body ->> 'reason' AS reason
FROM groupings g JOIN ledger l ON l.region = g.region AND l.seq = g.grouped_seq
WHERE g.region = me('region') AND me('role') = 'planner';
ALTER VIEW groupings_made OWNER TO counter;
-- Of a pin that cannot hold: the pins of other visits with which it cannot hold together. And who placed each pin.
ALTER TABLE plan_findings ADD COLUMN beside uuid[] NOT NULL DEFAULT '{}';
CREATE VIEW pins_placed AS
SELECT p.region, p.visit, l.accepted_at AS at, l.actor,
       CASE WHEN p.moved_seq > p.pinned_seq THEN 'moved' ELSE p.pin_kind END AS kind
FROM pins p JOIN ledger l ON l.region = p.region AND l.seq = greatest(p.pinned_seq, p.moved_seq)
WHERE p.holds AND p.region = me('region') AND me('role') = 'planner';
ALTER VIEW pins_placed OWNER TO counter;

DO $$
BEGIN
  ALTER TABLE groupings ENABLE ROW LEVEL SECURITY;
  ALTER TABLE groupings FORCE ROW LEVEL SECURITY;
  CREATE POLICY accepts ON groupings TO acceptor USING (true) WITH CHECK (true);
  GRANT SELECT, INSERT, UPDATE ON groupings TO acceptor;
  CREATE POLICY plans ON groupings FOR SELECT TO planner USING (true);
  CREATE POLICY counts ON groupings FOR SELECT TO counter USING (true);
  GRANT SELECT ON groupings TO planner, counter, reader;
  CREATE POLICY reads_planner ON groupings FOR SELECT TO reader USING (
    (SELECT me('role')) = 'planner' AND region = (SELECT me('region')));
  GRANT SELECT ON groupings_made, pins_placed TO reader;
END $$;
