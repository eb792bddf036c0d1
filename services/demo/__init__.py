"""The demo: a whole region on one machine, from nothing to a plan, and the days of that plan played."""
