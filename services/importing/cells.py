"""Parses the text of one cell: dates, hours, numbers and words, as people in the Netherlands type them.

Every function raises ValueError on a text that it cannot read. The text itself never appears in a message. What is said
of a person is checked by `events.details`, as at every other door.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from events.births import BirthDate
from events.local_time import AMSTERDAM
from services.sending import DASHES

YES = frozenset({"ja", "j", "yes", "y", "true", "waar", "1"})
NO = frozenset({"nee", "n", "no", "false", "onwaar", "0"})
DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})|(\d{8})", re.ASCII
)
NAMED_DATE = re.compile(r"(\d{1,2})[- ]?([a-z]+)\.?[- ]?(\d{4})", re.ASCII)
# A spreadsheet writes a day as the moment at which it begins.
MIDNIGHT = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")
MONTHS: Final = ("jan", "feb", "maa", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
ENGLISH: Final = {"mar": "maa", "mrt": "maa", "may": "mei", "oct": "okt"}
EIGHT_FROM: Final = 1900  # the first year in which eight digits may begin

Word = TypeVar("Word", bound=StrEnum)


def to_text(cell: str) -> str:
    """The text as it is."""
    return cell


def to_plain_dashes(cell: str) -> str:
    """The cell with a hyphen for every dash."""
    return cell.translate(DASHES)


def to_date(cell: str) -> date:
    """2021-02-15, 15-02-2021, 15/2/2021, 15 februari 2021, 15022021 or 20210215."""
    year, month, day = split_date(cell)
    return date(year, month, day)


def to_birth(cell: str) -> BirthDate:
    """A date, in which zeros or `xx` stand for an unknown day or month: 00-00-1950, 1950-07-00; or a year alone."""
    plain = re.sub(r"(?<![a-z])(xx|\?\?)(?![a-z])", "00", cell.casefold())
    if re.fullmatch(r"\d{4}", plain, re.ASCII):
        return BirthDate(int(plain))
    return BirthDate.of(*split_date(plain))


def split_date(cell: str) -> tuple[int, int, int]:
    """Year, month and day of a date as it is written; no day of a calendar yet."""
    plain = MIDNIGHT.sub("", to_plain_dashes(cell).strip().casefold())
    named = NAMED_DATE.fullmatch(plain)
    if named:
        word = ENGLISH.get(named[2][:3], named[2][:3])
        if word not in MONTHS:
            raise ValueError("not a date")
        return int(named[3]), MONTHS.index(word) + 1, int(named[1])
    found = DATE.fullmatch(re.sub(r"\s*([-/.])\s*", r"\1", plain))
    if found is None:
        raise ValueError("not a date")
    if found[7]:
        return split_eight(found[7])
    if found[1]:
        return int(found[1]), int(found[2]), int(found[3])
    return int(found[6]), int(found[5]), int(found[4])


def split_eight(digits: str) -> tuple[int, int, int]:
    """Eight digits that begin or end with a year; never both: no month is 19 or more."""
    if int(digits[:4]) >= EIGHT_FROM and int(digits[4:6]) <= 12:
        return int(digits[:4]), int(digits[4:6]), int(digits[6:])
    return int(digits[4:]), int(digits[2:4]), int(digits[:2])


def to_dates(cell: str) -> frozenset[date]:
    """Dates with spaces, commas or semicolons between them."""
    return frozenset(to_date(word) for word in to_words(cell))


def to_stamp(cell: str) -> datetime:
    """An ISO moment, or a day; without a zone it is Amsterdam time."""
    moment = datetime.fromisoformat(to_plain_dashes(cell))
    return moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)


def to_integer(cell: str) -> int:
    """A whole number in digits."""
    if not re.fullmatch(r"[0-9]{1,9}", cell):
        raise ValueError("not a whole number")
    return int(cell)


def to_degrees(cell: str) -> float:
    """Degrees with a dot or a comma."""
    plain = to_plain_dashes(cell)
    if not re.fullmatch(r"-?[0-9]{1,3}([.,][0-9]{1,15})?", plain):
        raise ValueError("not degrees")
    return float(plain.replace(",", "."))


def to_flag(cell: str) -> bool:
    """Ja or nee."""
    word = cell.strip().casefold()
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


def to_product(cell: str) -> str:
    """The key of a product, in which case does not count."""
    return to_plain_dashes(cell).casefold()


def to_products(cell: str) -> tuple[str, ...]:
    """Keys of products with spaces, commas or semicolons between them."""
    return to_words(to_product(cell))
