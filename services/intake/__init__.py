"""Kafka to accept: inbound topics, read once, never skipped in silence."""
