-- With a stop (docs/decisions/0019-a-stop-when-the-fold-changes.md).
-- What was said of a dose stays as it was said: series are inserted only. Which row counts is chosen on reading, in the
-- views below: the newest correction of a record holds, a retracted one is gone, the same dose said twice counts once.
ALTER TABLE doses
  ADD COLUMN source text NOT NULL DEFAULT '', ADD COLUMN id text NOT NULL DEFAULT '',  -- of its event: a correction names it so
  ADD COLUMN author uuid, ADD COLUMN device text, ADD COLUMN device_at timestamptz,
  ADD COLUMN place text, ADD COLUMN told_by text;  -- of a dose that was given elsewhere
CREATE INDEX doses_of_event ON doses (source, id);

CREATE TABLE dose_corrections (
  region text, seq bigint, of_source text NOT NULL, of_id text NOT NULL, kind text NOT NULL CHECK (kind IN ('corrected', 'retracted')),
  person uuid NOT NULL, campaign uuid NOT NULL, location uuid NOT NULL,
  dose_no int, product text, lot text, depot uuid, team uuid, visit uuid, at timestamptz,  -- of 'corrected'
  reason text, why text NOT NULL, corrected_by uuid NOT NULL, source text NOT NULL, id text NOT NULL,
  author uuid, device text, device_at timestamptz, moment timestamptz NOT NULL, accepted_at timestamptz NOT NULL,
  PRIMARY KEY (region, seq));
CREATE INDEX corrections_of_dose ON dose_corrections (of_source, of_id);
CREATE INDEX corrections_of_person ON dose_corrections (person, campaign);

-- A clinician's decision about the series of one person; doses_counted NULL: it is read as it was reported.
ALTER TABLE decisions ADD COLUMN person uuid, ADD COLUMN practice uuid, ADD COLUMN doses_counted int[];
CREATE INDEX decisions_of_person ON decisions (person, campaign) WHERE person IS NOT NULL;

-- When the withdrawal was accepted, as registered_at is of the registration.
ALTER TABLE registrations ADD COLUMN withdrawn_at timestamptz;

ALTER TABLE dose_corrections ENABLE ROW LEVEL SECURITY;
ALTER TABLE dose_corrections FORCE ROW LEVEL SECURITY;
CREATE POLICY accepts ON dose_corrections TO acceptor USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON dose_corrections TO acceptor;
CREATE POLICY plans ON dose_corrections FOR SELECT TO planner USING (true);
GRANT SELECT ON dose_corrections TO planner;
CREATE POLICY counts ON dose_corrections FOR SELECT TO counter USING (true);
GRANT SELECT ON dose_corrections TO counter, reader;
CREATE POLICY reads_planner ON dose_corrections FOR SELECT TO reader USING (
  (SELECT me('role')) = 'planner' AND region = (SELECT me('region')));

-- Every outcome as it is read now: as reported, or as the newest correction says. Two branches, so that an index on the
-- person is used in both. Region and number stay those of the first record; a correction of an outcome that was not
-- given changes nothing (it is retracted, and the dose reported).
CREATE VIEW dose_records AS
SELECT d.region, d.seq, d.person, d.campaign, d.dose_no, d.outcome, d.visit, d.location, d.product, d.lot, d.depot, d.team,
       d.reason, d.at, d.moment, d.accepted_at, d.source, d.id, d.author, d.device, d.device_at, d.place, d.told_by,
       false AS is_corrected
FROM doses d WHERE NOT EXISTS (
  SELECT FROM dose_corrections c WHERE c.of_source = d.source AND c.of_id = d.id AND (c.kind = 'retracted' OR d.outcome <> 'not_given'))
UNION ALL
SELECT d.region, d.seq, c.person, c.campaign, c.dose_no, d.outcome, coalesce(c.visit, d.visit), c.location, c.product,
       coalesce(c.lot, d.lot), coalesce(c.depot, d.depot), coalesce(c.team, d.team), d.reason, c.at, least(c.at, c.accepted_at),
       c.accepted_at, d.source, d.id, d.author, d.device, d.device_at, d.place, d.told_by, true
