"""The form of what names an event, its `id` and `source`: numbers and codes, never a person.

Both leave us with every event, stand in logs of brokers and are kept for ever. No rule can tell a name in plain letters
from a word; this one leaves no room for what people write beside it (blanks, accents, commas, an @) nor for a BSN.
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

# 128: a SHA-512 in hexadecimal digits.
ID_PATTERN: Final = r"^[A-Za-z0-9._~:-]{1,128}$"
SOURCE_PATTERN: Final = r"^[A-Za-z0-9._~:/-]{1,200}$"
# A BSN as people write it. An OIN has 20 digits, a KvK number 8; longer and shorter numbers are no BSN.
LIKE_BSN: Final = re.compile(r"(?<![0-9])(?:[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3})(?![0-9])")
# What was drawn or computed has nine digits in a row by chance: one UUID in 70.
DRAWN: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # UUID
    r"|(?=[0-9]*[a-f])[0-9a-f]{16,}"  # a digest
    r"|[0-7][0-9a-hjkmnp-tv-z]{25})(?![A-Za-z0-9])",  # ULID
    re.IGNORECASE,
)


def refuse_bsn(name: str) -> str:
    """The same name; ValueError for one with a number that may be a BSN."""
    if may_be_bsn(name):
        raise ValueError("holds nine digits in a row, as a BSN has")
    return name


EventId = Annotated[str, StringConstraints(pattern=ID_PATTERN), AfterValidator(refuse_bsn)]
EventSource = Annotated[str, StringConstraints(pattern=SOURCE_PATTERN), AfterValidator(refuse_bsn)]


def is_id(word: str) -> bool:
    """Whether an event may be named so."""
    return re.fullmatch(ID_PATTERN, word) is not None and not may_be_bsn(word)


def is_source(word: str) -> bool:
    """Whether a sender may be named so."""
    return re.fullmatch(SOURCE_PATTERN, word) is not None and not may_be_bsn(word)


def may_be_bsn(word: str) -> bool:
    """Whether a number in it has the form of a BSN, and did not come about by chance."""
    return LIKE_BSN.search(DRAWN.sub("~", word)) is not None
