"""Simulates a region: sends events as HAP, GGD and practices do, for demo, rehearsal and load tests."""
