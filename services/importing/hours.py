"""Parses times of day and weekly opening hours, as people in the Netherlands type them.

Every function raises ValueError on a text that it cannot read. The text itself never appears in a message.
"""

import re
from datetime import time
from typing import Final

from services.importing.cells import to_plain_dashes

WEEKDAYS: Final = ("ma", "di", "wo", "do", "vr", "za", "zo")
EVERY_DAY: Final = {"dagelijks": "ma-zo", "elke dag": "ma-zo", "alle dagen": "ma-zo", "werkdagen": "ma-vr",
                    "doordeweeks": "ma-vr", "weekend": "za-zo"}  # fmt: skip
CLOCK = re.compile(r"([01]?\d|2[0-4])(?:[:.uh]?([0-5]\d)(?:[:.]00)?)(?: ?uur| ?u| ?h)?", re.ASCII)
SPAN = re.compile(r"(\d{1,2}[:.u]\d{2}(?:[:.]00)?)(?: ?uur)? ?(?:-|tot) ?(\d{1,2}[:.u]\d{2}(?:[:.]00)?)(?: ?uur)?", re.ASCII)  # fmt: skip
RANGE = re.compile(r" ?(?:-|t/m|tot en met|tot) ?")
LAST: Final = time(23, 59)  # of a day that stays open until midnight: a visit begins before it


def to_time(cell: str) -> time:
    """9:30, 09.30, 0930, 9u30 or 9:30:00."""
    found = read_clock(cell)
    if found is None:
        raise ValueError("24:00 is no time at which something begins")
    return found


def to_end(cell: str) -> time:
    """As `to_time`; 24:00 is midnight, as 00:00 is."""
    return read_clock(cell) or time()


def read_clock(cell: str) -> time | None:
    """A time of day; None for 24:00, the end of it."""
    found = CLOCK.fullmatch(cell.strip().casefold())
    if found is None:
        raise ValueError("not a time")
    if found[1] == "24":
        if found[2] != "00":
            raise ValueError("not a time")
        return None
    return time(int(found[1]), int(found[2]))


def to_opening(cell: str) -> tuple[dict[str, object], ...]:
    """Weekly hours: `ma-vr 9:30-11:30 13:30-16:30; za 10:00-12:00`; days as one, a range or a list with `+`.

    Hours over midnight become two: until the end of the day, and from the beginning of the next.
    """
    openings: list[dict[str, object]] = []
    plain = re.sub(r"\s+", " ", to_plain_dashes(cell).casefold())
    for part in filter(None, (piece.strip() for piece in plain.split(";"))):
        begin = re.search(r"\d", part)
        if begin is None:
            raise ValueError("not opening hours")
        days, hours = part[: begin.start()], part[begin.start() :]
        spans = SPAN.findall(hours)
        if not spans or re.sub(r"\ben\b", "", SPAN.sub("", hours)).strip(" ,"):
            raise ValueError("not opening hours")
        for day in to_weekdays(days.strip(" :,")):
            for opens, closes in spans:
                openings += split_at_midnight(day, to_time(opens), to_end(closes))
    return tuple(openings)


def split_at_midnight(day: int, opens: time, closes: time) -> list[dict[str, object]]:
    """The opening hours of a day as one, or as two when they run over midnight."""
    if closes > opens:
        return [{"weekday": day, "begins": opens, "ends": closes}]
    if closes == opens != time():
        raise ValueError("not opening hours")
    first: dict[str, object] = {"weekday": day, "begins": opens, "ends": LAST}
    if closes == time():
        return [first]
    return [first, {"weekday": (day + 1) % len(WEEKDAYS), "begins": time(), "ends": closes}]


def to_weekdays(word: str) -> list[int]:
    """Numbers of weekdays, Monday 0: `ma`, `ma-vr`, `maandag t/m vrijdag`, `ma+wo+vr` or `ma, wo en vr`."""
    days: list[int] = []
    for piece in re.split(r"[+,&]| en (?!met)", EVERY_DAY.get(word, word)):
        first, *rest = RANGE.split(piece.strip())
        begin = to_weekday(first)
        end = to_weekday(rest[0]) if rest else begin
        if end < begin or len(rest) > 1:
            raise ValueError("not weekdays")
        days += range(begin, end + 1)
    if len(set(days)) < len(days):
        raise ValueError("a weekday stands twice")
    return days


def to_weekday(word: str) -> int:
    """The number of `ma`, `ma.` or `maandag`."""
    plain = word.strip(" .")
    if plain not in WEEKDAYS and plain not in FULL:
        raise ValueError("not a weekday")
    return WEEKDAYS.index(plain[:2])


FULL: Final = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
