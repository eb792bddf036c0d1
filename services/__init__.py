"""The processes: each a loop around one function that a test can run once."""
