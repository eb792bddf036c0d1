-- With a stop (docs/decisions/0019-a-stop-when-the-fold-changes.md).
-- Who speaks about whom, and that a person is one person in the whole country.
--
-- A practice's fact counts once that practice has, or had, a registration of the person. Decided on reading, so that the
-- order of arrival makes no difference and a rebuild is equal. NULL: said by a team, or by nobody who is named.
ALTER TABLE consents ADD COLUMN said_by uuid;
ALTER TABLE assessments ADD COLUMN said_by uuid;
ALTER TABLE doses ADD COLUMN said_by uuid;
ALTER TABLE adverse_events ADD COLUMN said_by uuid;
-- When the newest change was accepted: with moment, region and number the mark of that statement.
ALTER TABLE registrations ADD COLUMN changed_at timestamptz;

-- A fact about a person that stands in the ledger of another region: how many there were, and how many a plan knew.
ALTER TABLE problem_changes ADD COLUMN elsewhere bigint NOT NULL DEFAULT 0;
ALTER TABLE plan_records ADD COLUMN elsewhere bigint NOT NULL DEFAULT 0;

CREATE VIEW registered_once AS SELECT person, practice FROM registrations WHERE registered_seq > 0;

CREATE OR REPLACE VIEW person_answers AS
SELECT person, campaign, subject, status, given_by, coalesce(said_by, practice) AS voice, dated, moment,
       recorded_at AS accepted_at, region, seq
FROM consents c
WHERE EXISTS (SELECT FROM registered_once o WHERE o.person = c.person AND o.practice = coalesce(c.said_by, c.practice));

CREATE OR REPLACE VIEW person_judgements AS
SELECT person, campaign, judgement, not_before, observation_minutes, dated, moment, recorded_at AS accepted_at, region, seq
FROM assessments a
WHERE EXISTS (SELECT FROM registered_once o WHERE o.person = a.person AND o.practice = coalesce(a.said_by, a.practice));

-- A severe reaction counts whoever says it: as a question to a clinician, before the next dose.
CREATE OR REPLACE VIEW person_reactions AS
SELECT person, campaign, severity, moment, reported_at AS accepted_at, region, seq
FROM adverse_events e
WHERE severity IN ('severe', 'life_threatening') OR said_by IS NULL
   OR EXISTS (SELECT FROM registered_once o WHERE o.person = e.person AND o.practice = e.said_by);

-- As 0014, of doses that count: one given elsewhere counts by the registration of the practice that says so, and where no
-- practice is named once anybody registered the person.
CREATE OR REPLACE VIEW dose_records AS
SELECT d.region, d.seq, d.person, d.campaign, d.dose_no, d.outcome, d.visit, d.location, d.product, d.lot, d.depot, d.team,
       d.reason, d.at, d.moment, d.accepted_at, d.source, d.id, d.author, d.device, d.device_at, d.place, d.told_by,
       false AS is_corrected
FROM doses d WHERE NOT EXISTS (
  SELECT FROM dose_corrections c WHERE c.of_source = d.source AND c.of_id = d.id AND (c.kind = 'retracted' OR d.outcome <> 'not_given'))
  AND (d.outcome <> 'elsewhere' OR EXISTS (
    SELECT FROM registered_once o WHERE o.person = d.person AND (d.said_by IS NULL OR o.practice = d.said_by)))
UNION ALL
SELECT d.region, d.seq, c.person, c.campaign, c.dose_no, d.outcome, coalesce(c.visit, d.visit), c.location, c.product,
       coalesce(c.lot, d.lot), coalesce(c.depot, d.depot), coalesce(c.team, d.team), d.reason, c.at, least(c.at, c.accepted_at),
       c.accepted_at, d.source, d.id, d.author, d.device, d.device_at, d.place, d.told_by, true
