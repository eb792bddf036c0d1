"""The life of a plan: what a version changes, which lines of it may stand alone, and what may go out by itself."""
