"""One region at one moment, read in one transaction and turned into a `Problem`."""