FROM dose_corrections c JOIN doses d ON d.source = c.of_source AND d.id = c.of_id
WHERE c.kind = 'corrected' AND d.outcome <> 'not_given' AND NOT EXISTS (
  SELECT FROM dose_corrections n WHERE n.of_source = c.of_source AND n.of_id = c.of_id
    AND (n.moment, n.accepted_at, n.region, n.seq) > (c.moment, c.accepted_at, c.region, c.seq))
  AND (d.outcome <> 'elsewhere' OR EXISTS (
    SELECT FROM registered_once o WHERE o.person = c.person AND (d.said_by IS NULL OR o.practice = d.said_by)));

-- As 0014, and said by a practice that has or had a registration.
CREATE OR REPLACE VIEW person_deaths AS
SELECT person, campaign, withdrawn_moment AS moment, coalesce(withdrawn_at, withdrawn_moment) AS accepted_at, region, withdrawn_seq AS seq
FROM registrations d WHERE withdrawn_reason = 'deceased' AND withdrawn_seq > 0 AND NOT live AND EXISTS (
  SELECT FROM registered_once o WHERE o.person = d.person AND o.practice = d.practice);

-- What a practice said of people whom it has not registered: kept, without effect.
CREATE VIEW waiting_facts AS
SELECT f.* FROM (
  SELECT 'consent' AS kind, region, seq, person, campaign, coalesce(said_by, practice) AS practice, moment FROM consents
  UNION ALL SELECT 'assessment', region, seq, person, campaign, coalesce(said_by, practice), moment FROM assessments
  UNION ALL SELECT 'dose', region, seq, person, campaign, said_by, moment FROM doses WHERE outcome = 'elsewhere'
  UNION ALL SELECT 'reaction', region, seq, person, campaign, said_by, moment FROM adverse_events
    WHERE said_by IS NOT NULL AND severity NOT IN ('severe', 'life_threatening')
  UNION ALL SELECT 'change', region, changed_seq, person, campaign, practice, changed_moment FROM registrations WHERE changed_seq > 0
  UNION ALL SELECT 'withdrawal', region, withdrawn_seq, person, campaign, practice, withdrawn_moment FROM registrations WHERE withdrawn_seq > 0
) f
WHERE NOT EXISTS (
  SELECT FROM registered_once o WHERE o.person = f.person AND (f.practice IS NULL OR o.practice = f.practice));

-- To the practice that said it, and to the planner as a number of people.
CREATE VIEW own_waiting AS
SELECT kind, person, campaign, moment FROM waiting_facts
WHERE me('role') = 'practice' AND practice = me('organisation')::uuid;
CREATE VIEW totals_waiting AS
SELECT region, count(DISTINCT person) AS people, count(*) AS facts FROM waiting_facts
WHERE me('role') = 'planner' AND region = me('region') GROUP BY region;

-- Registrations as they stand, wherever they were said. Of one practice's statements about a person the newest holds, in
-- whatever region it was made: a person who moves is where the newest statement says. Of several practices' registrations
-- the newest tells the region in which the person is planned (`home`), and the others are taken over. Ask for people
-- by `person = ANY (...)`: that reaches the index, a join does not.
CREATE VIEW registrations_now AS
SELECT r.person, r.campaign, r.practice, r.region, r.at_location AS location, r.birth_year, r.indication, r.has_needs AS needs,
       r.registered_at, CASE WHEN (r.changed_moment, r.changed_seq) > (r.registered_moment, r.registered_seq)
         THEN r.changed_moment ELSE r.registered_moment END AS moment,
       CASE WHEN (r.changed_moment, r.changed_seq) > (r.registered_moment, r.registered_seq)
         THEN r.changed_at ELSE r.registered_at END AS accepted_at,
       CASE WHEN (r.changed_moment, r.changed_seq) > (r.registered_moment, r.registered_seq)
         THEN r.changed_seq ELSE r.registered_seq END AS seq, r.region AS home
FROM registrations r
WHERE r.live AND NOT EXISTS (
  SELECT FROM registrations m WHERE m.person = r.person AND m.campaign = r.campaign AND m.region <> r.region)
