from pathlib import Path

import pytest

from services.importing.layout import Table
from services.importing.run import TABLES, check, run
from tests.services.importing.builders import REGION, Inbox, SmallVault

MANUAL = Path(__file__).parents[3] / "docs" / "import"


async def test_the_examples_can_be_imported_without_a_problem():
    files = sorted(MANUAL.glob("*.csv"))

    report = await run(files, REGION, Inbox(), SmallVault())

    assert {file.stem for file in files} == {table.name for table in TABLES}
    assert report.problems == report.notes == ()
    assert report.rows_accepted == report.rows > 0


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_name_of_a_column_that_we_hand_out_is_read(tmp_path: Path, table: Table):
    """A template made of the manual: of each column its name, or one of the others by which it is known."""
    for alias in range(1 + max(len(column.aliases) for column in table.columns)):
        names = [(c.name, *c.aliases)[min(alias, len(c.aliases))] for c in table.columns]
        file = tmp_path / f"{table.name}.csv"
        file.write_text(";".join(names) + "\n", encoding="utf-8")

        report = check([file], REGION)

        assert report.problems == report.notes == ()


def test_no_column_has_two_meanings():
    from services.importing.columns import plain

    for table in TABLES:
        names = [plain(n) for c in table.columns for n in (c.name, *c.aliases)]
        assert len(set(names)) == len(names), table.name