FROM dose_corrections c JOIN doses d ON d.source = c.of_source AND d.id = c.of_id
WHERE c.kind = 'corrected' AND d.outcome <> 'not_given' AND NOT EXISTS (
  SELECT FROM dose_corrections n WHERE n.of_source = c.of_source AND n.of_id = c.of_id
    AND (n.moment, n.accepted_at, n.region, n.seq) > (c.moment, c.accepted_at, c.region, c.seq));

-- The same person, campaign, number, lot and day (Amsterdam) is the same dose, whatever its id; without a lot it is the
-- one of that day. The first that was said counts, the others are repeats.
CREATE VIEW dose_statements AS
SELECT r.*, outcome <> 'not_given'
         AND (row_number() OVER same_dose > 1 OR lot IS NULL AND bool_or(lot IS NOT NULL) OVER same_day) AS is_repeat
FROM dose_records r
WINDOW same_day AS (PARTITION BY person, campaign, dose_no, outcome = 'not_given', (at AT TIME ZONE 'Europe/Amsterdam')::date),
       same_dose AS (PARTITION BY person, campaign, dose_no, outcome = 'not_given', (at AT TIME ZONE 'Europe/Amsterdam')::date, lot
                     ORDER BY moment, accepted_at, region, seq);

-- What counts, in the whole country (see 0012): for the rules of care, not for pages.
CREATE OR REPLACE VIEW person_doses AS
SELECT person, campaign, dose_no, outcome, product, lot, visit, team, reason, at, moment, accepted_at, region, seq,
       location, depot, is_corrected
FROM dose_statements WHERE NOT is_repeat;

-- What a clinician decided about a series. A practice decides for people whom it has or had registered.
CREATE VIEW person_decisions AS
SELECT d.person, d.campaign, d.doses_counted, d.moment, d.accepted_at, d.region, d.seq FROM decisions d
WHERE d.person IS NOT NULL AND (d.practice IS NULL OR EXISTS (
  SELECT FROM registrations r WHERE r.person = d.person AND r.practice = d.practice AND r.registered_seq > 0));

-- Who was withdrawn as deceased, as far as that registration was not made again since.
CREATE VIEW person_deaths AS
SELECT person, campaign, withdrawn_moment AS moment, coalesce(withdrawn_at, withdrawn_moment) AS accepted_at, region, withdrawn_seq AS seq
FROM registrations WHERE withdrawn_reason = 'deceased' AND withdrawn_seq > 0 AND NOT live;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{dose_records,dose_statements,person_doses,person_decisions,person_deaths}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
    EXECUTE format('GRANT SELECT ON %I TO acceptor, planner', v);
  END LOOP;
END $$;

-- For pages: facts about the own patients of a practice and about the people of a planner's region, wherever they were
-- said. No practice and no place; of the region only what tells two numbers apart.
CREATE FUNCTION sees_person(wanted uuid) RETURNS boolean STABLE LANGUAGE sql
  RETURN CASE me('role')
    WHEN 'practice' THEN is_own_patient(wanted)
    WHEN 'planner' THEN EXISTS (SELECT FROM registrations r WHERE r.person = wanted AND r.region = (SELECT me('region')))
      OR EXISTS (SELECT FROM doses d WHERE d.person = wanted AND d.region = (SELECT me('region')))
    ELSE false END;

CREATE VIEW doses_shown AS
SELECT p.person, p.campaign, p.dose_no, p.outcome, p.product, p.lot, p.visit, p.team, p.reason, p.at, p.moment, p.accepted_at,
       md5(p.region) AS region, p.seq, p.is_corrected
FROM person_doses p WHERE sees_person(p.person);
CREATE VIEW answers_shown AS
SELECT person, campaign, subject, status, given_by, md5(voice::text)::uuid AS voice, dated, moment, accepted_at, md5(region) AS region, seq
FROM person_answers a WHERE sees_person(person);
CREATE VIEW decisions_shown AS
SELECT person, campaign, doses_counted, moment, accepted_at, md5(region) AS region, seq FROM person_decisions WHERE sees_person(person);
CREATE VIEW deaths_shown AS
SELECT person, campaign, moment, accepted_at, md5(region) AS region, seq FROM person_deaths WHERE sees_person(person);

