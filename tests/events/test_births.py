"""A date of birth with unknown parts: nothing that is unknown is made up, and nothing impossible is taken."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.births import BirthDate
from events.details import check_born

births = st.dates(date(1900, 1, 1), date(2020, 12, 31)).flatmap(
    lambda day: st.sampled_from(
        [
            BirthDate(day.year, day.month, day.day),
            BirthDate(day.year, day.month),
            BirthDate(day.year),
        ]
    )
)


@given(births)
def test_a_birth_date_is_written_and_read_again(born: BirthDate):
    assert BirthDate.parse(born.isoformat()) == born


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("1950", BirthDate(1950)),
        ("1950-00-00", BirthDate(1950)),
        ("1950-07-00", BirthDate(1950, 7)),
    ],
)
def test_zeros_stand_for_what_is_unknown(text: str, born: BirthDate):
    assert BirthDate.parse(text) == born


@pytest.mark.parametrize(
    "text", ["0000", "1950-00-03", "1950-13", "1950-02-30", "50-01-01", "1950-7-3", "", "1950-"]
)
def test_what_is_in_no_calendar_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011
        BirthDate.parse(text)


@given(births, births)
def test_two_agree_when_one_may_be_the_other(one: BirthDate, other: BirthDate):
    finer, coarser = {one.isoformat(), *one.list_finer()}, {other.isoformat(), *other.list_finer()}

    assert one.agrees(other) == other.agrees(one) == bool(finer & coarser)
    assert one.agrees(one)


@given(births, births)
def test_whoever_agrees_is_found_by_the_ways_to_write_it(one: BirthDate, other: BirthDate):
    near = {one.isoformat(), *one.list_coarser(), *one.list_finer()}

    assert one.agrees(other) == (other.isoformat() in near)


@pytest.mark.parametrize(
    ("born", "can_be"),
    [
        (BirthDate(2021), True), (BirthDate(2021, 2), True), (BirthDate(2021, 2, 15), True), (BirthDate(2021, 2, 16), False),
        (BirthDate(2021, 3), False), (BirthDate(2022), False), (BirthDate(1899, 12, 31), False), (BirthDate(1900), True),
    ],
)  # fmt: skip
def test_nobody_is_born_after_today_or_before_1900(born: BirthDate, can_be):
    if can_be:
        check_born(born, date(2021, 2, 15))
        return
    with pytest.raises(ValueError, match="between 1900 and today"):
        check_born(born, date(2021, 2, 15))
