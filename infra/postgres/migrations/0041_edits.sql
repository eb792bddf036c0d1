-- What a planner did in one action, so that it can be undone as one: the events that carry its number.
-- Without an index: the ledger is large and in use, and what is undone is among its newest lines.
CREATE VIEW edits_made AS
SELECT region, seq, type, accepted_at AS at, actor, body ->> 'edit_id' AS edit, (body ->> 'visit_id')::uuid AS visit, body
FROM ledger WHERE body ->> 'edit_id' IS NOT NULL AND region = me('region') AND me('role') = 'planner';
ALTER VIEW edits_made OWNER TO counter;
GRANT SELECT ON edits_made TO reader;
