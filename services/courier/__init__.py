"""Ledger to everything that is not Kafka: webhooks, notices to places and practices, counts."""
