"""Problems with one or a few rows that make no sense, as a broken export could write them."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any

from scheduling.problem import Problem
from tests.scheduling.strange import a_strange_problem

NUMBERS = (-1, 0, 1, -(10**6), 10**6, 10**12, 10**30, -(10**30))
NO_NUMBERS = (float("nan"), float("inf"), 0.5, None, "seven", True)
ROWS = (
    *("locations", "depots", "products", "campaigns", "needs", "crisis_visits", "shifts", "stock"),
    *("fixed", "published", "standing_shifts"),
)
POLICY = (
    *("now", "max_residents_per_visit", "rest_seconds", "max_duty_seconds", "max_week_seconds"),
    *("same_team_seconds", "ideal_day_seconds", "together_from", "area_points"),
)


def a_nonsensical_problem(seed: int) -> Problem:
    """A strange problem with up to three mistakes."""
    random = Random(seed)
    problem = a_strange_problem(seed)
    for _ in range(random.randint(1, 3)):
        problem = random.choice((_in_a_row, _in_a_row, _in_rows, _in_policy, _in_travel))(
            random, problem
        )
    return problem


def _in_a_row(random: Random, problem: Problem) -> Problem:
    """One field of one row is another value, or something else altogether."""
    name = random.choice([name for name in ROWS if getattr(problem, name)] or ["depots"])
    rows = list(getattr(problem, name))
    k = random.randrange(len(rows))
    field = random.choice(fields(rows[k])).name
    rows[k] = replace(rows[k], **{field: _other(random, getattr(rows[k], field))})
    return replace(problem, **{name: tuple(rows)})


def _other(random: Random, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return random.choice(NUMBERS if random.random() < 0.8 else NO_NUMBERS)
    if isinstance(value, str):
        return random.choice(("nobody knows", "", value + " "))
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        return _with_one_changed(random, value)
    if isinstance(value, (tuple, frozenset)):
        return type(value)() if random.random() < 0.5 else type(value)(("nobody knows",))
    if is_dataclass(value) and not isinstance(value, type):
        return _with_one_changed(random, (value,))[0]
    return random.choice((None, 0, "nobody knows"))


def _with_one_changed(random: Random, rows: Sequence[Any]) -> tuple[Any, ...]:
    k = random.randrange(len(rows))
    field = random.choice(fields(rows[k])).name
    changed = replace(rows[k], **{field: _other(random, getattr(rows[k], field))})
    return (*rows[:k], changed, *rows[k + 1 :])


def _in_rows(random: Random, problem: Problem) -> Problem:
    """Rows that are missing, or there twice."""
    name = random.choice(ROWS)
    rows = tuple(getattr(problem, name))
    if not rows:
        return problem
    changed = random.choice(((), (*rows, random.choice(rows)), rows[1:]))
    return replace(problem, **{name: changed})


def _in_policy(random: Random, problem: Problem) -> Problem:
    values = NUMBERS if random.random() < 0.7 else NO_NUMBERS
    if random.random() < 0.2:
        starts = random.choice(((), (0,), (0, 0), (0, -5), (0, None), (0, 10**30)))
        return replace(problem, day_starts=starts)
    return replace(problem, **{random.choice(POLICY): random.choice(values)})


def _in_travel(random: Random, problem: Problem) -> Problem:
    """A matrix with a hole, without a row, not square, or with words."""
    travel = problem.travel
    name = random.choice(("seconds", "metres"))
    rows = [list(row) for row in getattr(travel, name)]
    if not rows or any(len(row) != len(rows) for row in rows):
        return problem
    a, b = random.randrange(len(rows)), random.randrange(len(rows))
    way = random.randrange(4)
    if way == 0:
        rows[a][b] = random.choice((*NUMBERS, *NO_NUMBERS))
    elif way == 1:
        rows.pop(a)
    elif way == 2:
        rows[a].pop(b)
    else:
        rows[a] = []
    matrix = tuple(tuple(row) for row in rows)
    return replace(problem, travel=replace(travel, **{name: matrix}))
