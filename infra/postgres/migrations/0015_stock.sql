-- Stock by what counts: a delivery is (depot, delivery, lot) and a later statement of it replaces the earlier, what was
-- wasted counts as it was corrected, and a count that a person settled is where the books go on from. Rows are kept as
-- they were said; these views choose. The rebuild after this migration fills `delivery` of what was accepted before.
ALTER TABLE stock_movements ADD COLUMN delivery uuid;  -- of what was received
ALTER TABLE stock_counts ADD COLUMN counted_by uuid;

-- What the GGD vouched for: only that may secure second doses before it has arrived.
ALTER TABLE deliveries
  ADD COLUMN confirmed_depot uuid, ADD COLUMN confirmed_product text, ADD COLUMN confirmed_doses int,
  ADD COLUMN confirmed_on date, ADD COLUMN confirmed_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN confirmed_moment timestamptz NOT NULL DEFAULT '-infinity';

-- How many doses of a lot there were at the newest of the counts that this settles, by whom, and why.
CREATE TABLE stock_adjustments (
  region text, seq bigint, depot uuid NOT NULL, product text NOT NULL, lot text NOT NULL, doses int NOT NULL, counts jsonb NOT NULL,
  reason text NOT NULL, adjusted_by uuid, moment timestamptz NOT NULL, accepted_at timestamptz NOT NULL, PRIMARY KEY (region, seq));
CREATE INDEX stock_adjustments_of_depot ON stock_adjustments (region, depot, product, lot);

CREATE TABLE waste_corrections (
  region text, seq bigint, of_source text NOT NULL, of_id text NOT NULL, depot uuid NOT NULL, product text NOT NULL, lot text NOT NULL,
  doses int NOT NULL, reason text NOT NULL, team uuid, visit uuid, wasted_at timestamptz NOT NULL, why text NOT NULL, corrected_by uuid,
  moment timestamptz NOT NULL, accepted_at timestamptz NOT NULL, PRIMARY KEY (region, seq));

CREATE TABLE container_corrections (
  region text, seq bigint, of_source text NOT NULL, of_id text NOT NULL, container uuid NOT NULL, product text NOT NULL,
  lot text NOT NULL, team uuid NOT NULL, visit uuid, doses int, opened_at timestamptz NOT NULL, why text NOT NULL, corrected_by uuid,
  moment timestamptz NOT NULL, accepted_at timestamptz NOT NULL, PRIMARY KEY (region, seq));

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY '{stock_adjustments,waste_corrections,container_corrections}'::text[] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY accepts ON %I TO acceptor USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO acceptor', t);
    EXECUTE format('CREATE POLICY plans ON %I FOR SELECT TO planner USING (true)', t);
    EXECUTE format('CREATE POLICY counts ON %I FOR SELECT TO counter USING (true)', t);
    EXECUTE format('CREATE POLICY reads_region ON %I FOR SELECT TO reader USING (
      (SELECT me(''role'')) IN (''planner'', ''crisis'') AND region = (SELECT me(''region'')))', t);
    EXECUTE format('GRANT SELECT ON %I TO planner, counter, reader', t);
  END LOOP;
END $$;
GRANT SELECT ON seen, source_aliases TO counter;

-- From the name of an event, perhaps under an alias of its source, to where it stands in the ledger.
CREATE VIEW named_events AS
SELECT source, id, region, seq FROM seen
UNION ALL
SELECT a.alias, s.id, s.region, s.seq FROM source_aliases a JOIN seen s ON s.source = a.source;

-- A delivery counts as its newest statement says, from the moment of its first.
CREATE VIEW received_now AS
SELECT DISTINCT ON (region, depot, coalesce(delivery::text, seq::text), lot)
       region, seq, delivery, depot, product, lot, doses, use_by, on_day,
       first_value(moment) OVER statements AS at, first_value(seq) OVER statements AS n
FROM stock_movements WHERE kind = 'received'
WINDOW statements AS (PARTITION BY region, depot, coalesce(delivery::text, seq::text), lot ORDER BY moment, seq)
ORDER BY region, depot, coalesce(delivery::text, seq::text), lot, moment DESC, seq DESC;

