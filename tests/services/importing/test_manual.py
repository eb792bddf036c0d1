from pathlib import Path

from services.importing.run import TABLES, run
from tests.services.importing.builders import REGION, Inbox, SmallVault

MANUAL = Path(__file__).parents[3] / "docs" / "import"


async def test_the_examples_can_be_imported_without_a_problem():
    files = sorted(MANUAL.glob("*.csv"))

    report = await run(files, REGION, Inbox(), SmallVault())

    assert {file.stem for file in files} == {table.name for table in TABLES}
    assert report.problems == ()
    assert report.rows_accepted == report.rows > 0


def test_no_column_has_two_meanings():
    from services.importing.columns import plain

    for table in TABLES:
        names = [plain(n) for c in table.columns for n in (c.name, *c.aliases)]
        assert len(set(names)) == len(names), table.name
