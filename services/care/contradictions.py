"""Facts of one series that cannot all be so, or that should not have happened: a clinician decides before the next dose."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from infra.postgres.snapshot.rows import NEVER, DecisionRow, Mark
from services.care.doses import Given, Known, known


class Kind(StrEnum):
    """What does not fit, in the order in which it is told."""

    SAID_TWICE = "said_twice"  # one number at two moments
    DECEASED = "deceased"  # registered, or given a dose, after somebody told of the death
    AFTER_REFUSAL = "after_refusal"
    OTHER_PRODUCT = "other_product"
    TOO_EARLY = "too_early"
    GAP = "gap"  # a number is missing in between, or the numbers do not follow the days


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What does not fit, and when the last fact came in that makes it so."""

    kind: Kind
    known: Known


def find_contradictions(
    doses: Sequence[Given],
    refused_before: Callable[[Given], Mark | None],
    died: Mark,
    least_days: Callable[[Given], int],
) -> list[Contradiction]:
    """Everything in a series that does not fit; `least_days` is the least interval after a dose, in days.

    `refused_before` gives the refusal that stood when a dose was given; `died` is NEVER for the living.
    """
    return [
        *find_repeats(doses),
        *([Contradiction(Kind.DECEASED, last_of(doses, died))] if died != NEVER else ()),
        *find_refused(doses, refused_before),
        *find_other_products(doses),
        *find_short_intervals(doses, least_days),
        *find_gaps(doses),
    ]


def find_open(found: Iterable[Contradiction], decision: DecisionRow | None) -> list[Contradiction]:
    """Those that the newest decision did not know."""
    return [one for one in found if decision is None or one.known > known(decision.mark)]


def find_repeats(doses: Sequence[Given]) -> Iterator[Contradiction]:
    """A number that was given twice, at different moments: what was said twice of one dose is not among the rows."""
    numbers = [dose.dose_no for dose in doses]
    for number in sorted(set(numbers)):
        if numbers.count(number) > 1:
            same = [dose for dose in doses if dose.dose_no == number]
            yield Contradiction(Kind.SAID_TWICE, last_of(same))


def find_refused(
    doses: Sequence[Given], refused_before: Callable[[Given], Mark | None]
) -> Iterator[Contradiction]:
    """A dose while a refusal stood (WGBO, Burgerlijk Wetboek 7:450): was it given, and was it wanted?"""
    for dose in doses:
        if (refusal := refused_before(dose)) is not None:
            yield Contradiction(Kind.AFTER_REFUSAL, last_of([dose], refusal))


def find_other_products(doses: Sequence[Given]) -> Iterator[Contradiction]:
    """Doses of more than one product. In 2021 both doses were always of the same vaccine (RIVM)."""
    of_product = [dose for dose in doses if dose.product is not None]
    if len({dose.product for dose in of_product}) > 1:
        yield Contradiction(Kind.OTHER_PRODUCT, last_of(of_product))


def find_short_intervals(
    doses: Sequence[Given], least_days: Callable[[Given], int]
) -> Iterator[Contradiction]:
    """A dose sooner after the one before it than the least interval of the product, or of the campaign."""
    for earlier, later in pairwise(in_order(doses)):
        days = (later.on - earlier.on).days
        if 0 <= days < least_days(earlier) and later.dose_no > earlier.dose_no:
            yield Contradiction(Kind.TOO_EARLY, last_of([earlier, later]))


def find_gaps(doses: Sequence[Given]) -> Iterator[Contradiction]:
    """Numbers that the rules cannot read: one is missing between two others, or a later number has an earlier day.

    A first number above one is no gap: the doses before it were given where nobody told us of them.
    """
    for earlier, later in pairwise(in_order(doses)):
        if later.dose_no - earlier.dose_no > 1 or later.on < earlier.on:
            yield Contradiction(Kind.GAP, last_of([earlier, later]))


def in_order(doses: Iterable[Given]) -> list[Given]:
    """By number, then by day."""
    return sorted(doses, key=lambda dose: (dose.dose_no, dose.on, dose.mark))


def last_of(doses: Iterable[Given], *others: Mark) -> Known:
    """When the last of these facts came in."""
    return max(known(mark) for mark in (*(dose.mark for dose in doses), *others))
