-- One more visit that a team on the road or about to leave is asked to make: what was offered, what it said, and whether
-- it is asked no more. The first answer holds, and only a team's own.
CREATE TABLE extra_stops (
  region text, extra_stop uuid, team uuid, offered jsonb, offered_at timestamptz, offered_seq bigint NOT NULL DEFAULT 0,
  answer text, answered_at timestamptz, answered_seq bigint NOT NULL DEFAULT 0,
  why text, withdrawn_at timestamptz, withdrawn_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (region, extra_stop, team));
CREATE INDEX extra_stops_open ON extra_stops (region) WHERE answered_seq = 0 AND withdrawn_seq = 0;

DO $$
BEGIN
  ALTER TABLE extra_stops ENABLE ROW LEVEL SECURITY;
  ALTER TABLE extra_stops FORCE ROW LEVEL SECURITY;
  CREATE POLICY accepts ON extra_stops TO acceptor USING (true) WITH CHECK (true);
  GRANT SELECT, INSERT, UPDATE ON extra_stops TO acceptor;
  CREATE POLICY plans ON extra_stops FOR SELECT TO planner USING (true);
  GRANT SELECT ON extra_stops TO planner, reader;
  CREATE POLICY reads_planner ON extra_stops FOR SELECT TO reader USING (
    (SELECT me('role')) = 'planner' AND region = (SELECT me('region')));
END $$;
