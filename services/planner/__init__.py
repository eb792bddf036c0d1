"""Facts to plans: a snapshot, a solve in a child process, the check, and the door."""
