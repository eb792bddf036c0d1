-- The rest of the catalogue. Expand only: new tables, and columns with a default that the version before does not
-- name; what is computed from others is virtual, so that no table is written again.

-- A swap says who works a shift; what a later shift.changed says of team and crew replaces it.
ALTER TABLE shifts
  ADD COLUMN swapped jsonb,
  ADD COLUMN swapped_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN worked jsonb GENERATED ALWAYS AS (
    CASE WHEN changed_seq > opened_seq THEN changed ELSE opened END
    || CASE WHEN swapped_seq > greatest(opened_seq, changed_seq) THEN swapped ELSE '{}' END) VIRTUAL;

-- A move is a pin with a reason; of a pin and a move the later holds.
ALTER TABLE pins
  ADD COLUMN moved_shift uuid,
  ADD COLUMN moved_to timestamptz,
  ADD COLUMN moved_reason text,
  ADD COLUMN moved_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN holds boolean GENERATED ALWAYS AS (greatest(pinned_seq, moved_seq) > released_seq) VIRTUAL;

-- What a location answered to a visit; it counts for the moment that it was about.
CREATE TABLE confirmations (
  region text, visit uuid, location uuid NOT NULL, answer text NOT NULL, answered_by text NOT NULL, starts_at timestamptz NOT NULL,
  wishes_from timestamptz, wishes_until timestamptz, answered_at timestamptz NOT NULL, answered_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (region, visit));

-- A team of `region` that another region plans for some days. The fact stands in the region that lends.
CREATE TABLE loans (
  region text, loan uuid, team uuid NOT NULL, to_region text NOT NULL, valid daterange NOT NULL, lent_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (region, loan));
CREATE INDEX loans_to ON loans (to_region);

CREATE TABLE delays (
  region text, seq bigint, team uuid NOT NULL, minutes int NOT NULL, noted_at timestamptz NOT NULL, visit uuid,
  PRIMARY KEY (region, seq));
CREATE INDEX delays_of_team ON delays (region, team, seq DESC);

CREATE TABLE reserves (
  region text, reserve uuid, campaign uuid NOT NULL, facts jsonb NOT NULL, listed_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (region, reserve));

CREATE TABLE containers (
  region text, container uuid, product text NOT NULL, lot text NOT NULL, team uuid NOT NULL, visit uuid, doses int,
  opened_at timestamptz NOT NULL, opened_seq bigint NOT NULL DEFAULT 0, PRIMARY KEY (region, container));

-- Doses left are the offer less what was taken of it; somebody may take before the offer is known.
CREATE TABLE leftovers (
  region text, offer uuid, team uuid NOT NULL, campaign uuid NOT NULL, product text NOT NULL, lot text NOT NULL, doses int NOT NULL,
  use_before timestamptz NOT NULL, facts jsonb NOT NULL, offered_seq bigint NOT NULL DEFAULT 0, PRIMARY KEY (region, offer));
CREATE TABLE leftovers_taken (
  region text, seq bigint, offer uuid NOT NULL, team uuid NOT NULL, person uuid, doses int NOT NULL, taken_at timestamptz NOT NULL,
  PRIMARY KEY (region, seq));
CREATE INDEX taken_of_offer ON leftovers_taken (region, offer);

CREATE TABLE adverse_events (
  region text, seq bigint, person uuid NOT NULL, campaign uuid NOT NULL, location uuid NOT NULL, severity text NOT NULL,
  reactions text[] NOT NULL, began_at timestamptz NOT NULL, visit uuid, dose_no int, product text, lot text,
  reported_at timestamptz NOT NULL, PRIMARY KEY (region, seq));
CREATE INDEX adverse_events_of_person ON adverse_events (region, person, campaign, seq DESC);
CREATE INDEX adverse_events_of_lot ON adverse_events (lot);

CREATE TABLE temperatures (
  region text, seq bigint, depot uuid, team uuid, celsius double precision NOT NULL, excursion boolean NOT NULL, lots jsonb NOT NULL,
  read_at timestamptz NOT NULL, PRIMARY KEY (region, seq));
