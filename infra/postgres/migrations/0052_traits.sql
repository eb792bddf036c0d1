-- By what else than birth date and postcode somebody may be found: a form of the family name with one of the two, as keyed hashes.
CREATE TABLE person_traits (trait bytea, person uuid, PRIMARY KEY (trait, person));
ALTER TABLE person_traits ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_traits FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON person_traits TO identifier;
CREATE POLICY identifies ON person_traits TO identifier USING (true) WITH CHECK (true);
