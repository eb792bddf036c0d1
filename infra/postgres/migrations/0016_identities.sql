-- Who is who: the vault keeps every statement about a person, and a question where two statements may be of one person
-- or one number of two. Whether a question is open is an event, so that the planner knows it without the vault.

-- A fold: which persons have an open question about who they are; by number only, these are events of our own.
CREATE TABLE identities (
  region text, person uuid,
  question text, questioned_seq bigint NOT NULL DEFAULT 0,
  answer text, same_as uuid, settled_seq bigint NOT NULL DEFAULT 0,
  open boolean GENERATED ALWAYS AS (questioned_seq > settled_seq) STORED,
  PRIMARY KEY (region, person));
CREATE INDEX identities_open ON identities (person) WHERE questioned_seq > settled_seq;
ALTER TABLE identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE identities FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON identities TO acceptor;
GRANT SELECT ON identities TO planner, counter, reader;
CREATE POLICY accepts ON identities TO acceptor USING (true) WITH CHECK (true);
CREATE POLICY plans ON identities FOR SELECT TO planner USING (true);
CREATE POLICY counts ON identities FOR SELECT TO counter USING (true);
CREATE POLICY reads_planner ON identities FOR SELECT TO reader USING (
  (SELECT me('role')) = 'planner' AND region = (SELECT me('region')));
CREATE POLICY reads_practice ON identities FOR SELECT TO reader USING (
  (SELECT me('role')) = 'practice' AND is_own_patient(person));

-- Persons of the whole country whom nobody may plan until the question about them is answered.
CREATE VIEW person_questioned AS SELECT DISTINCT person FROM identities WHERE open;
ALTER VIEW person_questioned OWNER TO counter;
GRANT SELECT ON person_questioned TO acceptor, planner;

-- What each sender said about a person, sealed like the person; insert-only. The newest is shown, the older are kept.
CREATE TABLE person_statements (
  statement uuid PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, person uuid NOT NULL,
  said_by text NOT NULL, organisation uuid, as_of timestamptz NOT NULL, accepted_at timestamptz NOT NULL,
  precedence int NOT NULL GENERATED ALWAYS AS (CASE said_by WHEN 'practice' THEN 0 WHEN 'institution' THEN 1 ELSE 2 END) STORED,
  bsn_hash bytea, block_hash bytea NOT NULL, digest bytea NOT NULL,
  key_version int NOT NULL, wrapped_key bytea NOT NULL, sealed bytea NOT NULL);
CREATE INDEX statements_of_person ON person_statements (person);
CREATE INDEX statements_of_block ON person_statements (block_hash);
CREATE INDEX statements_of_bsn ON person_statements (bsn_hash) WHERE bsn_hash IS NOT NULL;
ALTER TABLE person_statements ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_statements FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON person_statements TO identifier;
CREATE POLICY identifies ON person_statements TO identifier USING (true) WITH CHECK (true);
GRANT SELECT ON person_statements TO reader;
-- Registering opens no reading right on what others said: a practice reads its own words, of its own patients.
CREATE POLICY reads_practice ON person_statements FOR SELECT TO reader USING (
  (SELECT me('role')) = 'practice' AND said_by = 'practice' AND organisation = (SELECT me('organisation'))::uuid
  AND is_own_patient(person));

-- The first statement stands with the person too, for a web process of the version before; nobody reads it there.
-- That version shows "identity is missing" until it is replaced: better than the words of another practice.
ALTER POLICY reads_practice ON persons USING (false);
ALTER TABLE persons ADD COLUMN same_as uuid;

-- Statements of before: the practice that registered somebody first is taken to have said who it is.
INSERT INTO person_statements (statement, person, said_by, organisation, as_of, accepted_at, bsn_hash, block_hash, digest,
                               key_version, wrapped_key, sealed)
SELECT gen_random_uuid(), p.person, CASE WHEN r.practice IS NULL THEN 'other' ELSE 'practice' END, r.practice, p.stored_at,
       p.stored_at, p.bsn_hash, p.block_hash, ''::bytea, p.key_version, p.wrapped_key, p.sealed
FROM persons p LEFT JOIN LATERAL (
  SELECT practice FROM registrations r WHERE r.person = p.person AND r.registered_at IS NOT NULL
  ORDER BY r.registered_at, r.region, r.registered_seq LIMIT 1) r ON true;

-- One question to one organisation about one person. No detail of a person; `other` is who it may be, or whose number it is.
CREATE TABLE person_questions (
  question uuid PRIMARY KEY, person uuid NOT NULL, other uuid, kind text NOT NULL,
  region text NOT NULL, said_by text NOT NULL, organisation uuid, opened_at timestamptz NOT NULL, told boolean NOT NULL DEFAULT false,
  answered_at timestamptz, answer text, answered_by text, same_as uuid);
CREATE UNIQUE INDEX question_once ON person_questions (person, region, said_by, organisation) NULLS NOT DISTINCT
  WHERE answered_at IS NULL;
CREATE INDEX questions_open ON person_questions (region) WHERE answered_at IS NULL;
ALTER TABLE person_questions ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_questions FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON person_questions TO identifier;
CREATE POLICY identifies ON person_questions TO identifier USING (true) WITH CHECK (true);
-- Without `other`: a practice is not told who, nor which other practice.
GRANT SELECT (question, person, kind, region, said_by, organisation, opened_at, answered_at, answer) ON person_questions TO reader;
CREATE POLICY reads_practice ON person_questions FOR SELECT TO reader USING (
  (SELECT me('role')) = 'practice' AND organisation = (SELECT me('organisation'))::uuid AND region = (SELECT me('region')));
CREATE POLICY reads_planner ON person_questions FOR SELECT TO reader USING (
  (SELECT me('role')) = 'planner' AND region = (SELECT me('region')));
