"""Which sub-problem is re-optimised, and how it becomes a plain routing problem."""
