-- The state: a fold of the ledger. Every row carries its region; each group of columns that one event type
-- writes has its own number, and only a higher number wins. Series are inserted with (region, seq).

CREATE TABLE organisations (
  region text, organisation uuid, registered jsonb, registered_seq bigint NOT NULL DEFAULT 0,
  changed jsonb, changed_seq bigint NOT NULL DEFAULT 0,
  facts jsonb GENERATED ALWAYS AS (CASE WHEN changed_seq > registered_seq THEN changed ELSE registered END) STORED,
  PRIMARY KEY (region, organisation));

CREATE TABLE policies (region text PRIMARY KEY, policy jsonb, changed_seq bigint NOT NULL DEFAULT 0);

-- opening, closed_on, contact_known, seats: `changed` replaces those of `registered` when it is newer
CREATE TABLE locations (
  region text, location uuid,
  registered jsonb, registered_seq bigint NOT NULL DEFAULT 0,
  changed jsonb, changed_seq bigint NOT NULL DEFAULT 0,
  outbreak_policy text, declared_seq bigint NOT NULL DEFAULT 0, lifted_seq bigint NOT NULL DEFAULT 0,
  known boolean GENERATED ALWAYS AS (registered_seq > 0) STORED,
  room jsonb GENERATED ALWAYS AS (CASE WHEN changed_seq > registered_seq THEN changed ELSE registered END) STORED,
  outbreak text GENERATED ALWAYS AS (CASE WHEN declared_seq > lifted_seq THEN outbreak_policy END) STORED,
  PRIMARY KEY (region, location));
CREATE INDEX location_region ON locations (location) WHERE registered_seq > 0;

CREATE TABLE registrations (
  region text, person uuid, campaign uuid, practice uuid,
  location uuid, birth_year int, indication text, needs text[], registered_seq bigint NOT NULL DEFAULT 0,
  moved_to uuid, changed_needs text[], changed_seq bigint NOT NULL DEFAULT 0,
  withdrawn_seq bigint NOT NULL DEFAULT 0, withdrawn_reason text,
  registered_at timestamptz,
  live boolean GENERATED ALWAYS AS (registered_seq > withdrawn_seq) STORED,
  at_location uuid GENERATED ALWAYS AS (CASE WHEN changed_seq > registered_seq THEN moved_to ELSE location END) STORED,
  has_needs text[] GENERATED ALWAYS AS (CASE WHEN changed_seq > registered_seq THEN changed_needs ELSE needs END) STORED,
  PRIMARY KEY (region, person, campaign, practice));
CREATE INDEX registrations_of_practice ON registrations (practice) WHERE registered_seq > withdrawn_seq;
CREATE INDEX registrations_of_person ON registrations (person);

CREATE TABLE consents (
  region text, seq bigint, person uuid NOT NULL, campaign uuid NOT NULL, practice uuid NOT NULL, subject text NOT NULL,
  status text NOT NULL, given_by text NOT NULL, form text NOT NULL, recorded_at timestamptz NOT NULL,
  PRIMARY KEY (region, seq));
CREATE INDEX consents_of_person ON consents (region, person, campaign, subject, seq DESC);

CREATE TABLE assessments (
  region text, seq bigint, person uuid NOT NULL, campaign uuid NOT NULL, practice uuid NOT NULL, judgement text NOT NULL,
  not_before date, observation_minutes int, recorded_at timestamptz NOT NULL,
  PRIMARY KEY (region, seq));
CREATE INDEX assessments_of_person ON assessments (region, person, campaign, seq DESC);

-- Every outcome at the arm: given by us, given elsewhere, or not given with a reason.
CREATE TABLE doses (
  region text, seq bigint, person uuid NOT NULL, campaign uuid NOT NULL, dose_no int NOT NULL, outcome text NOT NULL,
  visit uuid, location uuid, product text, lot text, depot uuid, team uuid, reason text, at timestamptz NOT NULL,
  PRIMARY KEY (region, seq));
CREATE INDEX doses_of_person ON doses (region, person, campaign, dose_no);
CREATE INDEX doses_of_visit ON doses (visit);

CREATE TABLE teams (
  region text, team uuid, facts jsonb, formed_seq bigint NOT NULL DEFAULT 0, PRIMARY KEY (region, team));

CREATE TABLE absences (
  region text, seq bigint, team uuid NOT NULL, span tstzrange NOT NULL, PRIMARY KEY (region, seq));

