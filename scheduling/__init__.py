"""What a good plan is: problem, plan, rules and search, without I/O and without a clock."""
