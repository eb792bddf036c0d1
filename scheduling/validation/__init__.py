"""Validation: refuses rows of a problem that contradict each other or exceed their bounds."""
