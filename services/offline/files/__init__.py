"""Reads files of problems, routing instances and plans: strictly, and refused by line and field."""
