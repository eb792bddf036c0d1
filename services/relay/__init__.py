"""Ledger to outward topics: in order per region, at least once."""
