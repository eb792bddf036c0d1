"""The problem in arrays, the schedule of a route, and the working plan."""
