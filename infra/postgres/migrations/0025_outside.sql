-- What a sender sends to us is bounded here as well, and its sender hears what became of it.
-- Columns have defaults or may be empty: the version before writes and reads this table as it did.
ALTER TABLE quarantine
  ADD COLUMN cut boolean NOT NULL DEFAULT false,  -- `raw` is the beginning of the value, or nothing: it can not be offered again
  ADD COLUMN length bigint,                       -- bytes of the value as it came; unknown when nobody read it to its end
  ADD COLUMN value_digest bytea,                  -- SHA-256 of the value as it came
  ADD COLUMN event_source text,                   -- what the sender calls it, where that could be read
  ADD COLUMN event_id text;

-- How much of the values of a topic is kept: beyond a limit only that they came.
CREATE TABLE quarantine_room (topic text PRIMARY KEY, bytes bigint NOT NULL);
GRANT SELECT, INSERT, UPDATE ON quarantine_room TO acceptor;
GRANT DELETE ON quarantine TO acceptor;

-- For everybody: how many, and why; never whose.
CREATE VIEW set_aside_totals AS
SELECT reason, count(*) AS records, max(at) AS last_at FROM quarantine WHERE resolved_at IS NULL GROUP BY reason;

-- For planner and crisis team: those of the systems that speak for their region.
CREATE VIEW set_aside_here AS
SELECT q.topic, q.reason, count(*) AS records, max(q.at) AS last_at
FROM quarantine q LEFT JOIN systems s ON s.topic = q.topic
WHERE q.resolved_at IS NULL AND me('region') = ANY (CASE WHEN q.topic = 'https' THEN q.regions ELSE s.regions END)
  AND me('role') IN ('planner', 'crisis')
GROUP BY q.topic, q.reason;

-- For whoever sent it: what of its own was refused. A connected system sees its topic, a practice what it sent by HTTPS.
CREATE VIEW refusals AS
SELECT q.number, q.at, q.topic, q.part, q.off, q.reason, q.fields, q.resolved_at, q.cut, q.length,
       CASE WHEN me('role') <> 'planner' THEN q.event_source END AS source, CASE WHEN me('role') <> 'planner' THEN q.event_id END AS id
FROM quarantine q
WHERE CASE me('role')
  WHEN 'sender' THEN q.topic = me('subject')
  WHEN 'planner' THEN q.topic <> 'https' AND q.topic IN (SELECT s.topic FROM systems s WHERE me('region') = ANY (s.regions))
    OR q.topic = 'https' AND may_see_set_aside(q.sources, q.regions)
  WHEN 'practice' THEN q.topic = 'https' AND may_see_set_aside(q.sources, q.regions)
  ELSE false END;
CREATE INDEX refused_by_topic ON quarantine (topic, number);

-- What can not be offered again has no button.
CREATE OR REPLACE VIEW set_aside_lines AS
SELECT q.number, q.at, q.topic, q.part, q.off, q.reason, q.fields, q.sender, q.offered_again_at, q.offered_by, q.cut, q.length
FROM quarantine q
WHERE q.resolved_at IS NULL AND CASE WHEN q.topic = 'https' THEN may_see_set_aside(q.sources, q.regions)
  ELSE q.topic IN (SELECT s.topic FROM systems s WHERE may_see_set_aside('{}', s.regions)) END;

-- Topics that are not read, of the reader's region or its own.
CREATE VIEW stops_here AS
SELECT i.topic, i.stopped_at, i.refused, i.of_last
FROM intake_stops i JOIN systems s ON s.topic = i.topic
WHERE i.resumed_at IS NULL AND (me('role') = 'planner' AND me('region') = ANY (s.regions) OR me('role') = 'sender' AND i.topic = me('subject'));

-- Records that were gone before they were read, on topics of the reader's region.
CREATE VIEW gaps_here AS
SELECT g.at, g.topic, g.part, g.expected, g.found
FROM gaps g JOIN systems s ON s.topic = g.topic
WHERE me('role') = 'planner' AND me('region') = ANY (s.regions) OR me('role') = 'sender' AND g.topic = me('subject');

GRANT SELECT ON intake_stops, systems, gaps TO counter;
ALTER VIEW set_aside_totals OWNER TO counter;
ALTER VIEW set_aside_here OWNER TO counter;
ALTER VIEW refusals OWNER TO counter;
ALTER VIEW stops_here OWNER TO counter;
ALTER VIEW gaps_here OWNER TO counter;
GRANT SELECT ON set_aside_totals, set_aside_here, refusals, stops_here, gaps_here TO reader;
