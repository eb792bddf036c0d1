"""Lays out a column chart of doses per day, drawn on the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

LEFT, RIGHT, TOP, BOTTOM = 36, 552, 14, 144
MOST: Final = 28
WEEK: Final = 7  # every seventh day has its date below it
ROOM: Final = 56  # between the middle of "vandaag" and that of a date beside it
GRID: Final = (10, 20, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, slots=True)
class Column:
    """One day: doses given as a filled column, doses planned as an outline."""

    day: date
    x: float
    width: float
    given: int
    planned: int
    given_height: float
    planned_height: float
    is_today: bool
    has_label: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The columns and the lines behind them."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[int, float], ...]
    most: int
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM


def lay_columns(days: Mapping[date, tuple[int, int]], today: date) -> Chart:
    """A column for every day from the first to the last, at most four weeks around today."""
    first, last = min(days), max(days)
    if (last - first).days >= MOST:
        first = max(first, min(today - timedelta(days=MOST // 2), last - timedelta(days=MOST - 1)))
        last = min(last, first + timedelta(days=MOST - 1))
    count = (last - first).days + 1
    most = max((n for pair in days.values() for n in pair), default=0) or 1
    step = next((grid for grid in GRID if grid * 3 >= most), GRID[-1])
    top = step * -(-most // step)
    slot = min(36.0, (RIGHT - LEFT) / count)
    columns = []
    for index in range(count):
        day = first + timedelta(days=index)
        given, planned = days.get(day, (0, 0))
        columns.append(
            Column(
                day=day,
                x=LEFT + 3 + index * slot,
                width=slot * 0.8,
                given=given,
                planned=planned,
                given_height=(BOTTOM - TOP) * given / top,
                planned_height=(BOTTOM - TOP) * planned / top,
                is_today=day == today,
                has_label=day == today
                or (index % WEEK == 0 and abs((day - today).days) * slot >= ROOM),
            )
        )
    lines = tuple(
        (value, BOTTOM - (BOTTOM - TOP) * value / top) for value in range(0, top + 1, step)
    )
    return Chart(tuple(columns), lines, most)
