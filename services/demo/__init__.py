"""A whole region on one machine, from nothing to a plan, and its days played."""
