"""Pairs of descriptions: which are equal, which raise a question, which a practice may mend by itself."""

from dataclasses import replace

import pytest

from events.births import BirthDate
from infra.likeness import (
    are_alike,
    are_equal,
    is_birth_date_near,
    is_correction,
    is_family_alike,
    is_likely_one,
    list_traits,
)
from infra.person import Person

BORN = BirthDate(1935, 3, 14)


def named(given: str, family: str, born: BirthDate = BORN) -> Person:
    return Person(None, given, family, born, "3971NT")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Johanna", "van den Heuvel"), ("J.", "van den Heuvel")),
        (("Johanna", "van den Heuvel"), ("J M", "Heuvel")),
        (("Johanna", "van den Heuvel"), ("JM.", "Heuvel, van den")),
        (("Johanna Maria", "van den Berg"), ("Johanna", "Vandenberg")),
        (("Jo", "Bos"), ("Johanna", "Bos")),
        (("Wim", "Zonnedauw"), ("Willem", "Zonnedauw")),
        (("Piet", "van Dijk"), ("Piet", "van Dyk")),
        (("Piet", "Ruĳs"), ("Piet", "Ruys")),
        (("Piet", "Boelens"), ("Piet", "Bulens")),
        (("Piet", "Janssen"), ("Piet", "Jansen")),
        (("Theo", "Visser"), ("Teo", "Fisser")),
        (("Els", "Jansen-de Wit"), ("Els", "de Wit")),
        (("Els", "Jansen-de Wit"), ("Els", "Jansen")),
        (("Els", "Jansen - de Wit"), ("E.", "de Wit-Jansen")),
        (("Els", "de Wit geb. Jansen"), ("Els", "Jansen")),
        (("Els", "de Wit e/v Jansen"), ("Els", "de Wit")),
        (("Ton", "in 't Veld"), ("Ton", "Veld")),
    ],
)
def test_spellings_of_one_name_raise_a_question(one, other):
    assert are_alike(named(*one), named(*other))
    assert are_alike(named(*other), named(*one))
    assert not are_equal(named(*one), named(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Johanna", "van den Heuvel"), ("Petra", "van den Heuvel")),
        (("Aagje", "Rietzoom"), ("Aafje", "Rietzoom")),
        (("Jan", "Bos"), ("Joop", "Bos")),
        (("Johanna", "van den Heuvel"), ("P.", "van den Heuvel")),
        (("Johanna", "van den Heuvel"), ("Johanna", "van den Berg")),
        (("Johanna", "de Wit"), ("Johanna", "de Zwart")),
        (("Aagje", "Rietzoom"), ("Barend", "Waterlelie")),
    ],
)
def test_two_names_are_two_people(one, other):
    assert not are_alike(named(*one), named(*other))


def test_accents_case_and_spaces_make_no_other_person():
    assert are_equal(named("Áágjë", "VAN DER RIETZOOM"), named("Aagje", "van-der Rietzoom"))
    assert are_equal(named("Anne-Marie", "Coëlho"), named("Annemarie", "Coelho"))


def test_another_birth_date_is_never_alike():
    assert not are_alike(named("Jan", "Bos"), named("Jan", "Bos", BirthDate(1935, 3, 15)))


@pytest.mark.parametrize(
    ("other", "near"),
    [
        (BirthDate(1935, 3, 14), True),
        (BirthDate(1936, 3, 14), True),
        (BirthDate(1935, 4, 14), True),
        (BirthDate(1935, 3, 4), True),
        (BirthDate(1936, 4, 14), False),
        (BirthDate(1938, 11, 20), False),
    ],
)
def test_a_birth_date_is_near_when_one_part_differs(other, near):
    assert is_birth_date_near(BORN, other) is near


def test_day_and_month_exchanged_is_near():
    assert is_birth_date_near(BirthDate(1935, 3, 4), BirthDate(1935, 4, 3))


@pytest.mark.parametrize(
    ("said", "now", "mended"),
    [
        (named("Wim", "Zonnedauw"), named("Willem", "Zonnedauw", BirthDate(1936, 3, 14)), True),
        (named("Els", "Jansen"), named("Els", "de Wit"), True),
        (named("E.", "Jansen"), named("Els", "Jansen", BirthDate(1935, 4, 14)), True),
        (named("Aagje", "Rietzoom"), named("Barend", "Waterlelie", BirthDate(1938, 11, 20)), False),
        (named("Jan", "Bos"), named("Joop", "Bos"), False),  # twins
        (named("Jan", "Bos"), named("Greet", "Bos", BirthDate(1937, 1, 2)), False),  # a couple
        (named("Jan", "Bos"), named("Jan", "Bos", BirthDate(1937, 1, 2)), False),
        (named("Els", "Jansen"), named("Els", "de Wit", BirthDate(1936, 3, 14)), False),
    ],
)
def test_what_one_practice_may_mend_without_a_question(said, now, mended):
    assert is_correction(said, now) is mended


def test_a_family_name_of_particles_only_still_compares():
    assert is_family_alike("van der", "Van Der")
    assert not is_family_alike("van der", "de la")


def test_likeness_looks_at_names_and_birth_date_only():
    one = named("Jan", "Bos")

    assert are_equal(one, replace(one, bsn="999990019", house_number="1", phone="0301234567"))


HENK = Person(None, "Hendrik", "van den Berg", BirthDate(1938, 3, 14), "3511AB", "12")


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (replace(HENK, given_name="H.", family_name="Bergh"), "a slip in the name"),
        (replace(HENK, family_name="Bakker", house_number=""), "another name after a marriage"),
        (replace(HENK, postcode="1011AA", house_number="3"), "the address before the institution"),
        (
            replace(HENK, birth_date=BirthDate(1938, 4, 14), house_number="12 "),
            "a slip in the month",
        ),
    ],
)
def test_three_of_name_birth_date_and_address_are_enough_to_ask(now: Person, why: str):
    assert is_likely_one(HENK, now), why


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (replace(HENK, given_name="Pieter"), "a twin"),
        (replace(HENK, family_name="Bakker", house_number="14"), "a neighbour of the same age"),
        (replace(HENK, family_name="Bakker", postcode="1011AA"), "a birthday in common"),
        (replace(HENK, birth_date=BirthDate(1971, 8, 2)), "a son of the same name"),
        (replace(HENK, birth_date=BirthDate(1938, 4, 14), postcode="1011AA"), "a namesake"),
    ],
)
def test_two_of_them_are_not(now: Person, why: str):
    assert not is_likely_one(HENK, now), why


def test_who_moved_or_was_born_a_day_later_by_a_slip_shares_a_trait():
    moved = replace(HENK, postcode="1011AA", family_name="Berg, van den")
    slipped = replace(HENK, birth_date=BirthDate(1938, 4, 14))

    assert list_traits(HENK) & list_traits(moved)
    assert list_traits(HENK) & list_traits(slipped)
    assert not list_traits(moved) & list_traits(slipped)
