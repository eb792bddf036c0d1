-- Corrections of corrections, and what is shown of them: every statement, which of them holds, and which wait.
CREATE INDEX corrections_by_event ON dose_corrections (source, id);

-- Every correction with the first record that it is about: it names that record, or a correction that is about it. Of all
-- that are about one record the newest holds. Not here: what names a record that nobody told, or goes round in a circle.
-- Resolved on reading, row by row: a correction may come before what it names, and a table of roots would depend on the order.
-- OFFSET 0: asked one by one, by the index.
CREATE VIEW dose_corrections_placed AS
SELECT first.region AS of_region, first.seq AS of_seq, newest.region = c.region AND newest.seq = c.seq AS holds, c.*
FROM dose_corrections c CROSS JOIN LATERAL (
  WITH RECURSIVE named AS (
    SELECT c.of_source AS source, c.of_id AS id
    UNION
    SELECT p.of_source, p.of_id FROM named n JOIN dose_corrections p ON p.source = n.source AND p.id = n.id)
  SELECT d.region, d.seq, d.source, d.id FROM named CROSS JOIN LATERAL (
    SELECT region, seq, source, id FROM doses WHERE source = named.source AND id = named.id OFFSET 0) AS d) AS first
CROSS JOIN LATERAL (
  WITH RECURSIVE about AS (
    SELECT x.source, x.id, x.region, x.seq, x.moment, x.accepted_at FROM dose_corrections x
    WHERE x.of_source = first.source AND x.of_id = first.id
    UNION
    SELECT x.source, x.id, x.region, x.seq, x.moment, x.accepted_at
    FROM about a JOIN dose_corrections x ON x.of_source = a.source AND x.of_id = a.id)
  SELECT region, seq FROM about ORDER BY moment DESC, accepted_at DESC, region DESC, seq DESC LIMIT 1) AS newest;

-- As 0014 and 0017, with the chains. An outcome that was not given is never made one that was: only taken back.
CREATE OR REPLACE VIEW dose_records AS
SELECT d.region, d.seq, d.person, d.campaign, d.dose_no, d.outcome, d.visit, d.location, d.product, d.lot, d.depot, d.team,
       d.reason, d.at, d.moment, d.accepted_at, d.source, d.id, d.author, d.device, d.device_at, d.place, d.told_by,
       false AS is_corrected
FROM doses d WHERE NOT EXISTS (SELECT FROM dose_corrections c WHERE c.of_source = d.source AND c.of_id = d.id)
  AND (d.outcome <> 'elsewhere' OR EXISTS (
    SELECT FROM registered_once o WHERE o.person = d.person AND (d.said_by IS NULL OR o.practice = d.said_by)))
UNION ALL
SELECT d.region, d.seq, c.person, c.campaign, c.dose_no, d.outcome, coalesce(c.visit, d.visit), c.location, c.product,
       coalesce(c.lot, d.lot), coalesce(c.depot, d.depot), coalesce(c.team, d.team), d.reason, c.at, least(c.at, c.accepted_at),
       c.accepted_at, d.source, d.id, d.author, d.device, d.device_at, d.place, d.told_by, true
FROM dose_corrections_placed c JOIN doses d ON d.region = c.of_region AND d.seq = c.of_seq
WHERE c.kind = 'corrected' AND d.outcome <> 'not_given' AND c.holds
  AND (d.outcome <> 'elsewhere' OR EXISTS (
    SELECT FROM registered_once o WHERE o.person = c.person AND (d.said_by IS NULL OR o.practice = d.said_by)))
UNION ALL
SELECT d.region, d.seq, d.person, d.campaign, d.dose_no, d.outcome, d.visit, d.location, d.product, d.lot, d.depot, d.team,
       d.reason, d.at, d.moment, d.accepted_at, d.source, d.id, d.author, d.device, d.device_at, d.place, d.told_by, false
FROM doses d
WHERE d.outcome = 'not_given' AND EXISTS (SELECT FROM dose_corrections c WHERE c.of_source = d.source AND c.of_id = d.id)
  AND NOT EXISTS (
    WITH RECURSIVE about AS (
      SELECT x.source, x.id, x.kind FROM dose_corrections x WHERE x.of_source = d.source AND x.of_id = d.id
      UNION
      SELECT x.source, x.id, x.kind FROM about a JOIN dose_corrections x ON x.of_source = a.source AND x.of_id = a.id)
    SELECT FROM about WHERE kind = 'retracted');

