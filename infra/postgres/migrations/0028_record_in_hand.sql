-- The record that an intake had in hand when it ended, and how often: one that takes the process down each time is set aside.
CREATE TABLE record_in_hand (topic text, part int, off bigint NOT NULL, tries int NOT NULL, PRIMARY KEY (topic, part));
GRANT SELECT, INSERT, UPDATE ON record_in_hand TO acceptor;
