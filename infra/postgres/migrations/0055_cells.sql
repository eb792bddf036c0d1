-- A cell of one to four people is 0 in this view, and yet a row with the moment of its newest fact. Totals are made of it by
-- their owner; no statement of pages, of this version or the one before, reads it.
REVOKE SELECT ON people_cells FROM reader;
