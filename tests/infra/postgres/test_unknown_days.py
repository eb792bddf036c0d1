"""People of whom nobody knows the day of birth: the year alone makes nobody the same, and nobody different."""

from dataclasses import replace

import pytest

from events.births import BirthDate
from infra.postgres.database import Database
from tests.infra.postgres.describing import (
    AAGJE,
    SOUTH,
    WITHOUT_BSN,
    known_as,
    questions,
    shown,
    told,
)

pytestmark = pytest.mark.postgres
YEAR, MONTH = BirthDate(1931), BirthDate(1931, 4)


@pytest.fixture
async def identifier(fresh) -> Database:
    return await fresh.open("identifier", 8)


@pytest.mark.parametrize("born", [YEAR, MONTH])
async def test_a_number_in_common_is_one_person_with_the_day_and_without(fresh, identifier, born):
    (first,) = await known_as(identifier, fresh.keys(), replace(AAGJE, birth_date=born))
    (second,) = await known_as(identifier, fresh.keys(), AAGJE, by=SOUTH)

    assert first == second
    assert await questions(identifier) == []


@pytest.mark.parametrize("born", [BirthDate(1932), BirthDate(1931, 5)])
async def test_a_number_in_common_and_another_year_or_month_is_a_question(fresh, identifier, born):
    (first,) = await known_as(identifier, fresh.keys(), replace(AAGJE, birth_date=born))
    (second,) = await known_as(identifier, fresh.keys(), AAGJE, by=SOUTH)

    assert first != second
    assert len(await questions(identifier)) == 1


@pytest.mark.parametrize("born", [YEAR, MONTH])
@pytest.mark.parametrize("known_first", [True, False])
async def test_without_a_number_an_unknown_day_is_a_question_in_either_order(
    fresh, identifier, born, known_first
):
    both = [replace(WITHOUT_BSN, birth_date=born), WITHOUT_BSN]
    (first,) = await known_as(identifier, fresh.keys(), both[known_first])
    (second,) = await known_as(identifier, fresh.keys(), both[not known_first], by=SOUTH)

    assert first != second
    assert [row[:2] for row in await questions(identifier)] == [(second, first)]


async def test_a_practice_that_repeats_itself_adds_nobody_and_another_is_asked(fresh, identifier):
    person = replace(WITHOUT_BSN, birth_date=YEAR)
    first = await known_as(identifier, fresh.keys(), person)

    assert await known_as(identifier, fresh.keys(), person) == first
    (other,) = await known_as(identifier, fresh.keys(), person, by=SOUTH)
    assert other not in first
    assert len(await questions(identifier)) == 1


async def test_somebody_of_the_same_year_and_another_name_is_somebody_else(fresh, identifier):
    await known_as(identifier, fresh.keys(), replace(WITHOUT_BSN, birth_date=YEAR))
    await told(
        identifier, fresh.keys(), replace(WITHOUT_BSN, given_name="Barend", family_name="Smit"), by=SOUTH
    )  # fmt: skip

    assert await questions(identifier) == []


async def test_what_is_unknown_is_kept_as_unknown(fresh, identifier):
    (person,) = await known_as(identifier, fresh.keys(), replace(AAGJE, birth_date=MONTH))

    assert (await shown(fresh, identifier, person)).birth_date == MONTH
