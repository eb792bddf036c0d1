-- Travel matrices, each once: what a plan was computed with. A record made before holds its matrix itself.
CREATE TABLE travel_matrices (
  region text NOT NULL, version text NOT NULL, source text NOT NULL, data text NOT NULL, used_at timestamptz NOT NULL,
  places int NOT NULL, guessed int NOT NULL, holes int NOT NULL, matrix bytea NOT NULL, PRIMARY KEY (region, version));
CREATE INDEX travel_matrices_newest ON travel_matrices (region, source, used_at DESC);

ALTER TABLE travel_matrices ENABLE ROW LEVEL SECURITY;
ALTER TABLE travel_matrices FORCE ROW LEVEL SECURITY;
CREATE POLICY accepts ON travel_matrices TO acceptor USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON travel_matrices TO acceptor;
CREATE POLICY plans ON travel_matrices FOR SELECT TO planner USING (true);
GRANT SELECT ON travel_matrices TO planner;

ALTER TABLE plan_records ADD COLUMN travel text;  -- version in travel_matrices of the same region
