"""Only a few views read what was said of doses and stock; whoever shows or counts reads what of it holds."""

import re
from pathlib import Path

import pytest

from infra.embedded.folder import CHECKOUT
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres
# Views that read what was said, and not only what holds of it.
ALLOWED = {
    "doses": {
        "dose_records": "chooses what holds",
        "dose_corrections_placed": "finds the record of a correction",
        "dose_slips": "shows the first record beside its corrections",
        "series_to_judge": "a refusal at the door that was taken back: one candidate too many, the rules decide",
        "waiting_facts": "leaves out what was taken back",
        "team_days": "when a team was last heard of, whatever holds of what it said",
    },
    "stock_movements": {
        "received_now": "chooses what holds",
        "wasted_now": "chooses what holds",
        "moved_now": "chooses what holds",
    },
    "containers": {
        "containers_now": "chooses what holds",
        "dose_conflicts": "who opened it, as it was said",
    },
    "leftovers": {"leftovers_now": "chooses what holds", "dose_conflicts": "when it was offered"},
}
WRITERS = CHECKOUT / "infra" / "postgres" / "acceptor"
SAID = re.compile(r"\b(?:FROM|JOIN)\s+(doses|stock_movements|containers|leftovers)\b")


@pytest.mark.parametrize("table", ALLOWED)
async def test_a_view_reads_what_holds_and_not_what_was_said(fresh, table: str):
    owner = await fresh.open("owner")
    query = """
        SELECT DISTINCT v.relname FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_class v ON v.oid = r.ev_class
        WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::text::regclass AND v.relkind = 'v'
        """

    found = {str(name) for (name,) in await rows(owner, query, table)}

    assert found == ALLOWED[table].keys()


def statements_that_read_what_was_said() -> list[tuple[Path, str]]:
    return [
        (file, name)
        for folder in ("infra", "services")
        for file in (CHECKOUT / folder).rglob("*.py")
        if WRITERS not in file.parents
        for name in SAID.findall(file.read_text(encoding="utf-8"))
    ]


def test_no_statement_outside_of_the_writers_reads_what_was_said():
    assert SAID.search("SELECT FROM doses d") is not None
    assert statements_that_read_what_was_said() == []
