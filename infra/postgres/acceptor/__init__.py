"""What only `accept` may write: the ledger and the state that is folded from it."""
