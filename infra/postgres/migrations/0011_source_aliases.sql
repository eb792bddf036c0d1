-- The URN of an organisation as another spelling of a source that is known already (decision 0015).
-- (source, id) is looked up under the known one, so a row is never changed or taken away: that would make old events new.
CREATE TABLE source_aliases (
  alias text PRIMARY KEY CHECK (alias ~ '^urn:nld:(oin:[0-9]{20}|kvknr:[0-9]{8})([:.]|$)'),
  source text NOT NULL CHECK (source <> alias), added_at timestamptz NOT NULL);
GRANT SELECT, INSERT ON source_aliases TO acceptor;
