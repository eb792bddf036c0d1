"""Turns facts into plans: reads a snapshot, solves in a child process, checks, and submits to `accept`."""
