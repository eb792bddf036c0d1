"""A practice hands over a list in four steps: what the dry run promises is what the storing does, and nothing is stored before."""

import csv
import io
import re
from datetime import date

import openpyxl
import pytest
import xlsxwriter

from events.births import BirthDate
from infra.person import Description, Person, to_speaker
from infra.postgres.vault import open_persons
from tests.services.web.conftest import Site
from tests.services.web.lists import (
    HEADER,
    NONE,
    PLACE,
    a_bsn,
    a_row,
    as_csv,
    dump,
    practice,
    said_by_pages,
)

pytestmark = pytest.mark.postgres
BORN = BirthDate(1931, 2, 3)


async def newest(site: Site, bsn: str) -> Person:
    """What the vault shows of somebody."""
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        person = await tx.fetchval(
            "SELECT person FROM persons WHERE bsn_hash = $1", site.parts.keys.hash("bsn", bsn)
        )
        return (await open_persons(tx, site.parts.keys, [person]))[person]


async def test_nothing_is_stored_before_the_last_step_and_then_what_was_promised(site: Site):
    browser, before = practice(site), await dump(site)
    await browser.hand_over(as_csv([a_row(n) for n in range(1, 4)]))
    await browser.choose()

    promised = await browser.check()
    between = await dump(site)
    did = await browser.store()

    assert between == before
    assert promised == did == NONE | {"new": 3}
    after = await dump(site)
    assert after["persons"] == before["persons"] + 3
    assert after["registrations"] == before["registrations"] + 3


async def test_the_same_list_twice_changes_nothing(site: Site):
    raw = as_csv([a_row(n) for n in range(1, 4)])
    await practice(site).all_steps(raw)
    before = await dump(site)

    promised, did = await practice(site).all_steps(raw)

    assert promised == did == NONE | {"known": 3}
    assert await dump(site) == before


async def test_every_kind_of_row_comes_to_what_the_dry_run_says(site: Site):
    same_name = {"Voornaam": "Greet", "Achternaam": "de Wit", "Geboortedatum": "14-03-1938"}
    await practice(site).all_steps(as_csv([a_row(1), a_row(2), a_row(3, Toestemming="nee")]))
    await practice(site, 1).all_steps(as_csv([a_row(9, **same_name)]))
    rows = [
        a_row(1),
        a_row(2, Telefoon="06 1234 5678"),
        a_row(3, Toestemming="ja"),
        a_row(4),
        a_row(5, **{**same_name, "Voornaam": "Anton", "Geboortedatum": "15-04-1951"}, BSN=a_bsn(9)),
        a_row(6, BSN="123456789"),
        a_row(4),  # once more in the same list
        a_row(7, Geboortedatum="31-02-1940"),
    ]

    promised, did = await practice(site).all_steps(as_csv(rows))

    assert promised == did
    assert did == {"new": 1, "changed": 2, "known": 2, "doubtful": 1, "wrong": 2}


async def test_a_changed_row_says_only_what_changed(site: Site):
    browser = practice(site)
    await browser.all_steps(as_csv([a_row(1)]))
    before = len(await said_by_pages(site))

    await browser.hand_over(as_csv([a_row(1, Toestemming="nee", Telefoon="06 1234 5678")]))
    await browser.choose()
    await browser.check()
    page = (await browser.get(f"{browser.at}/controle?soort=changed")).text
    await browser.store()

    said = (await said_by_pages(site))[before:]
    assert [(one["type"], one["status"]) for one in said] == [("consent.recorded.v1", "refused")]
    assert "Anders: Telefoon, Toestemming" in re.sub(r"\s+", " ", page)


async def test_what_is_said_back_again_is_a_change_too(site: Site):
    given, refused = as_csv([a_row(1)]), as_csv([a_row(1, Toestemming="nee", Telefoon="06 1")])
    for raw in (given, refused):
        await practice(site).all_steps(raw)

    promised, did = await practice(site).all_steps(given)

    assert promised == did == NONE | {"changed": 1}
    statuses = [
        one["status"] for one in await said_by_pages(site) if one["type"] == "consent.recorded.v1"
    ]
    assert statuses == ["given", "refused", "given"]
    assert (await newest(site, a_bsn(1))).phone == a_row(1)["Telefoon"]


async def test_an_empty_cell_takes_nothing_back(site: Site):
    await practice(site).all_steps(as_csv([a_row(1)]))
    before = await dump(site)

    _, did = await practice(site).all_steps(
        as_csv([a_row(1, Telefoon="", Huisnummer="", Toestemming="")])
    )

    assert did == NONE | {"known": 1}
    assert await dump(site) == before
    assert (await newest(site, a_bsn(1))).phone == a_row(1)["Telefoon"]


