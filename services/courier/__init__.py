"""From the ledger to whatever is not Kafka: webhooks, notices to institutions and practices, progress counts."""
