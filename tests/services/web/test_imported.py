"""Rows of files until a practice reads them: one number and two people, corrected details, short numbers, ages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from infra.kafka.producer import Outgoing
from infra.person import Description
from infra.postgres.database import Who
from services.accept.submission import Status, Submission
from services.importing.asking import Registered
from services.importing.run import ImportReport, check, run
from services.sending import entity_id
from services.web import settling
from tests.services.importing.builders import a_file, to_inward
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME

pytestmark = pytest.mark.postgres
HEADER = (
    "bsn,given_name,family_name,birth_date,postcode,house_number,phone,practice,campaign,"
    "institution,indication,consent,consent_by,judgement"
)
REST = "PRAK-001,covid19-klein-2021,INST-001,medical,given,self,eligible"
AAGJE = f"999990007,Aagje,Rietzoom,1931-04-03,3971NT,10,,{REST}"
BAREND = f"999990007,Barend,Waterlelie,1938-11-20,3971NT,10,,{REST}"
CATO = f"999990160,Cato,Duinroos,1940-01-09,3971NT,10,,{REST}"
WIM = f"999990184,Wim,Zonnedauw,1935-03-15,3971NT,10,0301234567,{REST}"
WILLEM = f"999990184,Willem,Zonnedauw,1936-03-15,3971NT,12,0307654321,{REST}"


@dataclass
class Importing:
    """Imports into a site: the vault and the door are the real ones, Kafka is left out."""

    site: Site
    folder: Path
    files: int = 0

    async def __call__(self, *rows: str, header: str = HEADER) -> ImportReport:
        self.files += 1
        file = a_file(self.folder, f"registrations-{self.files}.csv", header, *rows)
        return await run([file], HOME, self, self.identify, asked=self.list_questions)

    async def identify(self, described: Sequence[Description]) -> list[Registered | None]:
        who = Who("system", HOME, None, "test:import")
        found = await settling.identify(self.site.parts, who, described)
        return [Registered(one.id, one.said_before) for one in found]

    async def list_questions(self, persons: Sequence[UUID]) -> set[UUID]:
        return {one.person for one in await self.site.parts.writing.list_questions(persons)}

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        submissions = [Submission((to_inward(one),)) for one in records]
        outcomes = await self.site.say.group.submit_each(submissions)
        assert {one.status for one in outcomes} <= {Status.ACCEPTED, Status.DUPLICATE}

    def practice(self, key: str = "PRAK-001") -> Who:
        return Who("practice", HOME, entity_id("organisation", HOME, key), f"test:{key}")

    async def patients(self, key: str = "PRAK-001") -> dict[str, dict[str, object]]:
        """Name to what the practice reads of its patients."""
        async with self.site.client(self.practice(key), cookie=False) as client:
            listed = (await client.get("/api/v1/patients")).json()["patients"]
            found = [
                (await client.get(f"/api/v1/patients/{one['person_id']}")).json() for one in listed
            ]
        return {str(one["name"]): one for one in found}


@pytest.fixture
def importing(site: Site, tmp_path: Path) -> Importing:
    return Importing(site, tmp_path)


def rows_of(report: ImportReport) -> list[int]:
    return [problem.row for problem in report.problems]


async def test_two_people_with_one_number_in_a_file_are_both_told_and_the_third_is_registered(
    importing: Importing,
):
    report = await importing(AAGJE, BAREND, CATO)

    assert rows_of(report) == [2, 3]
    assert set(await importing.patients()) == {"Cato Duinroos"}
    assert not any(word in str(report.problems) for word in ("Rietzoom", "Waterlelie", "999990007"))


async def test_of_two_people_with_one_number_in_two_files_the_second_is_told(importing: Importing):
    first, second, again = [await importing(row) for row in (AAGJE, BAREND, BAREND)]

    patients = await importing.patients()
    assert [rows_of(one) for one in (first, second, again)] == [[], [2], [2]]
    assert set(patients) == {"Aagje Rietzoom", "Barend Waterlelie"}
    states = {name: one["registrations"][0]["state"] for name, one in patients.items()}
    assert states["Barend Waterlelie"] == "question"
    assert states["Aagje Rietzoom"] != "question"


async def test_corrected_details_are_shown_everywhere_with_one_birth_date(importing: Importing):
    await importing(WIM)
    async with importing.site.client(importing.practice()) as client:
        before = (await client.get("/praktijk")).text  # what was opened now is kept for a while
    report = await importing(WILLEM)

    patients = await importing.patients()
    (told,) = patients.values()
    async with importing.site.client(importing.practice()) as client:
        page = (await client.get(f"/praktijk?patient={told['person_id']}")).text
    assert rows_of(report) == []
    assert (told["name"], told["birth_date"]) == ("Willem Zonnedauw", "1936-03-15")
    assert "1935" in before
    assert "Willem Zonnedauw" in page
    assert "3971NT 12" in page
    assert "1935" not in page


async def test_a_patient_of_two_practices_with_the_same_whole_words_is_one_person(
    importing: Importing,
):
    his = "BSN;Voornaam;Tussenvoegsel;Achternaam;Geboortedatum;Postcode;Huisnr;Praktijk;Campagne;Instelling;Toestemming;Beoordeling"
    other = "Voornaam;Achternaam;Geboortedatum;Postcode;Huisnr;Praktijk;Campagne;Instelling;Toestemming;Beoordeling"
    rest = "covid19-klein-2021;INST-001;gegeven;geschikt"

    first = await importing(
        f"999990093;Johanna;van den;Berg;14-03-1935;3971NT;10;PRAK-001;{rest}",
        f";Johanna;van den;Heuvel;14-03-1936;3971NT;10;PRAK-001;{rest}",
        header=his,
    )
    second = await importing(
        f"Johanna;van den Heuvel;14-03-1936;3971NT;10;PRAK-004;{rest}", header=other
    )

    again = await importing(
        f"Johanna;van den Heuvel;14-03-1936;3971NT;10;PRAK-004;{rest}", header=other
    )

    mine, theirs = await importing.patients(), await importing.patients("PRAK-004")
    assert [rows_of(one) for one in (first, second, again)] == [[], [], []]
    assert set(mine) == {"Johanna van den Berg", "Johanna van den Heuvel"}
    assert set(theirs) == {"Johanna van den Heuvel"}
    name = "Johanna van den Heuvel"
    assert mine[name]["person_id"] == theirs[name]["person_id"]
    assert "question" not in {one[name]["registrations"][0]["state"] for one in (mine, theirs)}


async def test_the_number_settles_that_a_patient_of_two_practices_is_one_person(
    importing: Importing,
):
    rest = "covid19-klein-2021,INST-001,medical,given,self,eligible"
    row = "{},Johanna,van den Heuvel,1936-03-14,3971NT,10,,{}," + rest
    await importing(row.format("999990093", "PRAK-001"))
    await importing(row.format("", "PRAK-004").replace(",10,", ",12,"))

    report = await importing(row.format("999990093", "PRAK-004"))

    mine, theirs = await importing.patients(), await importing.patients("PRAK-004")
    assert rows_of(report) == []
    assert [one["person_id"] for one in mine.values()] == [
        one["person_id"] for one in theirs.values()
    ]


def test_short_numbers_are_told(tmp_path: Path):
    rows = [
        f"{bsn},Piet,Reigersbek,1932-12-12,3971NT,10,,{REST}"
        for bsn in ("100006", "24", "99990019", "999990019")
    ]
    file = a_file(tmp_path, "registrations.csv", HEADER, *rows)

    problems = check([file], HOME).problems

    assert [(one.row, one.fields) for one in problems if one.row < 4] == [
        (2, ("bsn",)),
        (3, ("bsn",)),
    ]


@pytest.mark.parametrize(("born", "told"), [("2002", [2]), ("1930", [])])
def test_somebody_too_young_for_the_reason_is_told(tmp_path: Path, born: str, told: list[int]):
    row = f"999990019,Cato,Duinroos,{born}-01-09,3971NT,10,,{REST}".replace("medical", "age_80")
    file = a_file(tmp_path, "registrations.csv", HEADER, row)

    assert rows_of(check([file], HOME, today=date(2021, 2, 17))) == told
