"""A real Postgres and a real Apache Kafka for one machine, from wheels and jars."""