UNION ALL
SELECT person, campaign, practice, region, location, birth_year, indication, needs, registered_at, moment, accepted_at, seq,
       first_value(region) OVER (
         PARTITION BY person, campaign ORDER BY moment DESC, coalesce(accepted_at, '-infinity') DESC, region DESC, seq DESC)
FROM (
  SELECT person, campaign, practice,
         CASE WHEN moved THEN (changed).region ELSE (registered).region END AS region,
         CASE WHEN moved THEN (changed).moved_to ELSE (registered).location END AS location,
         (registered).birth_year, (registered).indication,
         CASE WHEN moved THEN (changed).changed_needs ELSE (registered).needs END AS needs, (registered).registered_at,
         CASE WHEN moved THEN (changed).changed_moment ELSE (registered).registered_moment END AS moment,
         CASE WHEN moved THEN (changed).changed_at ELSE (registered).registered_at END AS accepted_at,
         CASE WHEN moved THEN (changed).changed_seq ELSE (registered).registered_seq END AS seq
  FROM (
    SELECT *,
           ((changed).changed_moment, coalesce((changed).changed_at, '-infinity'), (changed).region, (changed).changed_seq)
             > ((registered).registered_moment, coalesce((registered).registered_at, '-infinity'), (registered).region,
                (registered).registered_seq) AS moved
    FROM (
      SELECT person, campaign, practice,
             (array_agg(r ORDER BY registered_moment DESC, registered_at DESC NULLS LAST, region DESC, registered_seq DESC))[1] AS registered,
             (array_agg(r ORDER BY changed_moment DESC, changed_at DESC NULLS LAST, region DESC, changed_seq DESC))[1] AS changed,
             (array_agg(r ORDER BY withdrawn_moment DESC, withdrawn_at DESC NULLS LAST, region DESC, withdrawn_seq DESC))[1] AS withdrawn
      FROM registrations r WHERE EXISTS (
        SELECT FROM registrations m WHERE m.person = r.person AND m.campaign = r.campaign AND m.region <> r.region)
      GROUP BY person, campaign, practice) AS newest
    WHERE (registered).registered_seq > 0
      AND ((registered).registered_moment, coalesce((registered).registered_at, '-infinity'), (registered).region,
           (registered).registered_seq)
        > ((withdrawn).withdrawn_moment, coalesce((withdrawn).withdrawn_at, '-infinity'), (withdrawn).region,
           (withdrawn).withdrawn_seq)) AS lasting) AS standing;

CREATE VIEW person_regions AS SELECT DISTINCT person, campaign, home AS region FROM registrations_now;

-- Reading rights follow the live registration, of whatever region it is.
CREATE OR REPLACE FUNCTION is_own_patient(wanted uuid) RETURNS boolean STABLE LANGUAGE sql
  RETURN EXISTS (
    SELECT FROM registrations r
    WHERE r.person = wanted AND r.practice = (SELECT me('organisation'))::uuid AND r.live AND NOT EXISTS (
      SELECT FROM registrations o
      WHERE o.person = r.person AND o.campaign = r.campaign AND o.practice = r.practice AND o.region <> r.region
        AND (o.withdrawn_moment, coalesce(o.withdrawn_at, '-infinity'), o.region, o.withdrawn_seq)
          > (r.registered_moment, coalesce(r.registered_at, '-infinity'), r.region, r.registered_seq)));

-- For the practice: its own registrations, with what it may know of others': that there is one at another place, or that
-- another region plans this person. OFFSET 0: asked person by person, by the index.
CREATE VIEW own_registrations AS
SELECT r.person, r.campaign, r.practice, r.region, r.location, r.birth_year, r.indication, r.registered_at,
       r.region <> r.home AS taken_over,
       r.region = r.home AND EXISTS (
         SELECT FROM registrations o WHERE o.person = r.person AND o.campaign = r.campaign AND o.region <> r.region AND o.live) AS takes_over,
       r.places > 1 AS two_places