CREATE TABLE shifts (
  region text, shift uuid, opened jsonb, opened_seq bigint NOT NULL DEFAULT 0,
  changed jsonb, changed_seq bigint NOT NULL DEFAULT 0, withdrawn_seq bigint NOT NULL DEFAULT 0,
  facts jsonb GENERATED ALWAYS AS (CASE WHEN changed_seq > opened_seq THEN changed ELSE opened END) STORED,
  live boolean GENERATED ALWAYS AS (greatest(opened_seq, changed_seq) > withdrawn_seq) STORED,
  PRIMARY KEY (region, shift));

CREATE TABLE certificates (
  region text, seq bigint, member uuid NOT NULL, role text NOT NULL, valid daterange NOT NULL, PRIMARY KEY (region, seq));

CREATE TABLE orders (
  region text, seq bigint, organisation uuid NOT NULL, product text NOT NULL, valid daterange NOT NULL,
  PRIMARY KEY (region, seq));

CREATE TABLE campaigns (
  region text, campaign uuid, opened jsonb, opened_seq bigint NOT NULL DEFAULT 0,
  changed jsonb, changed_seq bigint NOT NULL DEFAULT 0,
  facts jsonb GENERATED ALWAYS AS (CASE WHEN changed_seq > opened_seq THEN changed ELSE opened END) STORED,
  PRIMARY KEY (region, campaign));

CREATE TABLE products (
  region text, product text, facts jsonb, catalogued_seq bigint NOT NULL DEFAULT 0, PRIMARY KEY (region, product));

CREATE TABLE deliveries (
  region text, delivery uuid,
  depot uuid, product text, doses int, expected_on date, announced_seq bigint NOT NULL DEFAULT 0,
  received_seq bigint NOT NULL DEFAULT 0, received_doses int, received_on date,
  PRIMARY KEY (region, delivery));

-- Sums over this series are the stock; `part` tells the two sides of a transfer apart.
CREATE TABLE stock_movements (
  region text, seq bigint, part int, depot uuid NOT NULL, product text NOT NULL, lot text NOT NULL, doses int NOT NULL,
  kind text NOT NULL, use_by date, on_day date NOT NULL, reason text, PRIMARY KEY (region, seq, part));
CREATE INDEX stock_of_depot ON stock_movements (region, depot, product, lot);

CREATE TABLE stock_counts (
  region text, seq bigint, depot uuid NOT NULL, product text NOT NULL, lot text NOT NULL, doses int NOT NULL,
  at timestamptz NOT NULL, PRIMARY KEY (region, seq));

CREATE TABLE lots (
  region text, product text, lot text, quarantined_seq bigint NOT NULL DEFAULT 0, released_seq bigint NOT NULL DEFAULT 0,
  usable boolean GENERATED ALWAYS AS (released_seq >= quarantined_seq) STORED, PRIMARY KEY (region, product, lot));

CREATE TABLE crisis_requests (
  region text, visit uuid, facts jsonb, requested_seq bigint NOT NULL DEFAULT 0, withdrawn_seq bigint NOT NULL DEFAULT 0,
  live boolean GENERATED ALWAYS AS (requested_seq > withdrawn_seq) STORED, PRIMARY KEY (region, visit));

-- The three tables that make double booking impossible (tried in recipe form on PostgreSQL 18).
CREATE TABLE visits (
  region text, visit uuid,
  team uuid, shift uuid, location uuid, campaign uuid, product text, plan uuid, slot tstzrange,
  assigned_seq bigint NOT NULL DEFAULT 0, unassigned_seq bigint NOT NULL DEFAULT 0,
  started_at timestamptz, started_seq bigint NOT NULL DEFAULT 0,
  completed_at timestamptz, completed_seq bigint NOT NULL DEFAULT 0,
  live boolean GENERATED ALWAYS AS (assigned_seq > unassigned_seq) STORED,
  PRIMARY KEY (region, visit),
  CONSTRAINT team_in_one_place EXCLUDE USING gist (uuidrange(team, team, '[]') WITH &&, slot WITH &&)
    WHERE (assigned_seq > unassigned_seq) DEFERRABLE INITIALLY DEFERRED,
  CHECK (NOT (assigned_seq > unassigned_seq)
         OR (team IS NOT NULL AND NOT isempty(slot) AND NOT lower_inf(slot) AND NOT upper_inf(slot))));
CREATE INDEX visits_by_day ON visits (region, lower(slot)) WHERE assigned_seq > unassigned_seq;

