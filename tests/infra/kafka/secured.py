"""A real broker that lets in whom it knows and lets do what was granted: TLS, SCRAM-SHA-512, ACLs."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.embedded.program import Child
from infra.errors import NotConfigured, Unavailable
from infra.identity import new_id
from infra.kafka.reaching import prove
from infra.settings import Kafka
from tests.infra.kafka.node import a_cluster_id, format_node, free_ports, java, node_program, write

USERS = ("admin", "connect", "intake", "relay", "hap", "ggd")
GROUP = "prikploeg-intake-v1"


def a_certificate(
    folder: Path, name: str = "ca"
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """An authority of this test run; its certificate stands in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tests {name}")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    made = (
        signed(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return made, key


def signed(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    """A certificate of two days, to be extended and signed."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


def write_keystore(folder: Path) -> None:
    """The broker's key and certificate and the authority, as Kafka reads them (PEM)."""
    authority, its_key = a_certificate(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    places = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    made = (
        signed(subject, authority.subject, key)
        .add_extension(x509.SubjectAlternativeName(places), critical=False)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .sign(its_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "broker.pem").write_bytes(
        private + made.public_bytes(pem) + authority.public_bytes(pem)
    )


def settings(folder: Path, clients: int, controller: int, password: str) -> dict[str, str]:
    """What makes the usual node ask who is there."""
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
    us = f'required username="admin" password="{password}"'
    return {
        "log.dirs": str(folder / "data"),
        "listeners": f"SASL_SSL://127.0.0.1:{clients},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"SASL_SSL://127.0.0.1:{clients}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:SASL_SSL",
        "inter.broker.listener.name": "SASL_SSL",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{scram} {us};",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": f'{plain} {us} user_admin="{password}";',
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.pem"),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:admin",
        "allow.everyone.if.no.acl.found": "false",
    }


@dataclass(frozen=True)
class Secured:
    """A broker with users; each has a password file in the folder."""

    folder: Path
    port: int

    def kafka(self, user: str, **other: object) -> Kafka:
        """Our settings as this user."""
        usual = {
            "bootstrap_servers": f"127.0.0.1:{self.port}",
            "security_protocol": "SASL_SSL",
            "username": user,
            "password_file": self.folder / user,
            "ca_file": self.folder / "ca.pem",
            "partitions": 3,
        }
        return Kafka(**{**usual, **other})

    def environment(self, user: str, **other: str) -> dict[str, str]:
        """The same for a process."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_USERNAME": user,
            "KAFKA_PASSWORD_FILE": str(self.folder / user),
            "KAFKA_CA_FILE": str(self.folder / "ca.pem"),
            "KAFKA_PARTITIONS": "3",
        } | other

    def confluent(self, user: str, **other: object) -> dict[str, object]:
        """The same for the client that other systems use."""
        return {
            "bootstrap.servers": f"127.0.0.1:{self.port}",
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": (self.folder / user).read_text().strip(),
            "ssl.ca.location": str(self.folder / "ca.pem"),
            "log_level": 0,
        } | other

    def grant(
        self,
        user: str,
        operations: Sequence[str],
        name: str,
        *,
        prefixed: bool = False,
        group: bool = False,
    ) -> None:
        """Let a user do these on a topic (or all that begin so), or in a group."""
        pattern = ResourcePatternType.PREFIXED if prefixed else ResourcePatternType.LITERAL
        kind = ResourceType.GROUP if group else ResourceType.TOPIC
        wanted = [
            AclBinding(
                kind,
                name,
                pattern,
                f"User:{user}",
                "*",
                AclOperation[operation],
                AclPermissionType.ALLOW,
            )
            for operation in operations
        ]
        admin = AdminClient(self.confluent("admin"))  # lives as long as its answers are waited for
        for done in admin.create_acls(wanted).values():
            done.result(15)
        while not all(admin.describe_acls(to_filter(one)).result(15) for one in wanted):
            time.sleep(0.05)  # the controller knows them; the broker refuses until it does too


def to_filter(one: AclBinding) -> AclBindingFilter:
    """What asks the broker for just this right."""
    return AclBindingFilter(
        one.restype,
        one.name,
        one.resource_pattern_type,
        one.principal,
        one.host,
        one.operation,
        one.permission_type,
    )


def grant_as_documented(broker: Secured) -> None:
    """The rights of docs/security.md: of our processes and of two connected systems."""
    for prefix in ("in.", "out."):
        broker.grant("connect", ["CREATE", "DESCRIBE"], prefix, prefixed=True)
    broker.grant("connect", ["DESCRIBE_CONFIGS", "ALTER_CONFIGS"], "in.", prefixed=True)
    broker.grant("intake", ["READ", "DESCRIBE", "DESCRIBE_CONFIGS"], "in.", prefixed=True)
    broker.grant("intake", ["READ"], GROUP, group=True)
    broker.grant("relay", ["WRITE", "DESCRIBE"], "out.", prefixed=True)


@asynccontextmanager
async def secured(folder: Path, *, granted: bool = True) -> AsyncIterator[Secured]:
    """The broker, ready, with the rights of our own processes, or with none."""
    write_keystore(folder)
    for user in USERS:
        (folder / user).write_text(new_id().hex + "\n")
    clients, controller = free_ports(2)
    properties = folder / "server.properties"
    password = (folder / "admin").read_text().strip()
    write(properties, settings(folder, clients, controller, password))
    users = [
        f"SCRAM-SHA-512=[name={user},password={(folder / user).read_text().strip()}]"
        for user in USERS
    ]
    command = java(folder, tls=True)
    options = [word for user in users for word in ("--add-scram", user)]
    await asyncio.to_thread(format_node, command, properties, a_cluster_id(), options)
    broker = Secured(folder, clients)
    child = await Child.start(node_program("kafka-secured", command, properties))
    try:
        await until_it_answers(broker)
        if granted:
            await asyncio.to_thread(grant_as_documented, broker)
        yield broker
    finally:
        await child.stop()


async def until_it_answers(broker: Secured) -> None:
    """The first moment at which the administrator gets in."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await prove(broker.kafka("admin"))
            except (Unavailable, NotConfigured):  # users are known a moment after the port is open
                await asyncio.sleep(0.2)