-- As 0014, with who recorded it where, and of a dose that was given elsewhere the place and who told of it.
CREATE OR REPLACE VIEW person_doses AS
SELECT person, campaign, dose_no, outcome, product, lot, visit, team, reason, at, moment, accepted_at, region, seq,
       location, depot, is_corrected, author, device, device_at, place, told_by
FROM dose_statements WHERE NOT is_repeat;
CREATE OR REPLACE VIEW doses_shown AS
SELECT p.person, p.campaign, p.dose_no, p.outcome, p.product, p.lot, p.visit, p.team, p.reason, p.at, p.moment, p.accepted_at,
       md5(p.region) AS region, p.seq, p.is_corrected, p.author, p.device, p.device_at, p.place, p.told_by
FROM person_doses p WHERE sees_person(p.person);

-- The planner also sees those to whom a dose of the region was corrected.
CREATE OR REPLACE FUNCTION sees_person(wanted uuid) RETURNS boolean STABLE LANGUAGE sql
  RETURN CASE me('role')
    WHEN 'practice' THEN is_own_patient(wanted)
    WHEN 'planner' THEN EXISTS (SELECT FROM registrations r WHERE r.person = wanted AND r.region = (SELECT me('region')))
      OR EXISTS (SELECT FROM doses d WHERE d.person = wanted AND d.region = (SELECT me('region')))
      OR EXISTS (SELECT FROM dose_corrections c WHERE c.person = wanted AND c.region = (SELECT me('region')))
    ELSE false END;

-- Doses that were given elsewhere, for the planner of the region that heard of them.
CREATE VIEW doses_elsewhere AS
SELECT person, campaign, dose_no, product, at, place, told_by, is_corrected, accepted_at FROM dose_records
WHERE outcome = 'elsewhere' AND region = (SELECT me('region')) AND (SELECT me('role')) = 'planner';

-- Live appointments whose dose was given by now, wherever: nobody waits for doses there.
CREATE VIEW appointments_had AS
SELECT a.region, a.visit, a.person, a.campaign, a.dose_no FROM appointments a
WHERE a.live AND a.region = (SELECT me('region')) AND (SELECT me('role')) IN ('planner', 'crisis') AND EXISTS (
  SELECT FROM dose_records d WHERE d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no AND d.outcome <> 'not_given');

-- As 0014: every correction, which of them holds, and who recorded it; those whose first record nobody told yet as 'unmatched'.
CREATE OR REPLACE VIEW dose_slips AS
WITH more_than_once AS MATERIALIZED (
  SELECT person, campaign, dose_no FROM dose_records WHERE outcome <> 'not_given' GROUP BY person, campaign, dose_no HAVING count(*) > 1),
repeats AS (
  SELECT r.*, row_number() OVER same_dose > 1 OR lot IS NULL AND bool_or(lot IS NOT NULL) OVER same_day AS is_repeat
  FROM dose_records r JOIN more_than_once USING (person, campaign, dose_no) WHERE r.outcome <> 'not_given'
  WINDOW same_day AS (PARTITION BY person, campaign, dose_no, (at AT TIME ZONE 'Europe/Amsterdam')::date),
         same_dose AS (PARTITION BY person, campaign, dose_no, (at AT TIME ZONE 'Europe/Amsterdam')::date, lot
                       ORDER BY moment, accepted_at, region, seq)),
placed AS MATERIALIZED (SELECT * FROM dose_corrections_placed),
slips AS (
  SELECT c.region, c.kind, d.person AS of_person, c.person, d.campaign, d.dose_no AS of_dose_no, c.dose_no, d.lot AS of_lot, c.lot,
         d.product AS of_product, c.product, d.at AS of_at, c.at, c.reason, c.why, c.corrected_by, d.author, d.device, d.device_at,
         c.source, c.accepted_at, c.moment, d.region AS of_region, c.holds, c.author AS by_author, c.device AS by_device,
         c.device_at AS by_device_at, d.outcome AS of_outcome
  FROM placed c JOIN doses d ON d.region = c.of_region AND d.seq = c.of_seq
  UNION ALL
  SELECT c.region, 'unmatched', c.person, c.person, c.campaign, c.dose_no, c.dose_no, c.lot, c.lot, c.product, c.product, c.at, c.at,
         c.reason, c.why, c.corrected_by, NULL, NULL, NULL, c.source, c.accepted_at, c.moment, c.region, false, c.author, c.device,
         c.device_at, NULL
  FROM dose_corrections c WHERE NOT EXISTS (SELECT FROM placed p WHERE p.region = c.region AND p.seq = c.seq)
  UNION ALL
  SELECT region, 'said_twice', person, person, campaign, dose_no, dose_no, lot, lot, product, product, at, at, NULL, NULL, NULL, author,
         device, device_at, source, accepted_at, moment, region, false, NULL, NULL, NULL, outcome
  FROM repeats WHERE is_repeat)