-- Doses that our teams gave out of stock: each that counts once, from the depot and lot that its correction says.
CREATE VIEW given_now AS
SELECT region, seq, depot, product, lot, (at AT TIME ZONE 'UTC')::date AS on_day, moment AS at
FROM person_doses WHERE outcome = 'given';

-- The newest correction of a record, which a correction names itself or by another correction of it.
CREATE VIEW wastes_corrected AS
WITH RECURSIVE about AS (
  SELECT c.region, c.seq, e.seq AS of_seq FROM waste_corrections c
  JOIN named_events e ON e.source = c.of_source AND e.id = c.of_id AND e.region = c.region
  UNION
  SELECT a.region, a.seq, e.seq FROM about a JOIN waste_corrections c ON c.region = a.region AND c.seq = a.of_seq
  JOIN named_events e ON e.source = c.of_source AND e.id = c.of_id AND e.region = c.region)
SELECT DISTINCT ON (a.region, a.of_seq) a.of_seq, c.* FROM about a JOIN waste_corrections c USING (region, seq)
ORDER BY a.region, a.of_seq, c.moment DESC, c.seq DESC;

CREATE VIEW containers_corrected AS
WITH RECURSIVE about AS (
  SELECT c.region, c.seq, e.seq AS of_seq FROM container_corrections c
  JOIN named_events e ON e.source = c.of_source AND e.id = c.of_id AND e.region = c.region
  UNION
  SELECT a.region, a.seq, e.seq FROM about a JOIN container_corrections c ON c.region = a.region AND c.seq = a.of_seq
  JOIN named_events e ON e.source = c.of_source AND e.id = c.of_id AND e.region = c.region)
SELECT DISTINCT ON (a.region, first.container) first.container AS of_container, first.product AS of_product, first.lot AS of_lot,
       first.doses AS of_doses, c.*
FROM about a JOIN container_corrections c USING (region, seq)
JOIN LATERAL (
  SELECT (l.body ->> 'container_id')::uuid AS container, l.body ->> 'product_id' AS product, l.body ->> 'lot' AS lot,
         (l.body ->> 'doses')::int AS doses
  FROM ledger l WHERE l.region = a.region AND l.seq = a.of_seq AND l.type = 'container.opened.v1') AS first ON true
ORDER BY a.region, first.container, c.moment DESC, c.seq DESC;

CREATE VIEW containers_now AS
SELECT c.region, coalesce(k.container, c.container) AS container, c.container AS of_container,
       CASE WHEN k.seq IS NULL THEN c.product ELSE k.product END AS product, CASE WHEN k.seq IS NULL THEN c.lot ELSE k.lot END AS lot,
       CASE WHEN k.seq IS NULL THEN c.team ELSE k.team END AS team, CASE WHEN k.seq IS NULL THEN c.visit ELSE k.visit END AS visit,
       CASE WHEN k.seq IS NULL THEN c.doses ELSE k.doses END AS doses,
       CASE WHEN k.seq IS NULL THEN c.opened_at ELSE k.opened_at END AS opened_at
FROM containers c LEFT JOIN containers_corrected k ON k.region = c.region AND k.of_container = c.container;

-- Doses left are the offer less what was taken of it, of the product and lot of the container as it was corrected.
CREATE VIEW leftovers_now AS
SELECT l.region, l.offer, l.team, l.campaign, coalesce(c.product, l.product) AS product, coalesce(c.lot, l.lot) AS lot,
       l.doses - coalesce((SELECT sum(t.doses) FROM (
         SELECT DISTINCT team, person, taken_at, doses FROM leftovers_taken WHERE region = l.region AND offer = l.offer) t), 0)::int AS doses,
       l.use_before
FROM leftovers l LEFT JOIN containers_corrected c
  ON c.region = l.region AND (l.facts ->> 'container_id')::uuid IN (c.of_container, c.container);

