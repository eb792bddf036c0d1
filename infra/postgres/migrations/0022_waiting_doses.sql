-- As 0017: a dose of elsewhere that was taken back waits no more; `kind` and the mark of the newest correction say so.
CREATE OR REPLACE VIEW waiting_facts AS
SELECT f.* FROM (
  SELECT 'consent' AS kind, region, seq, person, campaign, coalesce(said_by, practice) AS practice, moment FROM consents
  UNION ALL SELECT 'assessment', region, seq, person, campaign, coalesce(said_by, practice), moment FROM assessments
  UNION ALL SELECT 'dose', region, seq, person, campaign, said_by, moment FROM doses d
    WHERE outcome = 'elsewhere' AND (
      NOT EXISTS (SELECT FROM dose_corrections c WHERE c.of_source = d.source AND c.of_id = d.id)
      OR 'retracted' <> (
        WITH RECURSIVE about AS (
          SELECT x.source, x.id, x.region, x.seq, x.moment, x.accepted_at, x.kind FROM dose_corrections x
          WHERE x.of_source = d.source AND x.of_id = d.id
          UNION
          SELECT x.source, x.id, x.region, x.seq, x.moment, x.accepted_at, x.kind
          FROM about a JOIN dose_corrections x ON x.of_source = a.source AND x.of_id = a.id)
        SELECT about.kind FROM about ORDER BY moment DESC, accepted_at DESC, region DESC, seq DESC LIMIT 1))
  UNION ALL SELECT 'reaction', region, seq, person, campaign, said_by, moment FROM adverse_events
    WHERE said_by IS NOT NULL AND severity NOT IN ('severe', 'life_threatening')
  UNION ALL SELECT 'change', region, changed_seq, person, campaign, practice, changed_moment FROM registrations WHERE changed_seq > 0
  UNION ALL SELECT 'withdrawal', region, withdrawn_seq, person, campaign, practice, withdrawn_moment FROM registrations WHERE withdrawn_seq > 0
) f
WHERE NOT EXISTS (
  SELECT FROM registered_once o WHERE o.person = f.person AND (f.practice IS NULL OR o.practice = f.practice));
