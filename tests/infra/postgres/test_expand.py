"""Migrations for two versions at once: what is released is never edited, and what is new takes nothing away.

docs/decisions/0009 has the rules. `released.txt` is written when a version is tagged: version, digest, file.
"""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from infra.embedded.folder import CHECKOUT
from infra.postgres.migrate import FOLDER

RELEASED = Path(__file__).parent / "released.txt"

# What an older process, or the time that a running system is held up, would suffer from.
HARMS = {
    "takes something away": r"\b(DROP|TRUNCATE|DELETE\s+FROM|REVOKE)\b",
    "gives another name": r"\bRENAME\b",
    "changes a type": r"\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b",
    "asks a value that older code does not write": r"\bSET\s+NOT\s+NULL\b|\bADD\s+(COLUMN\s+)?(?!CONSTRAINT)(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b",
    "refuses what older code writes": r"\bADD\s+(CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE)\b",
    "writes the whole table anew": r"\bADD\s+(COLUMN\s+)?[^,;]*\bSTORED\b",
    "changes rows, locked to its end": r"^\s*UPDATE\b",
}
INDEX = re.compile(r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(\w+)\s+ON\s+(\w+)", re.IGNORECASE)
TABLE = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE)

# (file, what it does, to what): why it does no harm, by the decision that says when that is so.
ALLOWED = {
    ("0013_fold.sql", "takes something away", "create function drop_partial_unique()"): (
        "0019: a function of the owner, on the copies of a rebuild alone"
    ),
    ("0021_corrections.sql", "indexes a table that is in use", "corrections_by_event"): (
        "0009: the table is small"
    ),
    ("0024_members.sql", "indexes a table that is in use", "shifts_of_member"): (
        "0009: the table is small"
    ),
    ("0031_claims.sql", "takes something away", "revoke all on"): (
        "0009: on a function that this migration makes"
    ),
    ("0048_returns.sql", "takes something away", "revoke all on"): (
        "0009: on a function that this migration makes"
    ),
    ("0026_grants.sql", "takes something away", "do $$ declare"): (
        "0009: a right on series that no statement uses, of this version or the one before"
    ),
    ("0026_grants.sql", "takes something away", "revoke delete on"): (
        "0009: nothing was ever deleted with it, in this version or the one before"
    ),
    ("0026_grants.sql", "takes something away", "drop policy couriers"): (
        "0009: the courier never read persons, in this version or the one before"
    ),
    ("0026_grants.sql", "takes something away", "revoke all on"): (
        "0009: the courier never read persons, in this version or the one before"
    ),
    ("0047_looks.sql", "takes something away", "revoke insert on"): (
        "0009: given back for the columns that this version and the one before write"
    ),
    ("0047_looks.sql", "takes something away", "create trigger only_added"): (
        "0009: the log was never changed, in this version or the one before"
    ),
    ("0047_looks.sql", "indexes a table that is in use", "looks_at_person"): (
        "0009: a line for each look of one season so far: built in seconds"
    ),
    ("0055_cells.sql", "takes something away", "revoke select on"): (
        "0009: no statement reads it as this role, in this version or the one before"
    ),
    ("0054_who_looked.sql", "takes something away", "do $$ declare"): (
        "0009: the triggers refuse changes of tables that this migration makes"
    ),
    ("0047_looks.sql", "indexes a table that is in use", "looks_since"): ("0009: likewise"),
    ("0033_no_withdrawal_undone.sql", "takes something away", "revoke delete on"): (
        "0009: nothing was ever deleted with it, in this version or the one before"
    ),
    ("0018_vetoes.sql", "indexes a table that is in use", "visits_of_place"): (
        "0019: accepting waits after it anyway, and the table is small"
    ),
    ("0013_fold.sql", "takes something away", "create function put_in_place(names"): (
        "0019: a function of the owner, in whose transaction the rows come back as a rebuild has them"
    ),
    ("0008_quarantine.sql", "indexes a table that is in use", "set_aside_once_by_digest"): (
        "0009: the table is small, and older code leaves the column empty"
    ),
    ("0025_outside.sql", "indexes a table that is in use", "refused_by_topic"): (
        "0009: the table is small"
    ),
    ("0034_sealed.sql", "indexes a table that is in use", "set_aside_in_clear"): (
        "0009: the table is small"
    ),
    ("0008_quarantine.sql", "indexes a table that is in use", "set_aside_open"): (
        "0009: the table is small"
    ),
    ("0009_orders_of_several_products.sql", "takes something away", "alter table orders"): (
        "0009: the key is only widened, no statement of 0.1.0 names it, and the table is small"
    ),
    (
        "0009_orders_of_several_products.sql",
        "refuses what older code writes",
        "alter table orders",
    ): ("0009: what older code writes fits the wider key"),
}


def statements(text: str) -> list[str]:
    """The statements of a migration without comments; a body between `$$` is part of its statement."""
    plain = re.sub(r"--[^\n]*", "", text)
    parts = plain.split("$$")
    for n in range(1, len(parts), 2):
        parts[n] = parts[n].replace(";", "\0")
    return [one.replace("\0", ";").strip() for one in "$$".join(parts).split(";") if one.strip()]