async def test_a_phone_number_that_only_the_other_practice_left_empty_stays(site: Site):
    person = Person(a_bsn(7), "Anna", "Zwaan", BORN, "3511AB", "1", "06 1")
    who = site.who("practice", number=1)
    speaker = to_speaker(who.role, who.organisation, who.region)
    bare = Person(a_bsn(7), "Anna", "Zwaan", BORN, "3511AB")
    await site.parts.writing.identify([Description(person, speaker)])
    other = to_speaker("practice", site.home.practices[0], who.region)
    await site.parts.writing.identify([Description(bare, other)])

    shown = await newest(site, a_bsn(7))

    assert (shown.phone, shown.house_number) == ("06 1", "1")


async def test_wrong_rows_come_back_in_the_file_they_came_in_and_go_in_once_mended(site: Site):
    header = ("Ruiter", *HEADER)
    rows = [a_row(n, Ruiter=f"lijst {n}") for n in range(1, 6)]
    rows[1] |= {"BSN": "123456789", "Postcode": "1234"}
    rows[3] |= {"Achternaam": ""}
    browser = practice(site)
    raw = as_csv(rows, header).replace(b"lijst 2", "lijst \u00e9\u00e9n".encode("cp1252"))
    _, did = await browser.all_steps(raw)

    back = await browser.get(f"{browser.at}/fouten")

    assert did == NONE | {"new": 3, "wrong": 2}
    text = back.content.decode("cp1252")
    found = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert tuple(found[0]) == (*header, "fout")
    assert [row[:2] for row in found[1:]] == [
        ["lijst \u00e9\u00e9n", "123456789"],
        ["lijst 4", a_bsn(4)],
    ]
    assert "BSN: moet een burgerservicenummer" in found[1][-1]
    assert "Postcode: moet een postcode" in found[1][-1]
    assert found[2][-1] == "Achternaam: ontbreekt"
    mended = text.replace("123456789", a_bsn(2)).replace(";1234;", ";3511AB;")
    mended = mended.replace("Greet;;", "Greet;Kwikstaarte;")
    assert await practice(site).all_steps(mended.encode("cp1252")) == (NONE | {"new": 2},) * 2


async def test_a_workbook_is_read_as_typed_and_gives_wrong_rows_back_as_a_workbook(site: Site):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["BSN", "Voornaam", "Achternaam", "Geboortedatum", "Postcode", "Huisnummer"])
    sheet.append(
        [int(a_bsn(1)), "Anna", '=CONCATENATE("de ","Wit")', date(1938, 3, 14), "3511 ab", 12]
    )
    sheet.append([int(a_bsn(2)), "Bert", "Wit", date(1938, 3, 15), "3511", 12])
    made = io.BytesIO()
    book.save(made)
    browser = practice(site)

    _, did = await browser.all_steps(made.getvalue(), "lijst.xlsx")
    back = openpyxl.load_workbook(io.BytesIO((await browser.get(f"{browser.at}/fouten")).content))

    # Excel never opened the workbook, so the formula has no value yet: the cell is empty.
    assert did == NONE | {"wrong": 2}
    rows = list(back.active.iter_rows(values_only=True))
    assert rows[0] == (
        "BSN",
        "Voornaam",
        "Achternaam",
        "Geboortedatum",
        "Postcode",
        "Huisnummer",
        "fout",
    )
    assert rows[2][0] == int(a_bsn(2))
    assert rows[2][3].date() == date(1938, 3, 15)
    assert "Achternaam: ontbreekt" in rows[1][-1]
    assert back.active["E3"].comment.text.startswith("moet een postcode")


async def test_a_formula_counts_by_its_value_and_a_date_by_its_day(site: Site):
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd-mm-yyyy"})
        sheet.write_row(0, 0, ["BSN", "Voornaam", "Achternaam", "Geboortedatum", "Postcode"])
        sheet.write_row(1, 0, [int(a_bsn(1)), "Anna", "", "", "3511 ab"])
        sheet.write_formula(1, 2, '=CONCATENATE("de ","Wit")', None, "de Wit")
        sheet.write_datetime(1, 3, date(1938, 3, 14), day)

    _, did = await practice(site).all_steps(made.getvalue(), "lijst.xlsx")

    assert did == NONE | {"new": 1}
    shown = await newest(site, a_bsn(1))
    assert (shown.family_name, shown.birth_date) == ("de Wit", BirthDate(1938, 3, 14))


async def test_a_cell_that_a_spreadsheet_would_run_comes_back_as_text(site: Site):
    browser = practice(site)
    raw = as_csv(
        [a_row(1, Postcode="=1+1"), a_row(2, Telefoon="@SUM(A1)"), a_row(3, Postcode="-x")]
    )
    await browser.all_steps(raw)

    found = (await browser.get(f"{browser.at}/fouten")).text

    assert ";'=1+1;" in found
    assert ";'-x;" in found


