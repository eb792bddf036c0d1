"""The identity provider: what it says of itself, its tokens, and what its claims mean here (decision 0033)."""
