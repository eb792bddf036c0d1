"""The one door: every event enters ledger and state here, in one transaction; whatever the way it came."""
