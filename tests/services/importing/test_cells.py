from datetime import date, time

import pytest

from events.identifiers import Skill
from services.importing.cells import (
    to_bsn,
    to_date,
    to_degrees,
    to_opening,
    to_postcode,
    to_postcode4,
    to_time,
)
from services.importing.reading import decode, delimiter_of
from services.importing.teams import to_skills


@pytest.mark.parametrize(
    "cell", ["2021-02-05", "05-02-2021", "5-2-2021", "5/2/2021", "5.2.2021", "05022021"]
)
def test_a_date_is_read_as_people_write_it(cell):
    assert to_date(cell) == date(2021, 2, 5)


@pytest.mark.parametrize("cell", ["2021-02-30", "5 februari", "02/05/21", "20210205", "1", ""])
def test_what_is_no_date_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011 - the text must not be in it
        to_date(cell)


def test_a_spreadsheet_that_drops_leading_zeros_does_not_break_a_bsn():
    assert to_bsn("10464554") == "010464554"


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
    "cell", ["altijd", "ma", "ma 9-12", "vr-ma 9:00-12:00", "ma 9:00-12:00 en zo"]
)
def test_what_are_no_opening_hours_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011
        to_opening(cell)


def test_a_time_may_have_a_colon_a_dot_or_nothing():
    assert to_time("8:05") == to_time("08.05") == to_time("0805") == time(8, 5)


def test_words_are_known_in_dutch_and_in_english():
    assert to_skills("crisis, gehandicaptenzorg") == {Skill.CRISIS, Skill.DISABILITY_CARE}


def test_older_exports_are_read_in_windows_1252():
    assert decode("Crèche".encode("cp1252")) == decode("\ufeffCrèche".encode()) == "Crèche"


@pytest.mark.parametrize(
    ("header", "delimiter"), [("a;b,c;d", ";"), ("a\tb", "\t"), ("a,b", ","), ('"a;b",c', ",")]
)
def test_the_delimiter_is_the_one_the_header_has_most_of(header, delimiter):
    assert delimiter_of(header) == delimiter
