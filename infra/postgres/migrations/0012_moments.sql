-- With a stop (docs/decisions/0019-a-stop-when-the-fold-changes.md).
-- Of two facts about one thing the one with the later moment holds, whatever arrived first: each group of columns gets
-- its moment beside its number, and (moment, number) decides. The rebuild after this migration fills the moments of
-- facts that were accepted before. Pins, plans, visits that are assigned and system facts go by number, as before.
DO $$
DECLARE g text[];
BEGIN
  FOREACH g SLICE 1 IN ARRAY ARRAY[
    ['organisations', 'registered'], ['organisations', 'changed'], ['policies', 'changed'],
    ['locations', 'registered'], ['locations', 'changed'], ['locations', 'declared'], ['locations', 'lifted'],
    ['registrations', 'registered'], ['registrations', 'changed'], ['registrations', 'withdrawn'],
    ['teams', 'formed'], ['shifts', 'opened'], ['shifts', 'changed'], ['shifts', 'swapped'], ['shifts', 'withdrawn'],
    ['campaigns', 'opened'], ['campaigns', 'changed'], ['products', 'catalogued'],
    ['deliveries', 'announced'], ['deliveries', 'received'], ['lots', 'quarantined'], ['lots', 'released'],
    ['crisis_requests', 'requested'], ['crisis_requests', 'withdrawn'], ['visits', 'started'], ['visits', 'completed'],
    ['confirmations', 'answered'], ['loans', 'lent'], ['reserves', 'listed'], ['containers', 'opened'],
    ['leftovers', 'offered']]
  LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN %I timestamptz NOT NULL DEFAULT ''-infinity''', g[1], g[2] || '_moment');
  END LOOP;
END $$;

-- Series: the moment of each row, and when it was accepted where that was not kept.
ALTER TABLE consents ADD COLUMN moment timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN dated boolean NOT NULL DEFAULT false;
ALTER TABLE assessments ADD COLUMN moment timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN dated boolean NOT NULL DEFAULT false;
ALTER TABLE adverse_events ADD COLUMN moment timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE doses ADD COLUMN moment timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN accepted_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE delays ADD COLUMN moment timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN accepted_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE decisions ADD COLUMN moment timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN accepted_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE stock_movements ADD COLUMN moment timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN accepted_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE stock_counts ADD COLUMN moment timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN accepted_at timestamptz NOT NULL DEFAULT '-infinity';

ALTER TABLE organisations ALTER COLUMN facts SET EXPRESSION AS (
  CASE WHEN (changed_moment, changed_seq) > (registered_moment, registered_seq) THEN changed ELSE registered END);
ALTER TABLE locations ALTER COLUMN room SET EXPRESSION AS (
  CASE WHEN (changed_moment, changed_seq) > (registered_moment, registered_seq) THEN changed ELSE registered END);
ALTER TABLE locations ALTER COLUMN outbreak SET EXPRESSION AS (
  CASE WHEN (declared_moment, declared_seq) > (lifted_moment, lifted_seq) THEN outbreak_policy END);
ALTER TABLE registrations ALTER COLUMN live SET EXPRESSION AS (
  (registered_moment, registered_seq) > (withdrawn_moment, withdrawn_seq));
ALTER TABLE registrations ALTER COLUMN at_location SET EXPRESSION AS (
  CASE WHEN (changed_moment, changed_seq) > (registered_moment, registered_seq) THEN moved_to ELSE location END);
ALTER TABLE registrations ALTER COLUMN has_needs SET EXPRESSION AS (
  CASE WHEN (changed_moment, changed_seq) > (registered_moment, registered_seq) THEN changed_needs ELSE needs END);
DROP INDEX registrations_of_practice;
CREATE INDEX registrations_of_practice ON registrations (practice) WHERE live;
ALTER TABLE shifts ALTER COLUMN facts SET EXPRESSION AS (
  CASE WHEN (changed_moment, changed_seq) > (opened_moment, opened_seq) THEN changed ELSE opened END);
ALTER TABLE shifts ALTER COLUMN live SET EXPRESSION AS (
  (opened_moment, opened_seq) > (withdrawn_moment, withdrawn_seq) OR (changed_moment, changed_seq) > (withdrawn_moment, withdrawn_seq));
ALTER TABLE shifts ALTER COLUMN worked SET EXPRESSION AS (
  CASE WHEN (changed_moment, changed_seq) > (opened_moment, opened_seq) THEN changed ELSE opened END
  || CASE WHEN (swapped_moment, swapped_seq) > (opened_moment, opened_seq) AND (swapped_moment, swapped_seq) > (changed_moment, changed_seq)
     THEN swapped ELSE '{}' END);
ALTER TABLE campaigns ALTER COLUMN facts SET EXPRESSION AS (
  CASE WHEN (changed_moment, changed_seq) > (opened_moment, opened_seq) THEN changed ELSE opened END);
ALTER TABLE lots ALTER COLUMN usable SET EXPRESSION AS (
  (released_moment, released_seq) >= (quarantined_moment, quarantined_seq));
ALTER TABLE crisis_requests ALTER COLUMN live SET EXPRESSION AS (
  (requested_moment, requested_seq) > (withdrawn_moment, withdrawn_seq));

DROP INDEX consents_of_person, assessments_of_person, doses_of_person, adverse_events_of_person, delays_of_team;
CREATE INDEX consents_of_person ON consents (person, campaign);
CREATE INDEX assessments_of_person ON assessments (person, campaign);
CREATE INDEX doses_of_person ON doses (person, campaign);
CREATE INDEX adverse_events_of_person ON adverse_events (person, campaign);
CREATE INDEX delays_of_team ON delays (region, team, moment DESC, seq DESC);

-- What is known of a person, in whatever region it was said: a person is one person in the whole country. For the rules
-- of care, which need (moment, accepted_at, region, seq) to tell the newer of two facts; a page gets none of the four.
CREATE VIEW person_answers AS
SELECT person, campaign, subject, status, given_by, practice AS voice, dated, moment, recorded_at AS accepted_at, region, seq
FROM consents;
CREATE VIEW person_judgements AS
SELECT person, campaign, judgement, not_before, observation_minutes, dated, moment, recorded_at AS accepted_at, region, seq
FROM assessments;
CREATE VIEW person_reactions AS
SELECT person, campaign, severity, moment, reported_at AS accepted_at, region, seq FROM adverse_events;
CREATE VIEW person_doses AS
SELECT person, campaign, dose_no, outcome, product, lot, visit, team, reason, at, moment, accepted_at, region, seq FROM doses;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{person_answers,person_judgements,person_reactions,person_doses}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
    EXECUTE format('GRANT SELECT ON %I TO acceptor, planner', v);
  END LOOP;
END $$;

-- The newest answer on treatment, for totals and notices; of equal moments the later number.
CREATE OR REPLACE VIEW people_now AS
WITH registered AS (
  SELECT region, campaign, person, (array_agg(at_location ORDER BY registered_moment DESC, registered_seq DESC))[1] AS location,
         max(registered_at) AS registered_at
  FROM registrations WHERE live GROUP BY region, campaign, person),
answered AS (
  SELECT DISTINCT ON (region, person, campaign) region, person, campaign, status, recorded_at
  FROM consents WHERE subject = 'treatment' ORDER BY region, person, campaign, moment DESC, seq DESC),
given AS (
  SELECT region, person, campaign, count(DISTINCT dose_no) AS doses, max(at) AS at
  FROM doses WHERE outcome <> 'not_given' GROUP BY region, person, campaign),
booked AS (
  SELECT DISTINCT a.region, a.person, a.campaign FROM appointments a
  WHERE a.live AND NOT EXISTS (
    SELECT FROM doses d WHERE d.region = a.region AND d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no
      AND d.outcome <> 'not_given'))
SELECT r.region, r.campaign, r.person, r.location, r.registered_at, coalesce(c.status, 'unknown') = 'given' AS consented,
       b.person IS NOT NULL AS planned, coalesce(g.doses, 0) AS doses, greatest(r.registered_at, c.recorded_at, g.at) AS newest_at
FROM registered r
LEFT JOIN answered c USING (region, person, campaign)
LEFT JOIN given g USING (region, person, campaign)
LEFT JOIN booked b USING (region, person, campaign);
CREATE OR REPLACE VIEW courier_progress AS
WITH registered AS (SELECT DISTINCT region, campaign, person FROM registrations WHERE live),
answered AS (
  SELECT DISTINCT ON (region, person, campaign) region, person, campaign, status FROM consents WHERE subject = 'treatment'
  ORDER BY region, person, campaign, moment DESC, seq DESC),
given AS (
  SELECT region, person, campaign, count(DISTINCT dose_no) AS doses FROM doses WHERE outcome <> 'not_given'
  GROUP BY region, person, campaign),
booked AS (
  SELECT DISTINCT a.region, a.person, a.campaign FROM appointments a
  WHERE a.live AND NOT EXISTS (
    SELECT FROM doses d WHERE d.region = a.region AND d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no
      AND d.outcome <> 'not_given'))
SELECT region, campaign, shown(count(*), false) AS registered,
       shown(count(*) FILTER (WHERE a.status = 'given'), false) AS plannable,
       shown(count(*) FILTER (WHERE b IS NOT NULL), false) AS planned,
       shown(count(*) FILTER (WHERE g.doses > 0), false) AS dose_1_given, shown(count(*) FILTER (WHERE g.doses > 1), false) AS dose_2_given,
       shown(count(*) FILTER (WHERE a.status IN ('refused', 'withdrawn')), false) AS refused,
       (SELECT coalesce(-sum(m.doses), 0)::bigint FROM stock_movements m, campaigns c
        WHERE m.region = n.region AND m.kind = 'wasted' AND c.campaign = n.campaign AND c.facts -> 'products' ? m.product) AS wasted
FROM registered n LEFT JOIN answered a USING (region, person, campaign) LEFT JOIN given g USING (region, person, campaign)
LEFT JOIN booked b USING (region, person, campaign)
GROUP BY region, campaign;
