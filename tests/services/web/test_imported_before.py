"""Files that version 0.1.0 imported, whose keys were others then: imported again they say the same of the same things."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from infra.postgres.database import Who
from services.importing.accounting import Known
from services.importing.run import ImportReport, run
from services.sending import entity_id, id_of_word
from tests.services.importing.test_manual import MANUAL
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME
from tests.services.web.test_imported import Importing

pytestmark = pytest.mark.postgres
KINDS = {
    "organisation": "organisation", "post": "organisation", "depot": "organisation", "practice": "organisation",
    "owner": "organisation", "institution": "location", "team": "team", "shift": "shift", "delivery": "delivery",
    "member": "member", "ordered_by": "member", "campaign": "campaign",
}  # fmt: skip
PRACTICE = "1234567"  # an AGB code whose zero a spreadsheet dropped
COUNTED = ("organisations", "locations", "teams", "campaigns", "shifts", "deliveries", "certificates", "registrations")  # fmt: skip


def typed(text: str) -> str:
    """The examples with the keys that somebody might have: a dash of a word processor, a code of seven digits."""
    return re.sub(r"\b(INST|DEPOT|HAP|TEAM|M)-", "\\1\u2013", text).replace("PRAK-001", PRACTICE)


def as_before(text: str) -> str:
    """The same with the identifiers that 0.1.0 made of these keys: a key that is a UUID stands for itself."""
    table = list(csv.DictReader(io.StringIO(text)))
    for row in table:
        for column, kind in KINDS.items():
            if row.get(column):
                row[column] = str(id_of_word(kind, HOME, row[column].casefold()))
        if "crew" in row:
            row["crew"] = re.sub(
                r":(\S+)", lambda m: f":{id_of_word('member', HOME, m[1].casefold())}", row["crew"]
            )
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


class Again(Importing):
    """Imports all examples, and asks the service what it knows by the address that the import asks."""

    async def all_of(self, spelt) -> ImportReport:
        self.files += 1
        folder = self.folder / str(self.files)
        folder.mkdir()
        for example in sorted(MANUAL.glob("*.csv")):
            (folder / example.name).write_text(spelt(example.read_text("utf-8")), "utf-8")
        return await run(
            sorted(folder.glob("*.csv")), HOME, self, self.identify,
            asked=self.list_questions, known=self.list_known,
        )  # fmt: skip

    async def list_known(
        self,
        events: Sequence[tuple[str, str]],
        keys: Mapping[str, Sequence[str]],
        *,
        patient: bool = True,  # noqa: ARG002
    ) -> Known:
        program = Who("system", HOME, None, "import")
        asked = {"events": [{"source": source, "id": name} for source, name in events]}
        async with self.site.client(program, cookie=False) as client:
            answer: httpx2.Response = await client.post("/api/v1/known", json=asked | dict(keys))
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return Known(
            frozenset((one["source"], one["id"]) for one in found["events"]),
            {kind: frozenset(ids) for kind, ids in found["keys"].items()},
        )

    async def counts(self) -> dict[str, int]:
        owner = await self.site.fresh.open("owner", 1)
        async with owner.transaction() as tx:
            return {
                table: await tx.fetchval(f"SELECT count(*) FROM {table} WHERE region IN ('{HOME}', 'NL')")
                for table in COUNTED
            }  # fmt: skip


@pytest.fixture
def importing(unplanned: Site, tmp_path: Path) -> Again:
    return Again(unplanned, tmp_path)


async def of_practice(importing: Again, practice: UUID) -> set[str]:
    who = Who("practice", HOME, practice, "test:before")
    async with importing.site.client(who, cookie=False) as client:
        return {
            one["person_id"] for one in (await client.get("/api/v1/patients")).json()["patients"]
        }


async def test_what_an_earlier_version_imported_changes_nothing_when_it_is_imported_again(
    importing: Again,
):
    await importing.all_of(lambda text: as_before(typed(text)))
    before = await importing.counts()
    practice = id_of_word("organisation", HOME, PRACTICE)
    patients = await of_practice(importing, practice)

    report = await importing.all_of(typed)

    assert await importing.counts() == before
    assert (report.rows_unchanged, report.rows_rejected) == (report.rows, 0)
    assert await of_practice(importing, practice) == patients != set()
    assert await of_practice(importing, entity_id("organisation", HOME, PRACTICE)) == set()


async def test_a_zero_that_is_put_back_in_the_file_is_still_the_same_practice(importing: Again):
    await importing.all_of(lambda text: as_before(typed(text)))

    report = await importing.all_of(lambda text: typed(text).replace(PRACTICE, f"0{PRACTICE}"))

    assert report.rows_unchanged == report.rows


async def test_a_key_by_which_two_things_are_known_already_is_told_by_row(importing: Again):
    await importing.all_of(lambda text: as_before(typed(text)))
    await importing.all_of(lambda text: text.replace("PRAK-001", f"0{PRACTICE}"))

    report = await importing.all_of(typed)

    told = {(one.file, one.fields) for one in report.problems if "tweemaal" in one.message}
    assert ("organisations.csv", ("organisation",)) in told
    assert ("registrations.csv", ("institution",)) in told
    assert ("institutions.csv", ("institution",)) in told


async def test_files_of_this_version_keep_their_identifiers(importing: Again):
    await importing.all_of(typed)
    before = await importing.counts()

    report = await importing.all_of(typed)

    assert report.rows_unchanged == report.rows
    assert report.problems == ()
    assert await importing.counts() == before
    assert await of_practice(importing, entity_id("organisation", HOME, PRACTICE)) != set()


async def test_a_row_with_another_phone_number_is_not_called_unchanged(importing: Again):
    """The number is no fact of the registration, but the vault hears it: the report says so."""
    await importing.all_of(lambda text: with_phone(text, "0301234567"))

    report = await importing.all_of(lambda text: with_phone(text, "0307654321"))
    again = await importing.all_of(lambda text: with_phone(text, "0307654321"))

    assert report.rows_accepted - report.rows_unchanged == 1
    assert again.rows_unchanged == again.rows


def with_phone(text: str, phone: str) -> str:
    """The examples, with a phone number of the first person."""
    first, *rest = text.splitlines()
    if not first.startswith("bsn,"):
        return text
    return "\n".join([f"{first},phone", f"{rest[0]},{phone}", *(f"{row}," for row in rest[1:])])
