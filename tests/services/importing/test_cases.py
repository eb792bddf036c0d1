"""Files as they came out of spreadsheets and of systems of practices: read whole, or told by row."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from events.births import BirthDate
from events.local_time import AMSTERDAM
from events.location import LocationRegistered
from events.organisations import OrganisationRegistered
from events.practice import PatientRegistered
from events.teams import ShiftOpened
from services.importing.accounting import ImportReport
from services.importing.run import check, run
from services.sending import entity_id
from services.simulator.geography import read_places
from tests.services.importing.builders import REGION, Inbox, SmallVault, a_file

CASES = Path(__file__).parent / "cases"


async def imported(*names: str) -> tuple[ImportReport, Inbox, SmallVault]:
    inbox, vault = Inbox(), SmallVault()
    files = [CASES / name for name in names]
    report = await run(files, REGION, inbox, vault, places=read_places())
    return report, inbox, vault


def names_in(vault: SmallVault) -> list[str]:
    return [f"{person.given_name} {person.family_name}" for person in vault.asked]


async def test_a_quote_that_never_closes_spoils_its_own_row_alone():
    report, _, vault = await imported("registrations-aanhalingsteken.csv")

    assert [one.given_name for one in vault.asked] == ["Dirk", "Frits", "Geert", "Hilde"]
    (problem,) = report.problems
    assert (problem.row, problem.message) == (3, "een aanhalingsteken wordt niet gesloten")
    assert (report.rows, report.rows_accepted, report.rows_rejected) == (5, 4, 1)


async def test_two_quotes_that_close_each_other_hide_no_row_between_them(tmp_path):
    lines = (CASES / "registrations-aanhalingsteken.csv").read_text().splitlines()
    lines[4] += '"'
    file = a_file(tmp_path, "registrations.csv", *lines)

    report = check([file], REGION)

    assert (report.rows, report.rows_accepted) == (5, 3)
    assert [problem.row for problem in report.problems] == [3, 5]


async def test_a_tussenvoegsel_of_its_own_column_is_part_of_the_family_name():
    _, inbox, vault = await imported("registrations-his.csv", "registrations-andere-praktijk.csv")

    assert names_in(vault) == ["Johanna van den Berg", *["Johanna van den Heuvel"] * 2]
    said = [e.payload for e in inbox.events() if isinstance(e.payload, PatientRegistered)]
    assert said[1].person_id == said[2].person_id != said[0].person_id


@pytest.mark.parametrize(
    ("prefix", "family"),
    [("de", "Linde"), ("", "de Linde"), ("de", "de Linde"), ("", "Linde, de"), ("de", "Linde, de")],
)
async def test_a_tussenvoegsel_stands_in_a_name_once_wherever_it_was_written(
    tmp_path, prefix, family
):
    header = "voornaam;tussenvoegsel;achternaam;geboortedatum;postcode;praktijk;campagne;instelling"
    row = f"Jo;{prefix};{family};1935-03-14;3971NT;PRAK-1;griep;INST-1"
    vault = SmallVault()

    await run([a_file(tmp_path, "registrations.csv", header, row)], REGION, Inbox(), vault)

    assert names_in(vault) == ["Jo de Linde"]


async def test_an_agb_code_that_lost_its_zero_is_that_of_its_practice():
    report, inbox, _ = await imported(
        "organisations-agb.csv", "organisations-excel.csv", "registrations-excel.csv"
    )

    payloads = [event.payload for event in inbox.events()]
    made = [one for one in payloads if isinstance(one, OrganisationRegistered)]
    (patient,) = [one for one in payloads if isinstance(one, PatientRegistered)]
    assert {one.organisation_id for one in made} == {patient.practice_id}
    assert {one.agb for one in made} == {"01057001"}
    assert patient.practice_id == entity_id("organisation", REGION, "01057001")
    assert report.problems == ()
    assert (report.rows_accepted, report.rows_unchanged) == (3, 1)


async def test_a_shift_ends_at_midnight_or_on_the_next_day():
    report, inbox, _ = await imported("rosters-hap.csv")

    shifts = [event.payload for event in inbox.events()]
    ends = [one.ends_at.astimezone(AMSTERDAM) for one in shifts if isinstance(one, ShiftOpened)]
    assert report.problems == ()
    assert ends == [
        datetime(2021, 2, 21, tzinfo=AMSTERDAM),
        datetime(2021, 2, 22, tzinfo=AMSTERDAM),
        datetime(2021, 2, 23, 8, tzinfo=AMSTERDAM),
        datetime(2021, 2, 23, 16, 30, tzinfo=AMSTERDAM),
    ]


@pytest.mark.parametrize("name", ["registrations-puntkomma.csv", "registrations-sep.csv"])
async def test_what_spreadsheets_add_to_a_file_is_no_content(name):
    report, _, vault = await imported(name)

    assert report.problems == ()
    assert report.rows_accepted == report.rows == len(vault.asked) > 0


async def test_nobody_is_born_in_the_future():
    inbox, vault = Inbox(), SmallVault()

    report = await run(
        [CASES / "registrations-toekomst.csv"], REGION, inbox, vault, today=datetime(2026, 11, 30, tzinfo=AMSTERDAM).date()
    )  # fmt: skip

    assert [(one.row, one.fields) for one in report.problems] == [
        (2, ("birth_date",)),
        (3, ("birth_date",)),
    ]
    assert vault.asked == inbox.records == []


async def test_an_unknown_day_of_birth_stays_unknown():
    report, inbox, vault = await imported("registrations-onbekende-dag.csv")

    assert report.problems == ()
    assert [one.birth_date for one in vault.asked] == [
        BirthDate(1950),
        BirthDate(1951),
        BirthDate(1952, 7, 3),
    ]
    said = [e.payload for e in inbox.events() if isinstance(e.payload, PatientRegistered)]
    assert [one.birth_year for one in said] == [1950, 1951, 1952]


async def test_of_two_columns_for_one_thing_one_is_read_and_the_report_says_which_is_not():
    report, _, vault = await imported("registrations-his-voorletters.csv")

    assert names_in(vault) == ["Johanna de Linde"]
    assert report.problems == ()
    said = [note.message for note in report.notes if note.row == 1]
    assert said == [
        "kolom Voorletters is alleen gelezen waar de gekozen kolom voor given_name leeg is",
        "kolom Geslachtsnaam is alleen gelezen waar de gekozen kolom voor family_name leeg is",
    ]


async def test_opening_hours_may_have_dashes_of_a_word_processor():
    report, inbox, _ = await imported("institutions-streepje.csv")

    (event,) = inbox.events()
    assert report.problems == ()
    assert isinstance(event.payload, LocationRegistered)
    assert sorted({one.weekday for one in event.payload.opening}) == [0, 1, 2, 3, 4]


async def test_a_key_is_the_same_with_composed_and_separate_accents():
    report, inbox, _ = await imported("institutions-nfc.csv", "registrations-nfd.csv")

    places = {getattr(event.payload, "location_id", None) for event in inbox.events()}
    assert report.problems == ()
    assert len(places) == 1


async def test_a_former_municipality_is_told_and_that_of_the_postcode_taken():
    report, inbox, _ = await imported("institutions-oude-gemeente.csv")

    (event,) = inbox.events()
    assert isinstance(event.payload, LocationRegistered)
    assert event.payload.municipality == "GM1961"
    assert [(one.row, one.fields) for one in report.notes if one.fields] == [(2, ("municipality",))]
    assert [(one.row, one.fields) for one in report.problems] == [(3, ("municipality",))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PRAK-1", " prak-1\u00a0"), ("Huize René", "Huize  Rene\u0301"), ("A-1", "A\u20131"), ("01057001", "1057001"),
    ],
)  # fmt: skip
def test_spellings_of_one_key_are_one_key(one, other):
    assert entity_id("organisation", REGION, one) == entity_id("organisation", REGION, other)


def test_a_key_that_was_given_out_keeps_its_identifier():
    assert entity_id("location", REGION, "INST-001") == UUID("330a733a-75ea-5af5-9aa4-29c4bc81c2f3")
