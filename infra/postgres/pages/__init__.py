"""What the pages read: one module per audience, every query as the role `reader` under row-level security."""
