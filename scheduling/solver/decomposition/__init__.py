"""Which sub-problem is solved again, and how it becomes a plain routing problem."""
