-- A person had a plan made of this one: of chosen lines of a proposal, or of an earlier version.
ALTER TABLE plans ADD COLUMN made_of uuid;
ALTER TABLE plans ADD COLUMN made text;
