"""A dry run beside the service asks for what only the service knows, and leaves nothing behind."""

from pathlib import Path

import pytest

from services.importing.run import check_beside
from tests.services.importing.test_manual import MANUAL
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME
from tests.services.web.test_imported_before import Again

pytestmark = pytest.mark.postgres
PEOPLE = MANUAL / "registrations.csv"


async def test_a_dry_run_names_keys_that_nothing_answers_to_and_stores_nobody(
    unplanned: Site, tmp_path: Path
):
    importing = Again(unplanned, tmp_path)
    before = await importing.counts()

    alone = await check_beside([PEOPLE], HOME, importing.list_known)
    told = {name for one in alone.problems for name in one.fields}

    assert {"practice", "campaign", "institution"} <= told
    assert alone.rows_rejected == 0
    assert await importing.counts() == before
    await importing.all_of(lambda text: text)
    after = await importing.counts()
    assert (await check_beside([PEOPLE], HOME, importing.list_known)).problems == ()
    known = await check_beside([MANUAL / "organisations.csv"], HOME, importing.list_known)
    assert (known.rows_unchanged, known.problems) == (known.rows, ())
    assert await importing.counts() == after