-- Waste of equal content is one thing, however often it was said: its moment is part of the content. It counts as the
-- newest correction of any of its records says.
CREATE VIEW wasted_now AS
SELECT DISTINCT ON (m.region, l.body)
       m.region, m.seq, coalesce(c.depot, m.depot) AS depot, coalesce(c.product, m.product) AS product, coalesce(c.lot, m.lot) AS lot,
       coalesce(-c.doses, m.doses) AS doses, coalesce((c.wasted_at AT TIME ZONE 'UTC')::date, m.on_day) AS on_day,
       coalesce(c.reason, m.reason) AS reason, coalesce(least(c.wasted_at, c.accepted_at), m.moment) AS at
FROM stock_movements m JOIN ledger l ON l.region = m.region AND l.seq = m.seq
LEFT JOIN wastes_corrected c ON c.region = m.region AND c.of_seq = m.seq
WHERE m.kind = 'wasted' ORDER BY m.region, l.body, c.moment DESC NULLS LAST, c.seq DESC NULLS LAST, m.moment, m.seq;

-- A move of equal content that its sender dates alike is one move; an undated one may have happened again.
CREATE VIEW moved_now AS
SELECT DISTINCT ON (m.region, l.body, coalesce(l.time::text, m.seq::text), m.part) m.*
FROM stock_movements m JOIN ledger l ON l.region = m.region AND l.seq = m.seq
WHERE m.kind = 'moved' ORDER BY m.region, l.body, coalesce(l.time::text, m.seq::text), m.part, m.seq;

-- All movements but what was decided about counts. `at` and `n` are the mark by which they come before or after a count.
CREATE VIEW movements_now AS
SELECT region, seq, depot, product, lot, doses, 'received' AS kind, use_by, on_day, NULL::text AS reason, at, n FROM received_now
UNION ALL
SELECT region, seq, depot, product, lot, -1, 'given', NULL::date, on_day, NULL, at, seq FROM given_now
UNION ALL
SELECT region, seq, depot, product, lot, doses, 'wasted', NULL, on_day, reason, at, seq FROM wasted_now
UNION ALL
SELECT region, seq, depot, product, lot, doses, kind, NULL, on_day, reason, moment, seq FROM moved_now;

-- A decision holds at the newest count that it settles and that is known here, else at its own moment. Of several about
-- the same count the newest holds.
CREATE VIEW adjustments_now AS
SELECT DISTINCT ON (a.region, a.depot, a.product, a.lot, held.at, held.n)
       a.region, a.seq, a.depot, a.product, a.lot, a.doses, a.reason, held.at, held.n
FROM stock_adjustments a CROSS JOIN LATERAL (
  SELECT found.at, found.n FROM (
    SELECT c.moment AS at, c.seq AS n, true AS counted FROM jsonb_to_recordset(a.counts) AS r (source text, id text)
    JOIN named_events e ON e.source = r.source AND e.id = r.id AND e.region = a.region
    JOIN stock_counts c ON c.region = e.region AND c.seq = e.seq AND (c.depot, c.product, c.lot) = (a.depot, a.product, a.lot)
    UNION ALL SELECT a.moment, a.seq, false) AS found
  ORDER BY found.counted DESC, found.at DESC, found.n DESC LIMIT 1) AS held
ORDER BY a.region, a.depot, a.product, a.lot, held.at, held.n, a.moment DESC, a.seq DESC;

-- The movements whose sum is the stock. A decision is the movement that makes it what was decided.
CREATE VIEW stock_now AS
SELECT region, seq, depot, product, lot, doses, kind, use_by, on_day, reason, at, n FROM movements_now
UNION ALL
SELECT a.region, a.seq, a.depot, a.product, a.lot,
       (a.doses - a.before) - lag(a.doses - a.before, 1, 0) OVER (
         PARTITION BY a.region, a.depot, a.product, a.lot ORDER BY a.at, a.n),
       'adjusted', NULL, (a.at AT TIME ZONE 'UTC')::date, a.reason, a.at, a.n
