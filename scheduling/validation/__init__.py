"""Rows of a problem that contradict each other or lie outside what can be."""
