"""What only `accept` may write: the ledger, and the state that is its projection."""