CREATE TABLE presences (
  region text, visit uuid, person uuid, slot tstzrange NOT NULL,
  booked_seq bigint NOT NULL DEFAULT 0, released_seq bigint NOT NULL DEFAULT 0,
  live boolean GENERATED ALWAYS AS (booked_seq > released_seq) STORED,
  PRIMARY KEY (region, visit, person),
  CONSTRAINT person_in_one_place EXCLUDE USING gist (uuidrange(person, person, '[]') WITH &&, slot WITH &&)
    WHERE (booked_seq > released_seq) DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE appointments (
  region text, visit uuid, person uuid, campaign uuid, dose_no int,
  booked_seq bigint NOT NULL DEFAULT 0, released_seq bigint NOT NULL DEFAULT 0,
  live boolean GENERATED ALWAYS AS (booked_seq > released_seq) STORED,
  PRIMARY KEY (region, visit, person, campaign, dose_no));
CREATE UNIQUE INDEX one_live_appointment ON appointments (person, campaign, dose_no) WHERE (booked_seq > released_seq);

CREATE TABLE pins (
  region text, visit uuid, shift uuid, starts_at timestamptz, pinned_seq bigint NOT NULL DEFAULT 0,
  released_seq bigint NOT NULL DEFAULT 0, live boolean GENERATED ALWAYS AS (pinned_seq > released_seq) STORED,
  PRIMARY KEY (region, visit));

CREATE TABLE plans (
  region text, plan uuid, region_seq bigint, national_seq bigint, horizon_start date, hash text, counts jsonb,
  seconds double precision, proposed_at timestamptz, proposed_seq bigint NOT NULL DEFAULT 0,
  published_at timestamptz, published_seq bigint NOT NULL DEFAULT 0, rejected_seq bigint NOT NULL DEFAULT 0,
  stale boolean NOT NULL DEFAULT false, PRIMARY KEY (region, plan));

-- Compare-and-set against a planner that was paused: the newest facts that a proposed plan knew.
CREATE TABLE planned (
  region text PRIMARY KEY, region_seq bigint NOT NULL, national_seq bigint NOT NULL, plan uuid NOT NULL, seq bigint NOT NULL);

-- Not a fold: what is needed to compute a plan again, by content hash (own backup).
CREATE TABLE plan_records (
  hash text PRIMARY KEY, region text NOT NULL, made_at timestamptz NOT NULL, from_at timestamptz NOT NULL,
  record bytea NOT NULL, assignments bytea NOT NULL);
-- The unassigned of the newest plans in rows, for pages; written beside the record.
CREATE TABLE plan_unassigned (
  hash text NOT NULL, region text NOT NULL, n int NOT NULL, location uuid, campaign uuid, person uuid, dose_no int, visit uuid,
  reasons text[] NOT NULL, PRIMARY KEY (hash, n));

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{organisations,policies,locations,registrations,consents,assessments,doses,teams,absences,shifts,certificates,orders,campaigns,products,deliveries,stock_movements,stock_counts,lots,crisis_requests,visits,presences,appointments,pins,plans,planned,plan_records,plan_unassigned}'::text[] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY accepts ON %I TO acceptor USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO acceptor', t);
    EXECUTE format('CREATE POLICY plans ON %I FOR SELECT TO planner USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO planner', t);
    EXECUTE format('CREATE POLICY counts ON %I FOR SELECT TO counter USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO counter, reader', t);
  END LOOP;
END $$;
GRANT DELETE ON plan_records, plan_unassigned TO acceptor;

-- A hash over all rows of a table, independent of their order. Of bookings only the live rows count: which rows
-- that are not live exist depends on the cut into batches, they are only there to stop older numbers.
CREATE FUNCTION state_hash(in_schema text, of_table text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text;
  kept text := CASE of_table
    WHEN 'presences' THEN 'SELECT region, visit, person, slot, booked_seq FROM %I.%I WHERE live'
    WHEN 'appointments' THEN 'SELECT region, visit, person, campaign, dose_no, booked_seq FROM %I.%I WHERE live'
    ELSE 'SELECT * FROM %I.%I' END;
BEGIN
  EXECUTE 'SELECT md5(coalesce(string_agg(h, '''' ORDER BY h), '''')) FROM (SELECT md5(t::text) AS h FROM ('
    || format(kept, in_schema, of_table) || ') AS t) AS hashes' INTO found;
  RETURN found;
END $$;

-- Empty copies of tables, with all their constraints, in the schema `rebuilt`.
CREATE FUNCTION copy_tables(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
  DROP SCHEMA IF EXISTS rebuilt CASCADE;
  CREATE SCHEMA rebuilt;
  FOREACH t IN ARRAY names LOOP
    EXECUTE format('CREATE TABLE rebuilt.%I (LIKE public.%1$I INCLUDING ALL)', t);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION state_hash(text, text), copy_tables(text[]) FROM PUBLIC;
