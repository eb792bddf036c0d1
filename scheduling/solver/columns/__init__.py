"""Columns decide who is served: column generation with diving over (shift, ordered set of visits)."""
