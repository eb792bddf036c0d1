-- What was set aside can be offered again, and a system that sends nothing but bad records is stopped.
-- Columns have defaults: the version before writes and reads this table as it did.
ALTER TABLE quarantine
  ADD COLUMN resolved_at timestamptz,                    -- accepted after all; the row stays as the trace of it
  ADD COLUMN offered_by text,                            -- who asked for it last
  ADD COLUMN digest bytea,                               -- of a record without offset: kept once when its commit was in doubt
  ADD COLUMN sources text[] NOT NULL DEFAULT '{}',       -- of a record without topic: what its sender could say then
  ADD COLUMN regions text[] NOT NULL DEFAULT '{}';

CREATE UNIQUE INDEX set_aside_once_by_digest ON quarantine (digest) WHERE digest IS NOT NULL;
CREATE INDEX set_aside_open ON quarantine (topic, reason, number) INCLUDE (at) WHERE resolved_at IS NULL;

-- Counts are of what is still open.
CREATE OR REPLACE VIEW quarantine_counts AS
  SELECT topic, reason, count(*) AS records, max(at) AS last_at FROM quarantine WHERE resolved_at IS NULL GROUP BY topic, reason;

-- Topics that intake does not read: nearly everything on them was refused. Until somebody resumes them.
CREATE TABLE intake_stops (
  topic text PRIMARY KEY, stopped_at timestamptz NOT NULL, refused int NOT NULL, of_last int NOT NULL,
  resumed_at timestamptz, resumed_by text);
GRANT SELECT, INSERT, UPDATE ON intake_stops TO acceptor;
GRANT SELECT ON intake_stops TO reader;

GRANT SELECT ON systems TO counter;

-- Whose records they are: the planner's when the system speaks for the region, a practice's own when it sent them by HTTPS.
CREATE FUNCTION may_see_set_aside(sources text[], regions text[]) RETURNS boolean STABLE LANGUAGE sql
  RETURN CASE me('role')
    WHEN 'planner' THEN me('region') = ANY (regions)
    WHEN 'practice' THEN 'urn:nld:prikploeg:practice:' || me('organisation') = ANY (sources)
    ELSE false END;

CREATE VIEW set_aside_lines AS
SELECT q.number, q.at, q.topic, q.part, q.off, q.reason, q.fields, q.sender, q.offered_again_at, q.offered_by
FROM quarantine q
WHERE q.resolved_at IS NULL AND CASE WHEN q.topic = 'https' THEN may_see_set_aside(q.sources, q.regions)
  ELSE q.topic IN (SELECT s.topic FROM systems s WHERE may_see_set_aside('{}', s.regions)) END;

CREATE VIEW set_aside_groups AS
SELECT topic, reason, count(*) AS records, min(at) AS first_at, max(at) AS last_at
FROM quarantine q
WHERE q.resolved_at IS NULL AND q.topic IN (SELECT s.topic FROM systems s WHERE may_see_set_aside('{}', s.regions))
GROUP BY topic, reason
UNION ALL
SELECT topic, reason, count(*), min(at), max(at)
FROM quarantine q
WHERE q.resolved_at IS NULL AND q.topic = 'https' AND may_see_set_aside(q.sources, q.regions)
GROUP BY topic, reason;

ALTER VIEW set_aside_lines OWNER TO counter;
ALTER VIEW set_aside_groups OWNER TO counter;
GRANT SELECT ON set_aside_lines, set_aside_groups TO reader;
