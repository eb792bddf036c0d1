-- Sessions of people on our pages: a cookie counts as long as its session is open here, however it was copied.
CREATE TABLE sessions (
  session uuid PRIMARY KEY,
  role text NOT NULL,
  region text NOT NULL,
  organisation uuid,
  subject text NOT NULL,
  opened_at timestamptz NOT NULL,
  until timestamptz NOT NULL,
  ended_at timestamptz,
  ended_by text);

-- Secrets that open one session each, once. Only their digest is kept.
CREATE TABLE sign_in_codes (
  digest bytea PRIMARY KEY,
  role text NOT NULL,
  region text NOT NULL,
  organisation uuid,
  subject text NOT NULL,
  until timestamptz NOT NULL,
  used_at timestamptz);

-- Rights that were withdrawn: tokens of this subject that were made before are dead, as its sessions are.
CREATE TABLE withdrawals (
  subject text PRIMARY KEY,
  at timestamptz NOT NULL);

GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, sign_in_codes, withdrawals TO acceptor;
GRANT SELECT ON sessions, withdrawals TO reader;

-- A reader learns of its own session alone; the administrator of a region of those of that region.
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE withdrawals ENABLE ROW LEVEL SECURITY;
CREATE POLICY keeps ON sessions TO acceptor USING (true) WITH CHECK (true);
CREATE POLICY keeps ON withdrawals TO acceptor USING (true) WITH CHECK (true);
CREATE POLICY reads_own ON sessions FOR SELECT TO reader USING (
  session::text = me('session') OR me('role') = 'admin' AND region = me('region'));
CREATE POLICY reads_own ON withdrawals FOR SELECT TO reader USING (subject = me('subject'));
