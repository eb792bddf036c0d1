-- Roles and the few things that every other migration needs. Passwords are set by `migrate`, not here.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY '{acceptor,reader,identifier,planner,relay,courier}'::text[] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', r);
    END IF;
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''8s''', r);
    EXECUTE format('ALTER ROLE %I SET lock_timeout = ''5s''', r);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''15s''', r);
    EXECUTE format('ALTER ROLE %I SET timezone = ''UTC''', r);
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'counter') THEN
    CREATE ROLE counter NOLOGIN;
  END IF;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO acceptor, reader, identifier, planner, relay, courier, counter;
GRANT CREATE ON SCHEMA public TO counter;  -- owns the views with totals

-- The wheel has no btree_gist: a range over one uuid makes "equal team" an overlap.
CREATE TYPE uuidrange AS RANGE (subtype = uuid);

-- Who reads: set per transaction, NULL when it was not set.
CREATE FUNCTION me(what text) RETURNS text STABLE LANGUAGE sql
  RETURN nullif(current_setting('app.' || what, true), '');
