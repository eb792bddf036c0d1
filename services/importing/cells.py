"""Parses the text of one cell: dates, hours, numbers and words, as people in the Netherlands type them.

Every function raises ValueError on a text that it cannot read. The text itself never appears in a message.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar

from stdnum.nl import bsn

from events.local_time import AMSTERDAM

WEEKDAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
YES = frozenset({"ja", "j", "yes", "y", "true", "waar", "1"})
NO = frozenset({"nee", "n", "no", "false", "onwaar", "0"})
DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})|(\d{8})")
POSTCODE = re.compile(r"[1-9][0-9]{3} ?(?!SA|SD|SS)[A-Z]{2}")
SPAN = re.compile(r"(\d{1,2})[:.](\d{2})\s*-\s*(\d{1,2})[:.](\d{2})")

Word = TypeVar("Word", bound=StrEnum)


def to_text(cell: str) -> str:
    """The text as it is."""
    return cell


def to_name(cell: str) -> str:
    """Part of a name, no longer than the vault stores."""
    if len(cell) > 80 or not cell.isprintable():
        raise ValueError("not a name")
    return cell


def to_short(cell: str) -> str:
    """A house number or phone number, no longer than the vault stores."""
    if len(cell) > 20 or not cell.isprintable():
        raise ValueError("too long")
    return cell


def to_date(cell: str) -> date:
    """2021-02-15, 15-02-2021, 15/2/2021 or 15022021."""
    found = DATE.fullmatch(cell)
    if found is None:
        raise ValueError("not a date")
    if found[7]:
        return date(int(found[7][4:]), int(found[7][2:4]), int(found[7][:2]))
    if found[1]:
        return date(int(found[1]), int(found[2]), int(found[3]))
    return date(int(found[6]), int(found[5]), int(found[4]))


def to_dates(cell: str) -> frozenset[date]:
    """Dates with spaces, commas or semicolons between them."""
    return frozenset(to_date(word) for word in to_words(cell))


def to_time(cell: str) -> time:
    """9:30, 09.30 or 0930."""
    found = re.fullmatch(r"(\d{1,2})[:.]?(\d{2})", cell)
    if found is None:
        raise ValueError("not a time")
    return time(int(found[1]), int(found[2]))


def to_stamp(cell: str) -> datetime:
    """An ISO moment; without a zone it is Amsterdam time."""
    moment = datetime.fromisoformat(cell)
    return moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)


def to_integer(cell: str) -> int:
    """A whole number in digits."""
    if not re.fullmatch(r"[0-9]{1,9}", cell):
        raise ValueError("not a whole number")
    return int(cell)


def to_degrees(cell: str) -> float:
    """Degrees with a dot or a comma."""
    if not re.fullmatch(r"-?[0-9]{1,3}([.,][0-9]{1,12})?", cell):
        raise ValueError("not degrees")
    return float(cell.replace(",", "."))


def to_flag(cell: str) -> bool:
    """Ja or nee."""
    word = cell.casefold()
    if word not in YES | NO:
        raise ValueError("not yes or no")
    return word in YES


def to_words(cell: str) -> tuple[str, ...]:
    """Words with spaces, commas or semicolons between them."""
    return tuple(word for word in re.split(r"[\s,;]+", cell) if word)


def to_pairs(cell: str) -> tuple[tuple[str, str], ...]:
    """Pairs `a:b` with spaces, commas or semicolons between them."""
    pairs = []
    for word in to_words(cell):
        left, colon, right = word.partition(":")
        if not (left and colon and right):
            raise ValueError("not a pair")
        pairs.append((left, right))
    return tuple(pairs)


def to_word(kind: type[Word], dutch: Mapping[str, Word]) -> Callable[[str], Word]:
    """Reads one word of a closed list, in English or in Dutch."""
    known = {word.value: word for word in kind} | dict(dutch)

    def read(cell: str) -> Word:
        word = known.get(cell.casefold())
        if word is None:
            raise ValueError("not one of the words")
        return word

    return read


def to_postcode(cell: str) -> str:
    """1234AB, from `1234 ab` as well."""
    word = cell.upper().replace(" ", "")
    if not POSTCODE.fullmatch(word):
        raise ValueError("not a postcode")
    return word


def to_postcode4(cell: str) -> int:
    """The four digits of `1234` or `1234 AB`."""
    word = cell.upper().replace(" ", "")
    if not (re.fullmatch(r"[1-9][0-9]{3}", word) or POSTCODE.fullmatch(word)):
        raise ValueError("not a postcode")
    return int(word[:4])


def to_bsn(cell: str) -> str:
    """Nine digits that pass the eleven test; one leading zero that a spreadsheet dropped comes back.

    No more than one: every tenth short number passes the test by chance.
    """
    word = cell.replace(".", "").replace(" ", "")
    if not re.fullmatch(r"[0-9]{8,9}", word) or not bsn.is_valid(word.zfill(9)):
        raise ValueError("not a BSN")
    return word.zfill(9)


def to_opening(cell: str) -> tuple[dict[str, object], ...]:
    """Weekly hours: `ma-vr 9:30-11:30 13:30-16:30; za 10:00-12:00`; days as one, a range or a list with `+`."""
    openings: list[dict[str, object]] = []
    for part in filter(None, (piece.strip() for piece in cell.split(";"))):
        days, _, hours = part.partition(" ")
        spans = SPAN.findall(hours)
        if not spans or SPAN.sub("", hours).strip(" ,"):
            raise ValueError("not opening hours")
        for day in to_weekdays(days.casefold()):
            openings += [
                {"weekday": day, "begins": time(int(a), int(b)), "ends": time(int(c), int(d))}
                for a, b, c, d in spans
            ]
    return tuple(openings)


def to_weekdays(word: str) -> list[int]:
    """Numbers of weekdays, Monday 0: `ma`, `ma-vr` or `ma+wo+vr`."""
    first, dash, last = word.partition("-")
    if dash:
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
        if end < begin:
            raise ValueError("not weekdays")
        return list(range(begin, end + 1))
    return [WEEKDAYS.index(day) for day in word.split("+")]
