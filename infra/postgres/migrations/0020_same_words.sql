-- Who says the same again: an organisation by its id, somebody who speaks for none by the region. NULL: said before this.
ALTER TABLE person_statements ADD COLUMN region text;

-- A practice that looked and says that it is right as it stands; and whom its newer words are about, until the events are said.
ALTER TABLE person_questions ADD COLUMN confirmed_at timestamptz, ADD COLUMN confirmed_by text, ADD COLUMN mended_as uuid;
GRANT SELECT (confirmed_at) ON person_questions TO reader;

-- Who turned out to be somebody else is not planned either, whatever is said about that id afterwards.
CREATE OR REPLACE VIEW person_questioned AS SELECT DISTINCT person FROM identities WHERE open OR same_as IS NOT NULL;
