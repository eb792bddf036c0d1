-- Lists that a practice handed over and has not stored yet: sealed, of one session, for an hour at most (decision 0034).
CREATE TABLE uploads (
  upload uuid PRIMARY KEY, region text NOT NULL, organisation uuid NOT NULL, subject text NOT NULL, session uuid NOT NULL,
  kept_at timestamptz NOT NULL, until timestamptz NOT NULL, choices jsonb, stored jsonb,
  key_version int NOT NULL, wrapped_key bytea NOT NULL, sealed bytea NOT NULL);
ALTER TABLE uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE uploads FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON uploads TO identifier;
CREATE POLICY identifies ON uploads TO identifier USING (true) WITH CHECK (true);

-- How a practice said to read files with a header like this: places of columns and names of ours, the header as a keyed hash.
CREATE TABLE upload_columns (
  organisation uuid, header bytea, choices jsonb NOT NULL, said_at timestamptz NOT NULL, PRIMARY KEY (organisation, header));
ALTER TABLE upload_columns ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload_columns FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON upload_columns TO identifier;
CREATE POLICY identifies ON upload_columns TO identifier USING (true) WITH CHECK (true);

-- Which other practices registered an own patient too, by name: the practices talk to each other, the system does not choose.
CREATE VIEW also_registered AS
SELECT DISTINCT own.person, own.campaign, other.practice,
       (SELECT o.facts ->> 'name' FROM organisations o WHERE o.organisation = other.practice AND o.facts IS NOT NULL
        ORDER BY o.region LIMIT 1) AS name
FROM registrations own
JOIN registrations other ON other.person = own.person AND other.campaign = own.campaign AND other.practice <> own.practice AND other.live
WHERE own.live AND me('role') = 'practice' AND own.practice = me('organisation')::uuid
  AND NOT EXISTS (SELECT FROM identities i WHERE i.person = own.person AND i.open);
ALTER VIEW also_registered OWNER TO counter;
GRANT SELECT ON also_registered TO reader;
