-- Which shifts, deliveries and members are there already, beside the events of `seen_here`: for a program of ours that
-- imports files by keys that an earlier version spelt otherwise. Names only, of its own region; not what was said of them.
CREATE VIEW things_here WITH (security_barrier) AS
  SELECT kind, id FROM (
    SELECT 'shift' AS kind, region, shift AS id FROM shifts WHERE facts IS NOT NULL
    UNION ALL SELECT 'delivery', region, delivery FROM deliveries
    UNION ALL SELECT 'member', region, member FROM certificates
    UNION ALL SELECT 'member', region, (jsonb_array_elements(facts -> 'crew') ->> 'member_id')::uuid FROM shifts) AS things
  WHERE (SELECT me('role')) = 'system' AND region = (SELECT me('region'));
GRANT SELECT ON things_here TO reader;
