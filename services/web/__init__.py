"""The web process: status, API and pages; reads as `reader`, writes through `accept` only."""
