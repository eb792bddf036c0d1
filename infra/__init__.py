"""Adapters to the outside world: settings, clock, databases, brokers, and the servers of one machine."""
