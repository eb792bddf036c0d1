"""What may be said of a person: the one set of checks behind the form, the import, the API and the events.

Every function takes what somebody wrote and returns what is kept. It raises ValueError, never with the text in it.
Dates that cannot be yet are judged at the door, which knows the day (`check_born`).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema
from stdnum.nl import bsn

from events.births import FIRST_YEAR, BirthDate

LONGEST_NAME, LONGEST_DETAIL = 80, 20
BSN_SIGNS: Final = re.compile(r"[0-9]{8,9}", re.ASCII)
POSTCODE: Final = re.compile(r"[1-9][0-9]{3}(?!SA|SD|SS)[A-Z]{2}", re.ASCII)
POSTCODE4: Final = re.compile(r"[1-9][0-9]{3}", re.ASCII)
AGB: Final = re.compile(r"[0-9]{7,8}", re.ASCII)
# Put in the place of bytes that somebody could not read: what stood there is lost.
LOST: Final = "\ufffd"
ISO_BIRTH: Final = r"^[0-9]{4}(-[0-9]{2}){0,2}$"


def to_line(text: str) -> str:
    """One line of text as it is kept: composed letters (NFC), one plain blank for every run of blanks, none outside."""
    line = " ".join(unicodedata.normalize("NFC", text).replace("\u200b", "").split())
    if LOST in line or not line.isprintable():
        raise ValueError("holds what cannot be read or printed")
    return line


def to_name(text: str) -> str:
    """A given name or initials; `-` or `.` for somebody who has a family name only."""
    line = to_line(text)
    if not 0 < len(line) <= LONGEST_NAME:
        raise ValueError(f"must have 1 to {LONGEST_NAME} characters")
    return line


def to_family_name(text: str) -> str:
    """A family name, which has a letter: without any it would be like every other such name."""
    line = to_name(text)
    if not any(map(str.isalpha, line)):
        raise ValueError("must have a letter")
    return line


def to_detail(text: str) -> str:
    """A house number or phone number; may be empty."""
    line = to_line(text)
    if len(line) > LONGEST_DETAIL:
        raise ValueError(f"must have at most {LONGEST_DETAIL} characters")
    return line


def to_bsn(text: str) -> str:
    """Nine digits that pass the eleven-test; one leading zero that a spreadsheet dropped comes back.

    No more than one: every tenth short number passes the test by chance.
    """
    word = re.sub(r"[\s.-]", "", text)
    if not BSN_SIGNS.fullmatch(word) or not bsn.is_valid(word.zfill(9)):
        raise ValueError("not a BSN")
    return word.zfill(9)


def to_postcode(text: str) -> str:
    """`1234AB`, from `1234 ab` as well."""
    word = "".join(text.split()).upper()
    if not POSTCODE.fullmatch(word):
        raise ValueError("not a postcode")
    return word


def to_postcode4(text: str) -> int:
    """The four digits of `1234` or `1234 AB`."""
    word = "".join(text.split()).upper()
    if not (POSTCODE4.fullmatch(word) or POSTCODE.fullmatch(word)):
        raise ValueError("not a postcode")
    return int(word[:4])


def to_agb(text: str) -> str:
    """Eight digits; the leading zero that a spreadsheet dropped comes back."""
    word = "".join(text.split())
    if not AGB.fullmatch(word):
        raise ValueError("not an AGB code")
    return word.zfill(8)


def check_born(born: BirthDate, today: date) -> None:
    """ValueError for a date of birth that lies ahead, or before people who live."""
    if born.year < FIRST_YEAR or born.earliest > today:
        raise ValueError("must lie between 1900 and today")


def find_lost(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of the texts in which something was lost: somebody read bytes with the wrong encoding and sent that on.

    Judged at the door: what was stored before this check must stay readable.
    """
    if isinstance(value, str):
        if LOST in value:
            yield path
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from find_lost(part, (*path, name))
    elif isinstance(value, list | tuple):
        for n, part in enumerate(value):
            yield from find_lost(part, (*path, n))


def _to_optional_bsn(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _to_birth(value: object) -> BirthDate:
    if not isinstance(value, str | BirthDate):
        raise ValueError("must be a text")
    born = value if isinstance(value, BirthDate) else BirthDate.parse(value)
    if born.year < FIRST_YEAR:
        raise ValueError("must not lie before 1900")
    return born


Name = Annotated[str, StringConstraints(min_length=1), AfterValidator(to_name)]
FamilyName = Annotated[str, StringConstraints(min_length=1), AfterValidator(to_family_name)]
Detail = Annotated[str, AfterValidator(to_detail)]
Bsn = Annotated[str, AfterValidator(to_bsn)]
OptionalBsn = Annotated[Bsn | None, BeforeValidator(_to_optional_bsn)]
Postcode = Annotated[str, AfterValidator(to_postcode)]
# Written as text everywhere, so that an unknown day has a form; `format: date` would promise a day.
Birth = Annotated[
    BirthDate,
    BeforeValidator(_to_birth),
    WithJsonSchema({"type": "string", "pattern": ISO_BIRTH, "examples": ["1931-04-03", "1950"]}),
]
