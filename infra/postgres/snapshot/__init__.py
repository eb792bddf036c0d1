"""One region at one moment, read in one transaction: typed rows that say what was said."""
