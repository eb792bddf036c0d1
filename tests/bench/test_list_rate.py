"""A practice's list from the file to the ledger, through the four steps of its page: 10,000 rows, and 100,000.

Run by `make bench`. Asserts only that every row came to what was promised, unless SPEED_BARS=1.
"""

import os
import resource
import time
from dataclasses import dataclass, field
from io import BytesIO

import pytest
import xlsxwriter

from tests.bench.measuring import show
from tests.services.accept.looking import rows as read
from tests.services.web.conftest import Site, planned_regions, site, two_regions, unplanned  # noqa: F401  # fixtures
from tests.services.web.lists import HEADER, Browser, a_row, as_csv, practice

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(600)]
COUNT = int(os.environ.get("COUNT", "100000"))
BAR_SECONDS = 5.0  # for 10,000 rows


def spread(number: int) -> dict[str, str]:
    """A patient of a region: 4,000 postcodes, any day of forty years."""
    day, month, year = number * 7 % 28 + 1, number * 5 % 12 + 1, 1925 + number * 11 % 40
    where = (
        f"{3400 + number * 13 % 400}{'ABCDEFGHKL'[number % 10]}{'ABCDEFGHKL'[number // 10 % 10]}"
    )
    return a_row(number, Geboortedatum=f"{day:02}-{month:02}-{year}", Postcode=where)


@dataclass
class Steps:
    """Seconds of each step."""

    seconds: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.perf_counter)

    def note(self, name: str) -> None:
        """A step is done."""
        self.seconds[name] = time.perf_counter() - self.began
        self.began = time.perf_counter()

    def __str__(self) -> str:
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())


async def take(
    browser: Browser, raw: bytes, name: str
) -> tuple[Steps, dict[str, int], dict[str, int]]:
    steps = Steps()
    assert (await browser.hand_over(raw, name)).status_code == 303
    steps.note("hand over")
    assert (await browser.choose()).status_code == 303
    steps.note("columns")
    promised = await browser.check()
    steps.note("check")
    did = await browser.store()
    steps.note("store")
    return steps, promised, did


def as_sheet(rows: list[dict[str, str]]) -> bytes:
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, [row[name] for name in HEADER])
    return made.getvalue()


@pytest.mark.parametrize(("count", "kind"), [(10_000, "csv"), (10_000, "xlsx"), (COUNT, "csv")])
async def test_a_list_of_many_rows(site: Site, count: int, kind: str, capsys):  # noqa: F811
    rows = [spread(number) for number in range(1, count + 1)]
    raw = as_csv(rows) if kind == "csv" else as_sheet(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    steps, promised, did = await take(practice(site), raw, f"lijst.{kind}")
    again, _, known = await take(practice(site), raw, f"lijst.{kind}")

    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    stored = await read(await site.fresh.open("owner", 1), "SELECT count(*) FROM person_statements")
    lines = [
        ("file", f"{len(raw) / 1e6:.1f} MB"),
        ("first time", str(steps)),
        ("again", str(again)),
        ("memory", f"{memory} MB more at most"),
    ]
    show(capsys, f"list of {count} ({kind})", lines)
    assert promised == did
    assert (did["new"], known["known"]) == (count, count)
    assert stored[0][0] >= count
    if os.environ.get("SPEED_BARS") == "1" and count == 10_000:
        assert steps.seconds["store"] <= BAR_SECONDS