FROM (
  SELECT d.region, d.seq, d.depot, d.product, d.lot, d.doses, d.reason, d.at, d.n, coalesce(sum(m.doses), 0)::int AS before
  FROM adjustments_now d LEFT JOIN movements_now m ON m.region = d.region AND m.depot = d.depot AND m.product = d.product
    AND m.lot = d.lot AND (m.at, m.n) <= (d.at, d.n)
  GROUP BY d.region, d.seq, d.depot, d.product, d.lot, d.doses, d.reason, d.at, d.n) a;

-- Every count with what the books said then, who counted, and whether somebody has decided about it since.
CREATE VIEW counts_now AS
WITH counted AS (SELECT DISTINCT region, depot, product, lot FROM stock_counts),
lines AS (
  SELECT region, depot, product, lot, s.at, s.n, s.doses, NULL::int AS counted, NULL::uuid AS counted_by
  FROM stock_now s JOIN counted USING (region, depot, product, lot)
  UNION ALL
  SELECT region, depot, product, lot, moment, seq, 0, doses, counted_by FROM stock_counts),
sums AS (
  SELECT *, sum(doses) OVER (PARTITION BY region, depot, product, lot ORDER BY at, n)::int AS booked FROM lines),
decided AS (
  SELECT DISTINCT ON (region, depot, product, lot) region, depot, product, lot, at, n FROM adjustments_now
  ORDER BY region, depot, product, lot, at DESC, n DESC),
named AS (
  SELECT DISTINCT a.region, e.seq FROM stock_adjustments a CROSS JOIN jsonb_to_recordset(a.counts) AS r (source text, id text)
  JOIN named_events e ON e.source = r.source AND e.id = r.id AND e.region = a.region)
SELECT s.region, s.n AS seq, s.depot, s.product, s.lot, s.at, s.counted, s.booked, s.counted_by, l.source, l.id,
       coalesce((d.at, d.n) >= (s.at, s.n), false) OR k.seq IS NOT NULL AS settled
FROM sums s JOIN ledger l ON l.region = s.region AND l.seq = s.n
LEFT JOIN decided d ON d.region = s.region AND d.depot = s.depot AND d.product = s.product AND d.lot = s.lot
LEFT JOIN named k ON k.region = s.region AND k.seq = s.n
WHERE s.counted IS NOT NULL;

-- What is expected and has not come, by the newest statement; a delivery is confirmed when the GGD said so last, or
-- when what was announced since says the same.
CREATE VIEW deliveries_to_come AS
SELECT d.region, d.delivery, s.depot, s.product, s.doses, s.expected_on, s.is_confirmed
FROM deliveries d CROSS JOIN LATERAL (
  SELECT * FROM (VALUES
    (d.confirmed_depot, d.confirmed_product, d.confirmed_doses, d.confirmed_on, true, d.confirmed_moment, d.confirmed_seq),
    (d.depot, d.product, d.doses, d.expected_on,
     d.confirmed_seq > 0 AND (d.depot, d.product, d.doses, d.expected_on)
       IS NOT DISTINCT FROM (d.confirmed_depot, d.confirmed_product, d.confirmed_doses, d.confirmed_on),
     d.announced_moment, d.announced_seq)) AS said (depot, product, doses, expected_on, is_confirmed, moment, seq)
  WHERE said.seq > 0 ORDER BY said.moment DESC, said.seq DESC LIMIT 1) AS s
WHERE d.received_seq = 0;

-- For pages: of the own region, for who answers for its supply. No person stands in any of them.
CREATE FUNCTION answers_for(wanted text) RETURNS boolean STABLE LANGUAGE sql
  RETURN coalesce(me('role') IN ('planner', 'crisis') AND wanted = me('region'), false);
CREATE VIEW stock_shown AS SELECT * FROM stock_now WHERE answers_for(region);
CREATE VIEW lots_shown AS
SELECT s.region, s.depot, s.product, s.lot, sum(s.doses)::int AS doses, max(s.on_day) AS newest_on,
       (SELECT max(r.use_by) FROM received_now r WHERE r.region = s.region AND r.product = s.product AND r.lot = s.lot) AS use_by