FROM (SELECT DISTINCT person FROM registrations WHERE practice = me('organisation')::uuid AND me('role') = 'practice') AS own
CROSS JOIN LATERAL (
  SELECT n.*, (SELECT count(DISTINCT o.location) FROM registrations_now o WHERE o.person = own.person AND o.campaign = n.campaign) AS places
  FROM registrations_now n WHERE n.person = own.person OFFSET 0) AS r
WHERE r.practice = me('organisation')::uuid;

-- For the planner: how many people another region took over, how many this one did, how many are said to live in two places.
CREATE VIEW totals_moves AS
WITH moving AS (
  SELECT DISTINCT person, campaign FROM registrations r
  WHERE r.region = me('region') AND me('role') = 'planner' AND r.live AND EXISTS (
    SELECT FROM registrations o WHERE o.person = r.person AND o.campaign = r.campaign AND o.region <> r.region)),
homes AS (
  SELECT m.person, m.campaign, n.home, n.others FROM moving m CROSS JOIN LATERAL (
    SELECT DISTINCT home, EXISTS (
      SELECT FROM registrations o WHERE o.person = m.person AND o.campaign = m.campaign AND o.region <> home AND o.live) AS others
    FROM registrations_now WHERE person = m.person AND campaign = m.campaign OFFSET 0) AS n),
doubled AS (
  SELECT person FROM registrations r WHERE r.region = me('region') AND me('role') = 'planner' AND r.live
  GROUP BY person, campaign HAVING count(DISTINCT at_location) > 1)
SELECT (SELECT count(DISTINCT person) FROM homes WHERE home <> me('region')) AS taken_over,
       (SELECT count(DISTINCT person) FROM homes WHERE home = me('region') AND others) AS takes_over,
       (SELECT count(DISTINCT person) FROM doubled) AS two_places;

-- A registration by one practice of somebody whom another practice had registered before. Without the person: open.
CREATE VIEW claims AS
SELECT r.region, r.practice, coalesce((SELECT o.facts ->> 'name' FROM organisations o WHERE o.organisation = r.practice AND o.facts IS NOT NULL
                                        ORDER BY o.region LIMIT 1), left(r.practice::text, 8)) AS name,
       r.registered_at AS at, (p.policy ->> 'claims_alarm')::int AS most
FROM registrations r LEFT JOIN policies p ON p.region = r.region
WHERE r.registered_seq > 0 AND EXISTS (
  SELECT FROM registrations o
  WHERE o.person = r.person AND o.campaign = r.campaign AND o.practice <> r.practice AND o.registered_seq > 0
    AND (o.registered_moment, coalesce(o.registered_at, '-infinity'), o.region, o.registered_seq)
      < (r.registered_moment, coalesce(r.registered_at, '-infinity'), r.region, r.registered_seq));

-- What counts of the own patients of a practice, wherever it was said; of an answer not whose it is.
CREATE VIEW consents_settled AS
WITH newest AS (
  SELECT DISTINCT ON (person, campaign, voice, given_by) person, campaign, status, moment, accepted_at, region, seq FROM person_answers
  WHERE subject = 'treatment' AND status <> 'unknown' AND me('role') = 'practice' AND is_own_patient(person)
  ORDER BY person, campaign, voice, given_by, moment DESC, accepted_at DESC, region DESC, seq DESC)
SELECT person, campaign, max(moment) AS moment,
       CASE WHEN bool_or(status = 'given') AND bool_or(status <> 'given') THEN 'conflicting'
            ELSE (array_agg(status ORDER BY moment DESC, accepted_at DESC, region DESC, seq DESC))[1] END AS status
FROM newest GROUP BY person, campaign;
CREATE VIEW judgements_settled AS
SELECT DISTINCT ON (person, campaign) person, campaign, judgement, moment FROM person_judgements
WHERE me('role') = 'practice' AND is_own_patient(person)
ORDER BY person, campaign, moment DESC, accepted_at DESC, region DESC, seq DESC;

