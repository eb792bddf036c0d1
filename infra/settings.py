"""Reads the environment, once: what may differ between two installations, in six groups.

`services/__main__.py` calls `Settings.read()` and passes each process the groups that it needs.
An empty variable counts as absent. Secrets stand in files, so that no process listing shows them.
"""

import ssl
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from events.type_names import TypeNames

EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  # what is served on, not what it is called
Role = Literal["owner", "acceptor", "reader", "identifier", "planner", "relay", "courier"]


class InvalidSettings(Exception):
    """The environment cannot be used; names the variables at fault, never their values."""


class _Group(BaseSettings):
    """Fields that are read from the environment under their alias."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", populate_by_name=True
    )


class Postgres(_Group):
    """How to reach the database, in each of its roles."""

    url: str = Field("postgresql://127.0.0.1:5432/prikploeg", alias="DATABASE_URL")
    passwords: Path | None = Field(None, alias="DATABASE_PASSWORDS")

    def dsn(self, role: Role) -> str:
        """The address with this role's name and password; without a folder the name alone."""
        parts = urlsplit(self.url)
        user: str = role
        if self.passwords is not None:
            user += ":" + quote(read_secret(self.passwords / role), safe="")
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{user}@{place}"))


class Kafka(_Group):
    """How to reach the brokers, and how topics are made on them."""

    bootstrap_servers: str = Field("127.0.0.1:9092", alias="KAFKA_BOOTSTRAP_SERVERS")
    security_protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", alias="KAFKA_SECURITY_PROTOCOL"
    )
    username: str = Field("", alias="KAFKA_USERNAME")
    password_file: Path | None = Field(None, alias="KAFKA_PASSWORD_FILE")
    ca_file: Path | None = Field(None, alias="KAFKA_CA_FILE")
    partitions: int = Field(6, alias="KAFKA_PARTITIONS", ge=1, le=1000)
    replication: int = Field(1, alias="KAFKA_REPLICATION", ge=1, le=10)

    def password(self) -> str:
        """The SCRAM password; empty without a file."""
        return "" if self.password_file is None else read_secret(self.password_file)

    def ssl_context(self) -> ssl.SSLContext | None:
        """Trusts the given authority, else those of the machine; None without TLS."""
        if self.security_protocol != "SASL_SSL":
            return None
        return ssl.create_default_context(cafile=self.ca_file)


class Web(_Group):
    """Where the pages are served, and what signs their sessions."""

    host: str = Field("127.0.0.1", alias="WEB_HOST")
    port: int = Field(8080, alias="WEB_PORT", ge=0, le=65535)
    hosts: str = Field("", alias="WEB_HOSTS")
    session_key_file: Path | None = Field(None, alias="WEB_SESSION_KEY_FILE")

    @property
    def address(self) -> str:
        """Where this machine itself reaches the pages."""
        host = "127.0.0.1" if self.host in EVERYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def known_hosts(self) -> frozenset[str]:
        """The names by which the service may be called, in lower case: those given, and the address it is served on."""
        given = {name.strip().lower().strip("[]") for name in self.hosts.split(",")}
        return frozenset({*given, self.host.strip("[]")}) - {"", *EVERYWHERE}


class SignIn(_Group):
    """The identity provider of this installation (decision 0033); without one people sign in by codes."""

    issuer: str = Field("", alias="OIDC_ISSUER")
    client_id: str = Field("prikploeg-web", alias="OIDC_CLIENT_ID")
    key_file: Path | None = Field(None, alias="OIDC_KEY_FILE")
    scopes: str = Field("openid", alias="OIDC_SCOPES")
    audience: str = Field("prikploeg", alias="OIDC_AUDIENCE")
    mapping_file: Path | None = Field(None, alias="OIDC_MAPPING_FILE")
    algorithms: str = Field("ES256,RS256,PS256", alias="OIDC_ALGORITHMS")
    ca_file: Path | None = Field(None, alias="OIDC_CA_FILE")
    check_seconds: float = Field(240.0, alias="OIDC_CHECK_SECONDS", ge=1, le=3600)
    address: str = Field("", alias="WEB_ADDRESS")


class Vault(_Group):
    """The key that opens the names; and half of one that follows from it, for who sees no names."""

    master_key_file: Path | None = Field(None, alias="VAULT_MASTER_KEY_FILE")
    quarantine_key_file: Path | None = Field(None, alias="VAULT_QUARANTINE_KEY_FILE")


class Run(_Group):
    """How this process runs on its machine."""

    embedded: bool = Field(default=False, alias="PRIKPLOEG_EMBEDDED")
    data: Path | None = Field(None, alias="PRIKPLOEG_DATA")
    slot: int = Field(0, alias="PRIKPLOEG_SLOT", ge=0, le=999)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", alias="PRIKPLOEG_LOG_LEVEL"
    )
    clock_file: Path | None = Field(None, alias="PRIKPLOEG_CLOCK_FILE")
    planner_seconds: float = Field(8.0, alias="PLANNER_SECONDS", gt=0, le=3600)
    # a limit of work beside that of time: what ends by it can be made again, bit for bit
    planner_rounds: int | None = Field(None, alias="PLANNER_ROUNDS", ge=0, le=1_000_000)
    planner_workers: int = Field(1, alias="PLANNER_WORKERS", ge=1, le=64)
    planner_quiet_seconds: float = Field(1.0, alias="PLANNER_QUIET_SECONDS", ge=0, le=3600)
    progress_seconds: float = Field(60.0, alias="PROGRESS_SECONDS", gt=0, le=86_400)
    webhooks_internal: bool = Field(default=False, alias="WEBHOOKS_INTERNAL")
    event_type_names: TypeNames = Field(TypeNames.SHORT, alias="EVENT_TYPE_NAMES")  # outward
    travel_provider: Literal["estimate", "osrm", "valhalla"] = Field(
        "estimate", alias="TRAVEL_PROVIDER"
    )
    travel_url: str = Field("", alias="TRAVEL_URL")


class Settings(BaseModel):
    """All settings of one process."""

    model_config = ConfigDict(frozen=True)

    postgres: Postgres
    kafka: Kafka
    web: Web
    sign_in: SignIn = Field(default_factory=SignIn)
    vault: Vault
    run: Run

    @classmethod
    def read(cls) -> Self:
        """What the environment says now. Raises InvalidSettings."""
        try:
            return cls(
                postgres=Postgres(),
                kafka=Kafka(),
                web=Web(),
                sign_in=SignIn(),
                vault=Vault(),
                run=Run(),
            )
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False, include_context=False)
            raise InvalidSettings(
                "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults)
            ) from None


def is_here(url: str) -> bool:
    """Whether an address is one of this machine itself."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}


def read_secret(path: Path) -> str:
    """The content of a secret's file. Raises InvalidSettings when it cannot be read or is empty."""
    try:
        secret = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path} cannot be read: {type(error).__name__}") from None
    if not secret:
        raise InvalidSettings(f"{path} is empty")
    return secret
