-- With which fold of the ledger the state was made, and that nobody with another fold adds to it (decision 0019).
-- One row. `fold` is NULL until the first fact is accepted; then it is that of whoever accepted it.
CREATE TABLE state_fold (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  fold int,
  replaced_at timestamptz);  -- when a rebuild was put in place that differed
INSERT INTO state_fold (fold) SELECT CASE WHEN EXISTS (SELECT FROM ledger) THEN 1 END;
GRANT SELECT ON state_fold TO planner, reader;
GRANT SELECT, UPDATE ON state_fold TO acceptor;

-- The lock that a rebuild holds alone, and everybody who accepts holds together: 'fold' in numbers.
CREATE FUNCTION fold_lock() RETURNS bigint IMMUTABLE LANGUAGE sql RETURN 7301946520419;

-- 57000 (operator intervention) counts as "away for now" in every version, also in 0.1.0: intake and the pages wait or
-- say so, and no record is quarantined for it. 0.1.0 says nothing of its fold: that is 1.
-- Tried without waiting: who comes while a rebuild waits for the last transactions is told at once.
CREATE FUNCTION check_fold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ours int := coalesce(nullif(current_setting('prikploeg.fold', true), ''), '1')::int;
  theirs int;
BEGIN
  IF current_user <> 'acceptor' THEN
    RETURN NULL;
  END IF;
  IF NOT pg_try_advisory_xact_lock_shared(fold_lock()) THEN
    RAISE EXCEPTION 'accept is paused: the state is being rebuilt from the ledger' USING ERRCODE = '57000';
  END IF;
  SELECT fold INTO theirs FROM state_fold;
  IF theirs IS NULL THEN
    UPDATE state_fold SET fold = ours WHERE fold IS NULL;
    SELECT fold INTO theirs FROM state_fold;
  END IF;
  IF theirs IS DISTINCT FROM ours THEN
    RAISE EXCEPTION 'accept waits: the state was made with fold % of the ledger, this process has fold % (prikploeg migrate)', theirs, ours
      USING ERRCODE = '57000';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER check_fold BEFORE INSERT ON ledger FOR EACH STATEMENT EXECUTE FUNCTION check_fold();

-- Rows deleted and inserted, not truncated: TRUNCATE shows an empty table to whoever began to read before, such as a planner.
-- The tables stay, and with them their rights, policies, indexes and views. Only the owner may delete, so nobody else gets far.
CREATE FUNCTION put_in_place(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t text;
  written text;
BEGIN
  FOREACH t IN ARRAY names LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO written FROM pg_attribute
    WHERE attrelid = format('public.%I', t)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    EXECUTE format('DELETE FROM public.%I', t);
    EXECUTE format('INSERT INTO public.%1$I (%2$s) SELECT %2$s FROM rebuilt.%1$I', t, written);
  END LOOP;
END $$;

-- For a version that writes numbers and no moments: without moments numbers alone decide, in the columns and in the views.
-- Else what it writes would count as older than everything: who withdraws would stay registered.
CREATE FUNCTION forget_moments() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t regclass;
  forgotten text;
BEGIN
  FOR t, forgotten IN
    SELECT a.attrelid, string_agg(format('%I = ''-infinity''', a.attname), ', ')
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
      AND a.atttypid = 'timestamptz'::regtype AND (a.attname = 'moment' OR a.attname LIKE '%\_moment')
    GROUP BY a.attrelid
  LOOP
    EXECUTE format('UPDATE %s SET %s', t, forgotten);
  END LOOP;
END $$;

-- A rebuild reads one region after the other, so somebody who moved has an appointment in both for a while. What is unique
-- of live rows alone cannot be deferred: the indexes of the copies are dropped, and made again at the end from what is returned.
CREATE FUNCTION drop_partial_unique() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  i regclass;
  found text[] := '{}';
BEGIN
  FOR i IN
    SELECT x.indexrelid FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
    WHERE c.relnamespace = 'rebuilt'::regnamespace AND x.indisunique AND x.indpred IS NOT NULL
  LOOP
    found := found || pg_get_indexdef(i);
    EXECUTE format('DROP INDEX %s', i);
  END LOOP;
  RETURN found;
END $$;
