"""Our own engine: slack induction by string removals."""