CREATE INDEX temperatures_by_time ON temperatures (region, read_at);

CREATE TABLE decisions (
  region text, seq bigint, decision_id uuid NOT NULL, kind text NOT NULL, decision text NOT NULL, reason text NOT NULL,
  decided_at timestamptz NOT NULL, decided_by uuid, campaign uuid, PRIMARY KEY (region, seq));

CREATE TABLE notices (
  region text, notice uuid, channel text NOT NULL, recipient text NOT NULL, subject text NOT NULL, visit uuid, location uuid, plan uuid,
  sent_at timestamptz NOT NULL, sent_seq bigint NOT NULL DEFAULT 0, PRIMARY KEY (region, notice));
CREATE INDEX notices_of_visit ON notices (region, visit);

CREATE TABLE return_records (
  region text, return_id uuid, destination text, person uuid, campaign uuid, dose_no int, practice uuid,
  sent_at timestamptz, sent_seq bigint NOT NULL DEFAULT 0,
  acknowledged_at timestamptz, acknowledged_seq bigint NOT NULL DEFAULT 0,
  rejected_at timestamptz, rejected_reason text, rejected_seq bigint NOT NULL DEFAULT 0,
  state text GENERATED ALWAYS AS (
    CASE WHEN greatest(acknowledged_seq, rejected_seq) <= sent_seq THEN 'sent'
         WHEN acknowledged_seq > rejected_seq THEN 'acknowledged' ELSE 'rejected' END) VIRTUAL,
  PRIMARY KEY (region, return_id));
CREATE INDEX return_records_of_person ON return_records (region, person, campaign);

CREATE TABLE progress (
  region text, campaign uuid, facts jsonb NOT NULL, counted_seq bigint NOT NULL DEFAULT 0, PRIMARY KEY (region, campaign));

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{confirmations,loans,delays,reserves,containers,leftovers,leftovers_taken,adverse_events,temperatures,decisions,notices,return_records,progress}'::text[] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY accepts ON %I TO acceptor USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO acceptor', t);
    EXECUTE format('CREATE POLICY plans ON %I FOR SELECT TO planner USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO planner', t);
    EXECUTE format('CREATE POLICY counts ON %I FOR SELECT TO counter USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO counter, reader', t);
    EXECUTE format('CREATE POLICY reads_planner ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) = ''planner'' AND region = (SELECT me(''region'')))', t);
  END LOOP;
  -- Nobody's row: the crisis team sees these too.
  FOREACH t IN ARRAY '{loans,containers,leftovers,temperatures,decisions,notices,progress}'::text[] LOOP
    EXECUTE format('CREATE POLICY reads_crisis ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) = ''crisis'' AND region = (SELECT me(''region'')))', t);
  END LOOP;
  -- A practice sees what concerns its own patients.
  FOREACH t IN ARRAY '{adverse_events,return_records}'::text[] LOOP
    EXECUTE format('CREATE POLICY reads_practice ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) = ''practice'' AND is_own_patient(person))', t);
  END LOOP;
END $$;

-- Both regions see a loan; the one that borrows sees the team and its shifts.
CREATE POLICY reads_borrower ON loans FOR SELECT TO reader USING (
  (SELECT me('role')) IN ('planner', 'crisis') AND to_region = (SELECT me('region')));
CREATE FUNCTION is_lent_to_me(of_region text, wanted uuid) RETURNS boolean STABLE LANGUAGE sql
  RETURN EXISTS (SELECT FROM loans l WHERE l.region = of_region AND l.team = wanted AND l.to_region = (SELECT me('region')));
CREATE POLICY reads_borrower ON teams FOR SELECT TO reader USING (
  (SELECT me('role')) = 'planner' AND is_lent_to_me(region, team));
CREATE POLICY reads_borrower ON shifts FOR SELECT TO reader USING (
  (SELECT me('role')) = 'planner' AND is_lent_to_me(region, (worked ->> 'team_id')::uuid));
