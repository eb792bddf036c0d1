-- What the identity provider said of a session of ours: by `sid` and subject it orders us to end it, and with what is sealed
-- here we ask it now and then whether the person may still be in. Only whoever writes sessions reads this.
CREATE TABLE provider_sessions (
  session uuid PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
  sub text NOT NULL,
  sid text,
  choices jsonb NOT NULL,
  key_version int NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL,
  asked_at timestamptz NOT NULL);
CREATE INDEX provider_sessions_sid ON provider_sessions (sid);
CREATE INDEX provider_sessions_asked ON provider_sessions (asked_at);

-- Orders that were carried out: the same one again is no order.
CREATE TABLE used_tokens (
  digest bytea PRIMARY KEY,
  until timestamptz NOT NULL);

GRANT SELECT, INSERT, UPDATE, DELETE ON provider_sessions TO acceptor;
GRANT SELECT, INSERT, DELETE ON used_tokens TO acceptor;
