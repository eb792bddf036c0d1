"""The search for a good plan; the only importer of ortools, and imported by `scheduling.solve` only."""
