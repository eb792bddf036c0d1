"""The one door: whatever happens enters the ledger and the state here, in one transaction."""
