-- What a pin holds of a visit: its place, its team, its moment, the stop before it, or the moments between which it begins.
ALTER TABLE pins ADD COLUMN pin_kind text NOT NULL DEFAULT 'visit', ADD COLUMN not_before timestamptz,
  ADD COLUMN not_after timestamptz, ADD COLUMN behind uuid;
