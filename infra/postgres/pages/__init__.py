"""The reads of pages: one module per audience, all as the role `reader` under row-level security."""
