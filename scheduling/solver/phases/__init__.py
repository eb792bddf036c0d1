"""The phases of a search, one in each file."""
