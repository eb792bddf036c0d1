-- Which of these cookies and tokens still count: every request asks, and all that wait together ask in one statement.
-- A function, because a reader who first says who it is can ask for one person only. It tells no more than that reader
-- would be told: yes or no, to whoever names subject, moment and session.
CREATE FUNCTION claims_that_count(subjects text[], issued timestamptz[], of_sessions uuid[], at_moment timestamptz)
RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.n FROM unnest(subjects, issued, of_sessions) WITH ORDINALITY AS c (subject, issued_at, session, n)
  WHERE CASE WHEN c.session IS NULL THEN NOT EXISTS (SELECT FROM withdrawals w WHERE w.subject = c.subject AND w.at >= c.issued_at)
        ELSE EXISTS (SELECT FROM sessions s WHERE s.session = c.session AND s.subject = c.subject
                       AND s.ended_at IS NULL AND s.until > at_moment) END
$$;
REVOKE ALL ON FUNCTION claims_that_count(text[], timestamptz[], uuid[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claims_that_count(text[], timestamptz[], uuid[], timestamptz) TO reader;
