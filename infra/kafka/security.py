"""How our clients authenticate to the brokers."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.settings import Kafka


def client_arguments(kafka: "Kafka") -> dict[str, Any]:
    """Keyword arguments of every aiokafka client."""
    arguments: dict[str, Any] = {"bootstrap_servers": kafka.bootstrap_servers.split(",")}
    if kafka.security_protocol != "PLAINTEXT":
        arguments |= {
            "security_protocol": kafka.security_protocol,
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": kafka.username,
            "sasl_plain_password": kafka.password(),
            "ssl_context": kafka.ssl_context(),
        }
    return arguments