-- Series of a planner's region that may contradict themselves: too many rather than too few, for the rules of care decide
-- (services/care/contradictions.py); reading all series for a page would take too long. Aggregates that need no sorting.
CREATE VIEW series_to_judge AS
WITH given AS (
  SELECT person, campaign, dose_no, product, at FROM dose_records
  WHERE region = (SELECT me('region')) AND (SELECT me('role')) = 'planner' AND outcome <> 'not_given'),
longest AS (
  SELECT make_interval(days => 1 + greatest(
    (SELECT max((c.facts ->> 'min_days')::int) FROM campaigns c), (SELECT max((p.facts ->> 'min_days')::int) FROM products p), 0)) AS least)
SELECT person, campaign FROM given GROUP BY person, campaign
HAVING count(*) > 2 OR count(*) = 2 AND (
  max(dose_no) - min(dose_no) <> 1 OR min(product) <> max(product) OR covar_pop(dose_no, extract(epoch FROM at)) < 0
  OR max(at) - min(at) <= (SELECT least FROM longest))
UNION
SELECT person, campaign FROM given JOIN consents c USING (person, campaign)
WHERE c.subject = 'treatment' AND c.status IN ('refused', 'withdrawn') AND c.moment < at
UNION
SELECT person, campaign FROM given JOIN doses n USING (person, campaign)
WHERE n.outcome = 'not_given' AND n.reason IN ('refused', 'resistance', 'no_consent') AND n.moment < given.at
UNION
SELECT person, campaign FROM given JOIN person_deaths USING (person, campaign)
UNION
SELECT person, campaign FROM registrations JOIN person_deaths USING (person, campaign)
WHERE registrations.region = (SELECT me('region')) AND (SELECT me('role')) = 'planner' AND live;

-- What was said twice, corrected or taken back: the first record beside what holds now, with who, when and why. Repeats are
-- looked for among numbers that were said more than once, not among all.
CREATE VIEW dose_slips AS
WITH more_than_once AS MATERIALIZED (
  SELECT person, campaign, dose_no FROM dose_records WHERE outcome <> 'not_given' GROUP BY person, campaign, dose_no HAVING count(*) > 1),
repeats AS (
  SELECT r.*, row_number() OVER same_dose > 1 OR lot IS NULL AND bool_or(lot IS NOT NULL) OVER same_day AS is_repeat
  FROM dose_records r JOIN more_than_once USING (person, campaign, dose_no) WHERE r.outcome <> 'not_given'
  WINDOW same_day AS (PARTITION BY person, campaign, dose_no, (at AT TIME ZONE 'Europe/Amsterdam')::date),
         same_dose AS (PARTITION BY person, campaign, dose_no, (at AT TIME ZONE 'Europe/Amsterdam')::date, lot
                       ORDER BY moment, accepted_at, region, seq)),
slips AS (
  SELECT c.region, c.kind, d.person AS of_person, c.person, d.campaign, d.dose_no AS of_dose_no, c.dose_no, d.lot AS of_lot, c.lot,
         d.product AS of_product, c.product, d.at AS of_at, c.at, c.reason, c.why, c.corrected_by, d.author, d.device, d.device_at,
         c.source, c.accepted_at, c.moment
  FROM dose_corrections c JOIN doses d ON d.source = c.of_source AND d.id = c.of_id
  UNION ALL
  SELECT c.region, 'unmatched', c.person, c.person, c.campaign, c.dose_no, c.dose_no, c.lot, c.lot, c.product, c.product, c.at, c.at,
         c.reason, c.why, c.corrected_by, c.author, c.device, c.device_at, c.source, c.accepted_at, c.moment
  FROM dose_corrections c WHERE NOT EXISTS (SELECT FROM doses d WHERE d.source = c.of_source AND d.id = c.of_id)
  UNION ALL
  SELECT region, 'said_twice', person, person, campaign, dose_no, dose_no, lot, lot, product, product, at, at, NULL, NULL, NULL, author,
         device, device_at, source, accepted_at, moment
  FROM repeats WHERE is_repeat)
SELECT * FROM slips s
WHERE ((SELECT me('role')) = 'planner' AND region = (SELECT me('region')))
   OR ((SELECT me('role')) = 'practice' AND is_own_patient(of_person));

