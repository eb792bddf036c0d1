"""Planning: problem, plan, rules and search, without I/O and without a clock."""
