-- What was refused is sealed for whoever has the vault's key (decision 0022): nobody who reads this table reads a value.
-- The version before keeps writing in clear, until intake or `migrate` has sealed that too; what is sealed is `cut` for it.
ALTER TABLE quarantine
  ADD COLUMN sealed bytea,                            -- value, key and headers as they came, or the beginning of them
  ADD COLUMN sealed_under int,                        -- version of the key
  ADD COLUMN whole boolean NOT NULL DEFAULT false;    -- all of it lies in `sealed`: it can be offered again

-- The public halves. Whoever takes in reads them and can not put one of its own here: what it closes, it could open then.
CREATE TABLE quarantine_keys (
  version int PRIMARY KEY, public bytea NOT NULL CHECK (octet_length(public) = 32), published_at timestamptz NOT NULL);
GRANT SELECT ON quarantine_keys TO acceptor, identifier;
GRANT INSERT ON quarantine_keys TO identifier;

-- What still lies in clear is found without reading what does not.
CREATE INDEX set_aside_in_clear ON quarantine (number) WHERE raw IS NOT NULL OR key IS NOT NULL OR headers <> '{}';

CREATE OR REPLACE VIEW set_aside_lines AS
SELECT q.number, q.at, q.topic, q.part, q.off, q.reason, q.fields, q.sender, q.offered_again_at, q.offered_by,
       q.cut AND NOT q.whole AS cut, q.length
FROM quarantine q
WHERE q.resolved_at IS NULL AND CASE WHEN q.topic = 'https' THEN may_see_set_aside(q.sources, q.regions)
  ELSE q.topic IN (SELECT s.topic FROM systems s WHERE may_see_set_aside('{}', s.regions)) END;

CREATE OR REPLACE VIEW refusals AS
SELECT q.number, q.at, q.topic, q.part, q.off, q.reason, q.fields, q.resolved_at, q.cut AND NOT q.whole AS cut, q.length,
       CASE WHEN me('role') <> 'planner' THEN q.event_source END AS source, CASE WHEN me('role') <> 'planner' THEN q.event_id END AS id
FROM quarantine q
WHERE CASE me('role')
  WHEN 'sender' THEN q.topic = me('subject')
  WHEN 'planner' THEN q.topic <> 'https' AND q.topic IN (SELECT s.topic FROM systems s WHERE me('region') = ANY (s.regions))
    OR q.topic = 'https' AND may_see_set_aside(q.sources, q.regions)
  WHEN 'practice' THEN q.topic = 'https' AND may_see_set_aside(q.sources, q.regions)
  ELSE false END;
