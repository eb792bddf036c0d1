"""The manual of the import files, made from the tables themselves: `docs/import/README.md` holds it and a test compares."""

from collections.abc import Iterator

from services.importing.layout import Table
from services.importing.run import TABLES

BEGIN = "<!-- kolommen: gemaakt uit services/importing, zie manual.py -->"


def chapter() -> str:
    """All tables with their columns, in Markdown and in Dutch."""
    return "\n".join(line for table in TABLES for line in section(table))


def section(table: Table) -> Iterator[str]:
    """One table."""
    yield f"## {table.name}.csv"
    yield ""
    yield table.about
    yield ""
    yield "| kolom | verplicht | moet zijn | ook herkend als |"
    yield "|---|---|---|---|"
    for column in table.columns:
        required = "ja" if column.required else ""
        aliases = ", ".join(f"`{alias}`" for alias in column.aliases)
        yield f"| `{column.name}` | {required} | {column.about} | {aliases} |"
    yield ""