FROM stock_now s WHERE answers_for(s.region) GROUP BY s.region, s.depot, s.product, s.lot;
CREATE VIEW received_shown AS SELECT * FROM received_now WHERE answers_for(region);
CREATE VIEW counts_shown AS SELECT * FROM counts_now WHERE answers_for(region);
CREATE VIEW leftovers_shown AS SELECT * FROM leftovers_now WHERE answers_for(region);
CREATE VIEW deliveries_shown AS SELECT * FROM deliveries_to_come WHERE answers_for(region);

-- What was said of waste and containers first, and what it was corrected to.
CREATE VIEW corrections_shown AS
SELECT c.region, 'waste' AS what, c.moment, m.product AS first_product, m.lot AS first_lot, -m.doses AS first_doses,
       c.product, c.lot, c.doses, c.why, c.corrected_by, l.source, c.seq
FROM wastes_corrected c JOIN stock_movements m ON m.region = c.region AND m.seq = c.of_seq AND m.kind = 'wasted'
JOIN ledger l ON l.region = c.region AND l.seq = c.seq WHERE answers_for(c.region)
UNION ALL
SELECT c.region, 'container', c.moment, c.of_product, c.of_lot, c.of_doses, c.product, c.lot, c.doses, c.why, c.corrected_by, l.source, c.seq
FROM containers_corrected c JOIN ledger l ON l.region = c.region AND l.seq = c.seq WHERE answers_for(c.region);

-- Lots that may not be used, since when, and the doses of them by depot. Open to all: nobody's personal data.
CREATE VIEW quarantined_lots AS
SELECT l.region, s.depot, l.product, l.lot, nullif(l.quarantined_moment, '-infinity') AS since, coalesce(s.doses, 0)::bigint AS doses
FROM lots l LEFT JOIN (
  SELECT region, depot, product, lot, sum(doses) AS doses FROM stock_now GROUP BY region, depot, product, lot HAVING sum(doses) <> 0) s
  ON s.region = l.region AND s.product = l.product AND s.lot = l.lot
WHERE NOT l.usable;

CREATE OR REPLACE VIEW totals_stock AS
SELECT m.region, m.product, sum(m.doses)::bigint AS doses,
       coalesce(sum(m.doses) FILTER (WHERE coalesce(l.usable, true)), 0)::bigint AS usable, max(m.on_day) AS newest_on,
       coalesce(sum(m.doses) FILTER (WHERE NOT l.usable), 0)::bigint AS quarantined
FROM stock_now m LEFT JOIN lots l ON l.region = m.region AND l.product = m.product AND l.lot = m.lot
GROUP BY m.region, m.product;

DO $$
DECLARE v text;
BEGIN
  FOREACH v IN ARRAY '{named_events,received_now,given_now,wastes_corrected,containers_corrected,containers_now,leftovers_now,wasted_now,moved_now,movements_now,adjustments_now,stock_now,counts_now,deliveries_to_come,stock_shown,lots_shown,received_shown,counts_shown,leftovers_shown,deliveries_shown,corrections_shown,quarantined_lots}'::text[] LOOP
    EXECUTE format('ALTER VIEW %I OWNER TO counter', v);
  END LOOP;
  FOREACH v IN ARRAY '{stock_shown,lots_shown,received_shown,counts_shown,leftovers_shown,deliveries_shown,corrections_shown,quarantined_lots}'::text[] LOOP
    EXECUTE format('GRANT SELECT ON %I TO reader', v);
  END LOOP;
END $$;
GRANT SELECT ON stock_now, received_now, deliveries_to_come TO planner, acceptor;

-- The doses wasted in the counts that leave are those of the corrected books; the rest of that view stays as it is.
DO $$
BEGIN
  EXECUTE 'CREATE OR REPLACE VIEW courier_progress AS '
    || replace(pg_get_viewdef('courier_progress'::regclass), 'stock_movements', 'stock_now');
END $$;

-- Systems without Kafka fetch corrections of waste as they do the rest of what leaves on the topic of doses.
CREATE OR REPLACE VIEW outward_ledger AS
SELECT region, seq, source, id, type, coalesce(time, accepted_at) AS time, body FROM ledger
WHERE type ~ '^(plan|visit|dose|waste|progress)\.' AND region = me('region') AND me('role') = 'planner';