-- Facts of teams that were true when they were said, and no longer fit what was decided meanwhile: kept, and shown.
CREATE VIEW dose_conflicts AS
WITH mine AS (
  SELECT * FROM dose_records WHERE region = (SELECT me('region')) AND (SELECT me('role')) = 'planner' AND visit IS NOT NULL),
found AS (
  SELECT d.*, CASE WHEN v.team <> d.team THEN 'other_team' ELSE 'visit_taken_off' END AS kind
  FROM mine d JOIN visits v ON v.region = d.region AND v.visit = d.visit
  WHERE v.assigned_seq > 0 AND (v.team <> d.team OR NOT v.live)
  UNION ALL
  SELECT d.*, 'lot_quarantined' FROM mine d JOIN lots l ON l.region = d.region AND l.product = d.product AND l.lot = d.lot
  WHERE NOT l.usable AND l.quarantined_moment <= d.at AND d.outcome = 'given')
SELECT DISTINCT ON (kind, person, campaign, dose_no, lot, outcome, at::date)
       region, person, campaign, dose_no, visit, team, product, lot, at, accepted_at, kind
FROM found ORDER BY kind, person, campaign, dose_no, lot, outcome, at::date, accepted_at;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{doses_shown,answers_shown,decisions_shown,deaths_shown,series_to_judge,dose_slips,dose_conflicts}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
    EXECUTE format('GRANT SELECT ON %I TO reader', v);
  END LOOP;
END $$;

-- Doses that were given stay given: who is withdrawn counts no more as registered, consented or planned, and still as
-- given, in the region and (without a registration) the place of the dose.
CREATE OR REPLACE VIEW people_now AS
WITH registered AS (
  SELECT region, campaign, person, (array_agg(at_location ORDER BY registered_moment DESC, registered_seq DESC))[1] AS location,
         max(registered_at) AS registered_at
  FROM registrations WHERE live GROUP BY region, campaign, person),
answered AS (
  SELECT DISTINCT ON (region, person, campaign) region, person, campaign, status, recorded_at
  FROM consents WHERE subject = 'treatment' ORDER BY region, person, campaign, moment DESC, seq DESC),
given AS (
  SELECT region, person, campaign, count(DISTINCT dose_no) AS doses, max(at) AS at,
         (array_agg(location ORDER BY at DESC, dose_no DESC))[1] AS location
  FROM dose_records WHERE outcome <> 'not_given' GROUP BY region, person, campaign),
booked AS (
  SELECT DISTINCT a.region, a.person, a.campaign FROM appointments a
  WHERE a.live AND NOT EXISTS (
    SELECT FROM dose_records d WHERE d.region = a.region AND d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no
      AND d.outcome <> 'not_given'))
SELECT region, campaign, person, coalesce(r.location, g.location) AS location, r.registered_at,
       r.registered_at IS NOT NULL AND coalesce(c.status, 'unknown') = 'given' AS consented,
       r.registered_at IS NOT NULL AND b.person IS NOT NULL AS planned, coalesce(g.doses, 0) AS doses,
       greatest(r.registered_at, c.recorded_at, g.at) AS newest_at, r.registered_at IS NOT NULL AS registered
FROM registered r FULL JOIN given g USING (region, campaign, person)
LEFT JOIN answered c USING (region, campaign, person)
LEFT JOIN booked b USING (region, campaign, person);

CREATE OR REPLACE VIEW totals_people AS
SELECT region, campaign,
       (SELECT c.facts ->> 'name' FROM campaigns c WHERE c.campaign = n.campaign AND c.facts IS NOT NULL ORDER BY c.region LIMIT 1)
         AS name,
       shown(count(*) FILTER (WHERE registered), false) AS registered, shown(count(*) FILTER (WHERE consented), false) AS consented,
       shown(count(*) FILTER (WHERE planned), false) AS planned, shown(count(*) FILTER (WHERE doses > 0), false) AS given,
       shown(sum(doses)::bigint, false) AS doses_given, shown(count(*) FILTER (WHERE doses > 1), false) AS given_twice,
       max(newest_at) AS newest_at
