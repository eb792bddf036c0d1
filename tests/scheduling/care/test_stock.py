"""Which lots serve which days, and what secures the next doses."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from scheduling.care.stock import Span, allocate, unsecured
from tests.scheduling.builders import a_lot

DAYS = 4
SPANS = st.builds(
    lambda first, length: Span(first, first + length, 1),
    st.integers(0, DAYS - 1),
    st.integers(0, DAYS - 1),
)


def most_pairs(have: list[Span], wanted: list[Span]) -> int:
    """Every way to pair single doses, tried."""
    best = 0
    for choice in product(range(-1, len(have)), repeat=len(wanted)):
        used = [k for k in choice if k >= 0]
        fits = all(
            k < 0 or (have[k].first_day <= w.last_day and w.first_day <= have[k].last_day)
            for k, w in zip(choice, wanted, strict=True)
        )
        if fits and len(used) == len(set(used)):
            best = max(best, len(used))
    return best


@given(st.lists(SPANS, max_size=4), st.lists(SPANS, max_size=4))
def test_no_other_pairing_secures_more_doses(have: list[Span], wanted: list[Span]):
    assert unsecured(have, wanted) == len(wanted) - most_pairs(have, wanted)


@given(st.lists(SPANS, max_size=4), st.lists(st.integers(0, DAYS - 1), max_size=4))
def test_no_other_division_of_the_lots_serves_more(have: list[Span], days: list[int]):
    lots = sorted(
        (a_lot(1, first_day=s.first_day, last_day=s.last_day) for s in have),
        key=lambda lot: lot.last_day,
    )
    by_day = {day: days.count(day) for day in days}

    short, left = allocate(lots, by_day)

    wanted = [Span(day, day, 1) for day in days]
    assert sum(short.values()) == len(days) - most_pairs(have, wanted)
    assert sum(left) == len(have) - len(days) + sum(short.values())


def test_doses_are_counted_in_bulk_too():
    have = [Span(0, 5, 10), Span(3, 9, 10)]

    assert unsecured(have, [Span(4, 9, 15), Span(0, 2, 5)]) == 0
    assert unsecured(have, [Span(6, 9, 11)]) == 1