-- Open questions about who somebody is, by the practice that was asked. Without the person: open.
CREATE POLICY counts ON person_questions FOR SELECT TO counter USING (true);
GRANT SELECT ON person_questions TO counter;
CREATE VIEW questions_asked AS
SELECT q.region, q.organisation AS practice, coalesce((SELECT o.facts ->> 'name' FROM organisations o
         WHERE o.organisation = q.organisation AND o.facts IS NOT NULL ORDER BY o.region LIMIT 1), left(q.organisation::text, 8)) AS name,
       count(*) AS questions, (p.policy ->> 'claims_alarm')::int AS most
FROM person_questions q LEFT JOIN policies p ON p.region = q.region
WHERE q.answered_at IS NULL AND q.organisation IS NOT NULL GROUP BY q.region, q.organisation, p.policy;

CREATE OR REPLACE VIEW courier_practices AS SELECT DISTINCT region, person, practice FROM registrations_now;

-- As 0014 and 0015: a person is registered in one region, and answers count wherever they were given.
CREATE OR REPLACE VIEW people_now AS
WITH registered AS (
  SELECT home AS region, campaign, person,
         (array_agg(location ORDER BY moment DESC, accepted_at DESC NULLS LAST, seq DESC))[1] AS location, max(registered_at) AS registered_at
  FROM registrations_now WHERE region = home GROUP BY home, campaign, person),
answered AS (
  SELECT DISTINCT ON (person, campaign) person, campaign, status, accepted_at AS recorded_at
  FROM person_answers WHERE subject = 'treatment' ORDER BY person, campaign, moment DESC, accepted_at DESC, region DESC, seq DESC),
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
LEFT JOIN answered c USING (campaign, person)
LEFT JOIN booked b USING (region, campaign, person);

CREATE OR REPLACE VIEW courier_progress AS
WITH registered AS (SELECT DISTINCT home AS region, campaign, person FROM registrations_now WHERE region = home),
answered AS (
  SELECT DISTINCT ON (person, campaign) person, campaign, status FROM person_answers WHERE subject = 'treatment'
  ORDER BY person, campaign, moment DESC, accepted_at DESC, region DESC, seq DESC),
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
  LEFT JOIN answered a USING (campaign, person) LEFT JOIN booked b USING (region, campaign, person))
SELECT region, campaign, shown(count(*) FILTER (WHERE registered), false) AS registered,
       shown(count(*) FILTER (WHERE registered AND status = 'given'), false) AS plannable,
       shown(count(*) FILTER (WHERE registered AND booked), false) AS planned,
       shown(count(*) FILTER (WHERE doses > 0), false) AS dose_1_given, shown(count(*) FILTER (WHERE doses > 1), false) AS dose_2_given,
       shown(count(*) FILTER (WHERE registered AND status IN ('refused', 'withdrawn')), false) AS refused,
       (SELECT coalesce(-sum(m.doses), 0)::bigint FROM stock_now m, campaigns c
        WHERE m.region = p.region AND m.kind = 'wasted' AND c.campaign = p.campaign AND c.facts -> 'products' ? m.product) AS wasted
FROM people p GROUP BY region, campaign;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{registered_once,waiting_facts,own_waiting,totals_waiting,registrations_now,person_regions,own_registrations,totals_moves,claims,consents_settled,judgements_settled,questions_asked}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
  END LOOP;
  FOREACH v IN ARRAY '{registrations_now,person_regions}'::text[] LOOP
    EXECUTE format('GRANT SELECT ON %I TO acceptor, planner', v);
  END LOOP;
  FOREACH v IN ARRAY '{own_waiting,totals_waiting,own_registrations,totals_moves,claims,consents_settled,judgements_settled,questions_asked}'::text[] LOOP
    EXECUTE format('GRANT SELECT ON %I TO reader', v);
  END LOOP;
END $$;