def harms(text: str) -> list[tuple[str, str]]:
    """What a migration does that a running older version would suffer from: kind and object."""
    own = {name.lower() for name in TABLE.findall(text)}
    found: list[tuple[str, str]] = []
    for statement in statements(text):
        for kind, pattern in HARMS.items():
            if re.search(pattern, statement, re.IGNORECASE):
                found.append((kind, " ".join(statement.split()[:3]).lower()))
        for index, table in INDEX.findall(statement):
            if table.lower() not in own:
                found.append(("indexes a table that is in use", index))
    return found


def released() -> dict[str, tuple[str, str]]:
    """File -> version and digest."""
    lines = [line.split() for line in RELEASED.read_text().splitlines()]
    return {file: (version, digest) for version, digest, file in lines}


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_no_released_migration_was_edited_or_removed():
    assert released()
    for file, (version, digest) in released().items():
        assert (FOLDER / file).exists(), f"{file} was released in {version} and is gone"
        found = digest_of((FOLDER / file).read_bytes())
        assert found == digest, f"{file} was released in {version}: write a new one instead"


def git(*words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def test_the_list_holds_what_every_tag_in_this_clone_released():
    told = released()
    for tag in git("tag", "--list", "v*").decode().split():
        names = git("ls-tree", "--name-only", tag, "infra/postgres/migrations/").decode().split()
        for name in names:
            content = git("show", f"{tag}:{name}")

            assert told[Path(name).name][1] == digest_of(content), f"{tag}: {name}"


# The release whose state is folded in another way stops the one before it (decision 0019): nothing runs beside it.
WITH_A_STOP = "-- With a stop (docs/decisions/0019"


def new_migrations() -> list[Path]:
    """What is in no version yet; a contract is a step of its own, with a decision of its own."""
    return [
        file
        for file in sorted(FOLDER.glob("*.sql"))
        if file.name not in released()
        and "_contract_" not in file.name
        and not file.read_text().startswith(WITH_A_STOP)
    ]


def test_a_new_migration_takes_nothing_from_the_version_before():
    found = {
        (file.name, *harm) for file in new_migrations() for harm in harms(file.read_text())
    } - ALLOWED.keys()

    assert found == set(), "see docs/decisions/0009: expand first, contract a release later"


def test_a_contract_names_the_decision_that_it_follows_from():
    for file in FOLDER.glob("*_contract_*.sql"):
        assert re.match(r"-- .*docs/decisions/\d{4}", file.read_text()), file.name


def test_what_is_allowed_exists():
    unreleased = {file.name for file in new_migrations()}
    assert {file for file, _, _ in ALLOWED if file not in unreleased} <= released().keys()


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("ALTER TABLE doses DROP COLUMN lot", "takes something away"),
        ("DROP VIEW people_now", "takes something away"),
        ("DO $$ BEGIN EXECUTE 'DROP TABLE doses'; END $$", "takes something away"),
        ("REVOKE SELECT ON doses FROM reader", "takes something away"),
        ("ALTER TABLE doses RENAME lot TO batch", "gives another name"),
        ("ALTER TABLE doses ALTER COLUMN dose_no TYPE bigint", "changes a type"),
        ("ALTER TABLE doses ALTER dose_no SET DATA TYPE bigint", "changes a type"),
        ("ALTER TABLE doses ALTER lot SET NOT NULL", "asks a value that older code does not write"),
        (
            "ALTER TABLE doses ADD COLUMN site text NOT NULL",
            "asks a value that older code does not write",
        ),
        (
            "ALTER TABLE doses ADD COLUMN a text NOT NULL DEFAULT '', ADD b text NOT NULL",
            "asks a value that older code does not write",
        ),
        (
            "ALTER TABLE doses ADD CONSTRAINT few CHECK (dose_no < 9)",
            "refuses what older code writes",
        ),
        (
            "ALTER TABLE doses ADD n int GENERATED ALWAYS AS (dose_no + 1) STORED",
            "writes the whole table anew",
        ),
        ("CREATE UNIQUE INDEX once ON doses (visit)", "indexes a table that is in use"),
        ("UPDATE doses SET lot = ''", "changes rows, locked to its end"),
    ],
)
def test_what_harms_a_running_version_is_seen(sql: str, kind: str):
    assert [found for found, _ in harms(sql + ";")] == [kind]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE sites (site text PRIMARY KEY, n int NOT NULL); CREATE INDEX by_n ON sites (n)",
        "ALTER TABLE doses ADD COLUMN site text",
        "ALTER TABLE doses ADD COLUMN site text NOT NULL DEFAULT ''",
        "-- nothing is DROPped here\nGRANT SELECT ON doses TO reader",
        "INSERT INTO policies VALUES ('x') ON CONFLICT (region) DO UPDATE SET policy = NULL",
    ],
)
def test_what_only_adds_passes(sql: str):
    assert harms(sql + ";") == []
