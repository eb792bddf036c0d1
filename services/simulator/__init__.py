"""A synthetic region that speaks as HAP, GGD and practices: for demo, rehearsal and load."""