async def test_columns_are_recognised_corrected_and_remembered(site: Site):
    header = ("Burgerservicenr", "Roepnaam", "Naam", "Gebdat", "PC", "Wat is dit")
    row = dict(zip(header, (a_bsn(1), "Anna", "Wit", "14031938", "3511AB", "12"), strict=True))
    browser = practice(site)
    await browser.hand_over(as_csv([row], header))

    await browser.choose(
        kolommen=["bsn", "given_name", "family_name", "birth_date", "postcode", "house_number"]
    )
    await browser.store()
    again = practice(site)
    await again.hand_over(as_csv([row], header))
    page = (await again.get(again.at)).text

    assert (await newest(site, a_bsn(1))).house_number == "12"
    assert page.count("selected") >= 6
    assert '<option value="house_number" selected' in page


async def test_a_missing_column_is_asked_for_and_nothing_is_looked_at(site: Site):
    browser = practice(site)
    await browser.hand_over(as_csv([a_row(1)]))

    answer = await browser.choose(kolommen=["bsn", "given_name"])

    assert answer.status_code == 422
    assert "Wijs deze kolommen nog aan" in answer.text
    assert "geboortedatum" in answer.text


async def test_a_pasted_list_without_names_of_columns_is_taken(site: Site):
    browser = practice(site)
    cells = "\t".join((a_bsn(1), "Anna", "Wit", "14-03-1938", "3511AB"))
    answer = await browser.post("/praktijk/lijst", tekst=cells)
    browser.at = answer.headers["location"]

    await browser.choose(kolommen=["bsn", "given_name", "family_name", "birth_date", "postcode"])

    assert await browser.store() == NONE | {"new": 1}


async def test_an_institution_is_named_as_in_the_list_or_told_to_be_unknown(site: Site):
    header = (*HEADER, "Instelling")
    rows = [
        a_row(1, Instelling=PLACE),
        a_row(2, Instelling="eemzicht gg2514"),
        a_row(3, Instelling="Nergens"),
        a_row(4),
    ]
    browser = practice(site)
    await browser.hand_over(as_csv(rows, header))
    await browser.choose(instelling="")

    did = await browser.store()
    back = (await browser.get(f"{browser.at}/fouten")).text

    assert did == NONE | {"new": 2, "wrong": 2}
    assert "Instelling: is hier niet bekend" in back
    assert "Instelling: ontbreekt" in back


async def test_of_somebody_whom_two_practices_register_each_hears_of_the_other(site: Site):
    raw = as_csv([a_row(1)])
    await practice(site).all_steps(raw)
    await practice(site, 1).all_steps(raw)
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        person = await tx.fetchval(
            "SELECT person FROM persons WHERE bsn_hash = $1", site.parts.keys.hash("bsn", a_bsn(1))
        )
        names = {
            row[0]: row[1]
            for row in await tx.fetch("SELECT organisation, facts ->> 'name' FROM organisations")
        }

    for number in (0, 1):
        page = (await practice(site, number).get(f"/praktijk?patient={person}")).text
        other = names[site.home.practices[1 - number]]
        assert f"<dt>Ook aangemeld door</dt><dd>{other}</dd>" in page
    own = site.home.patients[site.home.practices[0]][0]
    alone = (await practice(site).get(f"/praktijk?patient={own}")).text
    assert "Ook aangemeld door" not in alone


async def test_one_number_of_two_people_in_a_list_is_told_at_both_rows(site: Site):
    rows = [a_row(1), a_row(2, BSN=a_bsn(1)), a_row(3)]

    promised, did = await practice(site).all_steps(as_csv(rows))

    assert promised == did == NONE | {"new": 1, "wrong": 2}


async def test_mostly_wrong_rows_are_not_stored_by_one_press(site: Site):
    rows = [a_row(n, Postcode="geen") for n in range(1, 8)] + [a_row(n) for n in range(8, 13)]
    browser = practice(site)
    await browser.hand_over(as_csv(rows))
    await browser.choose()
    await browser.check()

    refused = await browser.post(f"{browser.at}/opslaan")
    did = await browser.store(toch="ja")

    assert refused.headers["location"] == f"{browser.at}/controle"
    assert did == NONE | {"new": 5, "wrong": 7}


async def test_the_example_is_taken_by_the_page_itself(site: Site):
    browser = practice(site)

    example = (await browser.get("/praktijk/lijst/voorbeeld")).content

    assert await browser.all_steps(example) == (NONE | {"new": 1},) * 2
