"""The steps of a search, one in each file."""