SELECT * FROM slips s
WHERE ((SELECT me('role')) = 'planner' AND (SELECT me('region')) IN (region, of_region))
   OR ((SELECT me('role')) = 'practice' AND is_own_patient(of_person));

-- As 0014, with who recorded it; and also visits that were begun, and containers and leftovers, that no longer fit. `person`
-- is of doses alone.
CREATE OR REPLACE VIEW dose_conflicts AS
WITH mine AS (
  SELECT * FROM dose_records WHERE region = (SELECT me('region')) AND (SELECT me('role')) = 'planner'),
rounds AS (
  SELECT v.region, v.visit, v.team AS planned, v.live, l.body, l.accepted_at, coalesce(v.started_at, v.completed_at) AS at
  FROM visits v JOIN ledger l ON l.region = v.region AND l.seq = coalesce(nullif(v.started_seq, 0), v.completed_seq)
  WHERE v.region = (SELECT me('region')) AND (SELECT me('role')) = 'planner' AND v.assigned_seq > 0
    AND (v.started_seq > 0 OR v.completed_seq > 0)),
held AS (
  SELECT region, product, lot, quarantined_moment FROM lots
  WHERE NOT usable AND region = (SELECT me('region')) AND (SELECT me('role')) = 'planner'),
found AS (
  SELECT d.region, d.person, d.campaign, d.dose_no, d.visit, d.team, d.product, d.lot, d.outcome, d.at, d.accepted_at,
         d.author, d.device, d.device_at, CASE WHEN v.team <> d.team THEN 'other_team' ELSE 'visit_taken_off' END AS kind
  FROM mine d JOIN visits v ON v.region = d.region AND v.visit = d.visit
  WHERE v.assigned_seq > 0 AND (v.team <> d.team OR NOT v.live)
  UNION ALL
  SELECT d.region, d.person, d.campaign, d.dose_no, d.visit, d.team, d.product, d.lot, d.outcome, d.at, d.accepted_at,
         d.author, d.device, d.device_at, 'lot_quarantined'
  FROM mine d JOIN held l ON l.product = d.product AND l.lot = d.lot
  WHERE l.quarantined_moment <= d.at AND d.outcome = 'given'
  UNION ALL
  SELECT r.region, NULL, NULL, NULL, r.visit, (r.body ->> 'team_id')::uuid, NULL, NULL, NULL, r.at, r.accepted_at,
         (r.body ->> 'author_id')::uuid, r.body ->> 'device_id', (r.body ->> 'device_at')::timestamptz,
         CASE WHEN r.planned::text <> r.body ->> 'team_id' THEN 'begun_by_other_team' ELSE 'begun_taken_off' END
  FROM rounds r WHERE r.planned::text <> r.body ->> 'team_id' OR NOT r.live
  UNION ALL
  SELECT c.region, NULL, NULL, NULL, c.visit, c.team, c.product, c.lot, NULL, c.opened_at, g.accepted_at,
         (g.body ->> 'author_id')::uuid, g.body ->> 'device_id', (g.body ->> 'device_at')::timestamptz, 'container_quarantined'
  FROM containers_now c JOIN held l USING (region, product, lot)
  JOIN containers first ON first.region = c.region AND first.container = c.of_container
  JOIN ledger g ON g.region = c.region AND g.seq = first.opened_seq
  WHERE l.quarantined_moment <= c.opened_at
  UNION ALL
  SELECT o.region, NULL, NULL, NULL, NULL, o.team, o.product, o.lot, NULL, (f.facts ->> 'offered_at')::timestamptz, g.accepted_at,
         (g.body ->> 'author_id')::uuid, g.body ->> 'device_id', (g.body ->> 'device_at')::timestamptz, 'leftover_quarantined'
  FROM leftovers_now o JOIN held l USING (region, product, lot) JOIN leftovers f ON f.region = o.region AND f.offer = o.offer
  JOIN ledger g ON g.region = f.region AND g.seq = f.offered_seq
  WHERE l.quarantined_moment <= (f.facts ->> 'offered_at')::timestamptz)
