"""Everything that knows aiokafka: producer, consumer, topics."""