FROM people_now n GROUP BY region, campaign;

CREATE OR REPLACE VIEW totals_area AS
WITH cells AS (
  SELECT p.region, p.campaign, coalesce(l.registered ->> 'municipality', '') AS area, what.name AS what, sum(what.n)::bigint AS n
  FROM people_now p LEFT JOIN locations l ON l.region = p.region AND l.location = p.location,
  LATERAL (VALUES ('registered', p.registered::int), ('consented', p.consented::int), ('planned', p.planned::int),
                  ('given', (p.doses > 0)::int)) AS what (name, n)
  WHERE p.region = me('region') AND me('role') IN ('planner', 'crisis')
  GROUP BY p.region, p.campaign, coalesce(l.registered ->> 'municipality', ''), what.name),
marked AS (
  SELECT *, count(*) FILTER (WHERE is_small(n)) OVER (PARTITION BY region, campaign, what) AS hidden,
         row_number() OVER (PARTITION BY region, campaign, what ORDER BY is_small(n), n = 0, n, area) AS place
  FROM cells)
SELECT region, campaign, area, what, shown(n, hidden = 1 AND place = 1) AS n FROM marked;

CREATE OR REPLACE VIEW totals_days AS
WITH cells AS (
  SELECT region, campaign, (at AT TIME ZONE 'Europe/Amsterdam')::date AS on_day, count(*) AS n, max(at) AS newest_at
  FROM dose_statements WHERE outcome = 'given' AND NOT is_repeat AND region = me('region') AND me('role') IN ('planner', 'crisis')
  GROUP BY 1, 2, 3),
marked AS (
  SELECT *, count(*) FILTER (WHERE is_small(n)) OVER (PARTITION BY region, campaign) AS hidden,
         row_number() OVER (PARTITION BY region, campaign ORDER BY is_small(n), n, on_day) AS place
  FROM cells)
SELECT region, campaign, on_day, shown(n, hidden = 1 AND place = 1) AS doses, newest_at FROM marked;

CREATE OR REPLACE VIEW courier_given AS
SELECT DISTINCT region, person, campaign, dose_no FROM dose_records WHERE outcome <> 'not_given';

CREATE OR REPLACE VIEW courier_progress AS
WITH registered AS (SELECT DISTINCT region, campaign, person FROM registrations WHERE live),
answered AS (
  SELECT DISTINCT ON (region, person, campaign) region, person, campaign, status FROM consents WHERE subject = 'treatment'
  ORDER BY region, person, campaign, moment DESC, seq DESC),
given AS (
  SELECT region, person, campaign, count(DISTINCT dose_no) AS doses FROM dose_records WHERE outcome <> 'not_given'
  GROUP BY region, person, campaign),
booked AS (
  SELECT DISTINCT a.region, a.person, a.campaign FROM appointments a
  WHERE a.live AND NOT EXISTS (
    SELECT FROM dose_records d WHERE d.region = a.region AND d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no
      AND d.outcome <> 'not_given')),
people AS (
  SELECT region, campaign, n.person IS NOT NULL AS registered, a.status, b.person IS NOT NULL AS booked, g.doses
  FROM registered n FULL JOIN given g USING (region, campaign, person)
  LEFT JOIN answered a USING (region, campaign, person) LEFT JOIN booked b USING (region, campaign, person))
SELECT region, campaign, shown(count(*) FILTER (WHERE registered), false) AS registered,
       shown(count(*) FILTER (WHERE registered AND status = 'given'), false) AS plannable,
       shown(count(*) FILTER (WHERE registered AND booked), false) AS planned,
       shown(count(*) FILTER (WHERE doses > 0), false) AS dose_1_given, shown(count(*) FILTER (WHERE doses > 1), false) AS dose_2_given,
       shown(count(*) FILTER (WHERE registered AND status IN ('refused', 'withdrawn')), false) AS refused,
       (SELECT coalesce(-sum(m.doses), 0)::bigint FROM stock_movements m, campaigns c
        WHERE m.region = p.region AND m.kind = 'wasted' AND c.campaign = p.campaign AND c.facts -> 'products' ? m.product) AS wasted
FROM people p GROUP BY region, campaign;
