from datetime import date, time

import pytest

from events.births import BirthDate
from events.details import to_bsn, to_postcode, to_postcode4
from events.identifiers import Skill
from services.importing.cells import to_birth, to_date, to_degrees
from services.importing.delimited import delimiter_of
from services.importing.encoding import decode
from services.importing.hours import to_end, to_opening, to_time
from services.importing.organisations import to_municipality
from services.importing.teams import to_skills


@pytest.mark.parametrize(
    "cell",
    [
        "2021-02-05",
        "05-02-2021",
        "5-2-2021",
        "5/2/2021",
        "5.2.2021",
        "05022021",
        "20210205",
        "5\u20132\u20132021",
        "5 februari 2021",
        "5 feb. 2021",
        "5-feb-2021",
        "2021-02-05 00:00:00",
        "5-2-2021 0:00",
        "5 - 2 - 2021",
    ],
)
def test_a_date_is_read_as_people_write_it(cell):
    assert to_date(cell) == date(2021, 2, 5)


@pytest.mark.parametrize(
    "cell",
    [
        "2021-02-30",
        "5 februari",
        "02/05/21",
        "20211305",
        "00-00-1950",
        "5 foo 2021",
        "5-2-2021 9:00",
        "1",
        "",
    ],
)
def test_what_is_no_date_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011 - the text must not be in it
        to_date(cell)


def test_a_spreadsheet_that_drops_leading_zeros_does_not_break_a_bsn():
    assert to_bsn("10464554") == "010464554"


@pytest.mark.parametrize(
    ("cell", "born"),
    [
        ("00-00-1950", BirthDate(1950)), ("1951-00-00", BirthDate(1951)), ("00001950", BirthDate(1950)),
        ("19510000", BirthDate(1951)), ("0-7-1950", BirthDate(1950, 7)), ("1950-07-00", BirthDate(1950, 7)),
        ("XX-XX-1950", BirthDate(1950)), ("??-07-1950", BirthDate(1950, 7)), ("1950", BirthDate(1950)),
        ("19520703", BirthDate(1952, 7, 3)), ("03071952", BirthDate(1952, 7, 3)), ("03\u201307\u20131952", BirthDate(1952, 7, 3)),
    ],
)  # fmt: skip
def test_a_birth_date_is_read_with_what_is_unknown_of_it(cell, born):
    assert to_birth(cell) == born


@pytest.mark.parametrize(
    "cell", ["00-00-0000", "03-00-1950", "1950-00-03", "31-02-1950", "50", "13-1950", ""]
)
def test_a_birth_date_without_a_year_or_with_a_day_of_no_month_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011
        to_birth(cell)


@pytest.mark.parametrize("cell", ["123456789", "1234567890", "abc", "000000000", "99999001X"])
def test_what_fails_the_eleven_test_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011
        to_bsn(cell)


def test_a_postcode_is_read_with_and_without_space_and_capitals():
    assert to_postcode("3581 ab") == "3581AB"
    assert to_postcode4("3581AB") == to_postcode4("3581") == 3581


@pytest.mark.parametrize("cell", ["0581AB", "3581SS", "3581A", "358 1AB2"])
def test_what_is_no_postcode_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011
        to_postcode(cell)


def test_degrees_may_have_a_comma():
    assert to_degrees("52,0907") == 52.0907


def test_opening_hours_may_have_two_windows_and_ranges_of_days():
    opening = to_opening("ma-di 9:30-11:30 13.30-16.30; za+zo 10:00-12:00")

    found = [(o["weekday"], o["begins"], o["ends"]) for o in opening]
    assert found == [
        (0, time(9, 30), time(11, 30)),
        (0, time(13, 30), time(16, 30)),
        (1, time(9, 30), time(11, 30)),
        (1, time(13, 30), time(16, 30)),
        (5, time(10), time(12)),
        (6, time(10), time(12)),
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "altijd",
        "ma",
        "ma 9-12",
        "vr-ma 9:00-12:00",
        "ma 9:00-12:00 en zo",
        "ma ma 9:00-12:00",
        "ma+ma 9:00-12:00",
        "ma 9:00-9:00",
        "ma 12:00-25:00",
        "ma 9:70-12:00",
    ],
)
def test_what_are_no_opening_hours_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011
        to_opening(cell)


def test_a_time_may_have_a_colon_a_dot_or_nothing():
    for cell in ("8:05", "08.05", "0805", "08:05:00", "8u05", "8:05 uur"):
        assert to_time(cell) == time(8, 5)


def test_a_day_ends_at_midnight_however_it_is_written_and_none_begins_at_24():
    assert to_end("24:00") == to_end("00:00") == to_end("0:00") == time()
    with pytest.raises(ValueError):  # noqa: PT011
        to_time("24:00")
    for cell in ("24:30", "25:00", "8:60", "08:30:30", "half negen"):
        with pytest.raises(ValueError):  # noqa: PT011
            to_end(cell)


@pytest.mark.parametrize(
    "cell",
    ["ma\u2013vr 9:30\u201311:30", "ma - vr 9:30 - 11:30", "ma t/m vr 9.30-11.30 uur", "maandag t/m vrijdag: 9:30 tot 11:30",
     "werkdagen 09:30:00-11:30:00", "ma, di, wo, do en vr 9:30-11:30", "ma tot en met vr 9u30-11u30", "MA-VR 9:30-11:30"],
)  # fmt: skip
def test_opening_hours_are_read_as_people_write_them(cell):
    found = [(o["weekday"], o["begins"], o["ends"]) for o in to_opening(cell)]

    assert found == [(day, time(9, 30), time(11, 30)) for day in range(5)]


def test_hours_over_midnight_are_two():
    found = [
        (o["weekday"], o["begins"], o["ends"]) for o in to_opening("zo 22:00-6:00; ma 9:00-24:00")
    ]

    assert found == [(6, time(22), time(23, 59)), (0, time(), time(6)), (0, time(9), time(23, 59))]


def test_words_are_known_in_dutch_and_in_english():
    assert to_skills("crisis, gehandicaptenzorg") == {Skill.CRISIS, Skill.DISABILITY_CARE}


def test_older_exports_are_read_in_windows_1252():
    assert decode("Crèche".encode("cp1252")) == decode("\ufeffCrèche".encode()) == "Crèche"


@pytest.mark.parametrize(
    ("header", "delimiter"), [("a;b,c;d", ";"), ("a\tb", "\t"), ("a,b", ","), ('"a;b",c', ",")]
)
def test_the_delimiter_is_the_one_the_header_has_most_of(header, delimiter):
    assert delimiter_of(header) == delimiter


@pytest.mark.parametrize("cell", ["GM0344", "gm0344", "0344"])
def test_a_municipality_is_read_by_its_code(cell):
    assert to_municipality(cell) == "GM0344"


@pytest.mark.parametrize("cell", ["344", "GM344", "Utrecht", "GM03445"])
def test_what_is_no_whole_code_of_a_municipality_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011
        to_municipality(cell)
