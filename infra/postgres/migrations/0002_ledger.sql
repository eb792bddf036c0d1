-- What was accepted, in which order, from whom; what was set aside; where every reader of a stream stands.
CREATE TABLE region_seq (region text PRIMARY KEY, n bigint NOT NULL);

CREATE TABLE seen (
  source text NOT NULL, id text NOT NULL, digest bytea NOT NULL, region text NOT NULL, seq bigint NOT NULL,
  PRIMARY KEY (source, id));

CREATE TABLE ledger (
  region text NOT NULL, seq bigint NOT NULL, source text NOT NULL, id text NOT NULL, type text NOT NULL,
  time timestamptz, body jsonb NOT NULL, accepted_at timestamptz NOT NULL,
  PRIMARY KEY (region, seq));

-- The newest fact per region, and for NL, that changes the problem of the planner.
CREATE TABLE problem_changes (region text PRIMARY KEY, seq bigint NOT NULL, at timestamptz NOT NULL);

-- Connected systems: a topic has one sender, the sources and the regions that it may speak for.
CREATE TABLE systems (
  topic text PRIMARY KEY, sender text NOT NULL, sources text[] NOT NULL, regions text[] NOT NULL);

CREATE TABLE kafka_positions (
  topic text NOT NULL, part int NOT NULL, next_offset bigint NOT NULL, PRIMARY KEY (topic, part));

CREATE TABLE relay_positions (
  topic text NOT NULL, region text NOT NULL, seq bigint NOT NULL, PRIMARY KEY (topic, region));

CREATE TABLE quarantine (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL, topic text NOT NULL, part int, off bigint, key bytea, headers jsonb NOT NULL,
  raw bytea, reason text NOT NULL, fields text[] NOT NULL, sender text NOT NULL, offered_again_at timestamptz);

-- A record whose commit was in doubt is offered again: it is set aside once.
CREATE UNIQUE INDEX set_aside_once ON quarantine (topic, part, off) WHERE off IS NOT NULL;

-- Gaps in a topic: records that were gone before they were read. Always an alarm.
CREATE TABLE gaps (
  at timestamptz NOT NULL, topic text NOT NULL, part int NOT NULL, expected bigint NOT NULL, found bigint NOT NULL);

CREATE TABLE heartbeats (
  process text NOT NULL, slot int NOT NULL, pid int NOT NULL, started_at timestamptz NOT NULL,
  at timestamptz NOT NULL, state jsonb NOT NULL, PRIMARY KEY (process, slot));

GRANT SELECT, INSERT, UPDATE ON region_seq, seen, ledger, problem_changes, kafka_positions, systems TO acceptor;
GRANT SELECT, INSERT, UPDATE ON quarantine TO acceptor;
GRANT SELECT, INSERT ON gaps TO acceptor;
GRANT SELECT, INSERT, UPDATE ON heartbeats TO acceptor, planner, relay, courier;
GRANT SELECT ON heartbeats TO reader;
GRANT SELECT, INSERT, UPDATE ON relay_positions TO relay;
GRANT SELECT ON ledger, region_seq TO relay, planner, courier;
GRANT SELECT ON problem_changes TO planner;
GRANT SELECT ON region_seq, problem_changes, systems, kafka_positions, relay_positions, gaps TO reader;

-- A sender sees what of his was set aside: reason and fields, never the bytes.
CREATE VIEW quarantine_counts AS
  SELECT topic, reason, count(*) AS records, max(at) AS last_at FROM quarantine GROUP BY topic, reason;
GRANT SELECT ON quarantine TO counter;
ALTER VIEW quarantine_counts OWNER TO counter;
GRANT SELECT ON quarantine_counts TO reader;
GRANT SELECT ON kafka_positions, heartbeats TO planner;
