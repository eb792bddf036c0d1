-- Certificates may be for some products only; NULL: for every product.
ALTER TABLE certificates ADD COLUMN products text[];
