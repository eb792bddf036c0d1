-- What NEN 7513 asks of each read of a person besides who, whom, when and why: how, by which route, from where, with what outcome.
-- Columns have defaults or may be empty: the version before writes this table as it did.
ALTER TABLE access_log
  ADD COLUMN route text NOT NULL DEFAULT '',           -- `GET /praktijk`: the route of the application, never what was asked of it
  ADD COLUMN outcome text NOT NULL DEFAULT 'shown',    -- or 'refused': somebody asked for a person and was shown nothing
  ADD COLUMN origin text NOT NULL DEFAULT '',          -- address of the network it came from
  ADD COLUMN session uuid;                             -- empty: by token
CREATE INDEX looks_at_person ON access_log (person, at);
CREATE INDEX looks_since ON access_log (at);

-- A reader says neither when it looked nor under which number: the database does.
REVOKE INSERT ON access_log FROM reader;
GRANT INSERT (region, person, who, role, organisation, action, why, route, outcome, origin, session) ON access_log TO reader;

-- Sealed in a chain for each region: each seal covers a line and the seal before it, under a key that the database does not have.
CREATE TABLE access_seals (
  region text, seq bigint, number bigint NOT NULL UNIQUE, line_at timestamptz NOT NULL,
  key_version int NOT NULL, digest bytea NOT NULL, sealed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (region, seq));
CREATE INDEX seals_by_line ON access_seals (line_at);
ALTER TABLE access_seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_seals FORCE ROW LEVEL SECURITY;
GRANT SELECT ON access_log TO courier;
CREATE POLICY seals ON access_log FOR SELECT TO courier USING (true);
GRANT SELECT, INSERT ON access_seals TO courier;
CREATE POLICY seals ON access_seals TO courier USING (true) WITH CHECK (true);

-- Both are added to and never changed, by nobody: the owner would have to say first that it wants otherwise, and the chain tells.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON access_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