SELECT DISTINCT ON (kind, person, campaign, dose_no, lot, outcome, at::date, CASE WHEN person IS NULL THEN accepted_at END)
       region, person, campaign, dose_no, visit, team, product, lot, at, accepted_at, kind, author, device, device_at
FROM found
ORDER BY kind, person, campaign, dose_no, lot, outcome, at::date, CASE WHEN person IS NULL THEN accepted_at END, accepted_at;

-- As 0015, and all corrections of waste and containers: which of them holds, which wait for the record that they name.
CREATE VIEW stock_corrections_placed AS
WITH RECURSIVE said AS (
  SELECT region, seq, of_source, of_id FROM waste_corrections
  UNION ALL SELECT region, seq, of_source, of_id FROM container_corrections),
about AS (
  SELECT c.region, c.seq, e.seq AS of_seq FROM said c
  JOIN named_events e ON e.source = c.of_source AND e.id = c.of_id AND e.region = c.region
  UNION
  SELECT a.region, a.seq, e.seq FROM about a JOIN said c ON c.region = a.region AND c.seq = a.of_seq
  JOIN named_events e ON e.source = c.of_source AND e.id = c.of_id AND e.region = c.region)
SELECT a.region, a.seq, a.of_seq, l.type, l.body FROM about a JOIN ledger l ON l.region = a.region AND l.seq = a.of_seq
WHERE l.type IN ('dose.wasted.v1', 'container.opened.v1');

CREATE OR REPLACE VIEW corrections_shown AS
SELECT c.region, 'waste' AS what, c.moment, f.body ->> 'product_id' AS first_product, f.body ->> 'lot' AS first_lot,
       (f.body ->> 'doses')::int AS first_doses, c.product, c.lot, c.doses, c.why, c.corrected_by, l.source, c.seq,
       EXISTS (SELECT FROM wastes_corrected w WHERE w.region = c.region AND w.seq = c.seq AND w.of_seq = f.of_seq) AS holds,
       f.of_seq IS NULL AS waits, l.body ->> 'author_id' AS author, l.body ->> 'device_id' AS device
FROM waste_corrections c JOIN ledger l ON l.region = c.region AND l.seq = c.seq
LEFT JOIN stock_corrections_placed f ON f.region = c.region AND f.seq = c.seq AND f.type = 'dose.wasted.v1'
WHERE answers_for(c.region)
UNION ALL
SELECT c.region, 'container', c.moment, f.body ->> 'product_id', f.body ->> 'lot', (f.body ->> 'doses')::int, c.product, c.lot,
       c.doses, c.why, c.corrected_by, l.source, c.seq,
       EXISTS (SELECT FROM containers_corrected w WHERE w.region = c.region AND w.seq = c.seq), f.of_seq IS NULL,
       l.body ->> 'author_id', l.body ->> 'device_id'
FROM container_corrections c JOIN ledger l ON l.region = c.region AND l.seq = c.seq
LEFT JOIN stock_corrections_placed f ON f.region = c.region AND f.seq = c.seq AND f.type = 'container.opened.v1'
WHERE answers_for(c.region);
CREATE OR REPLACE VIEW corrections_made AS
SELECT c.region, c.what, c.moment, c.first_product, c.first_lot, c.first_doses, c.product, c.lot, c.doses, c.why, c.corrected_by,
       c.source, c.seq, l.actor, l.actor_org, c.holds, c.waits, c.author, c.device
FROM corrections_shown c JOIN ledger l ON l.region = c.region AND l.seq = c.seq;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{dose_corrections_placed,doses_elsewhere,appointments_had,stock_corrections_placed}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
  END LOOP;
  FOREACH v IN ARRAY '{doses_elsewhere,appointments_had}'::text[] LOOP
    EXECUTE format('GRANT SELECT ON %I TO reader', v);
  END LOOP;
END $$;
