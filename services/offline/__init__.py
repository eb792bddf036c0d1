"""`prikploeg plan`: solves problems from files and judges plans, without any service."""
