"""Looks for what names a person in any bytes: BSN, names, birth date, phone, address, in the ways they are written.

The search is for whole words and numbers, so that nine digits within a hash are no BSN, and one pass over the
bytes whatever the number of people. Letters escaped by JSON (`\\u00eb`) are read as letters; compressed bytes are
unpacked first. In bytes that are no text (a digest, a seal) three letters in a row are chance, one in some dozens
of days: there a name counts from five letters on, or as a full name.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from infra.person import Person

ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
WORD = re.compile(r"[^\W\d_]+")
NUMBER = re.compile(r"(?<![0-9A-Za-z])\+?\d{8,11}(?![0-9A-Za-z])")
SPACED = re.compile(r"(?<![0-9A-Za-z])\d{2,4}(?:[ .-]\d{2,3}){2,3}(?![0-9A-Za-z])")
DAY = re.compile(r"(?<!\d)(\d{4})[-/.](\d{2})[-/.](\d{2})(?!\d)")
DAY_DUTCH = re.compile(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?!\d)")
LONG = 5  # letters: by chance in 32 random bytes once in a thousand million
POSTCODE = re.compile(r"(?<![0-9A-Za-z-])(\d{4}) ?([A-Za-z]{2})(?![0-9A-Za-z-])")


@dataclass
class Search:
    """What is looked for, and what is public and therefore no hit by itself."""

    numbers: set[str] = field(default_factory=set)  # BSN and phone, digits only
    days: set[str] = field(default_factory=set)  # of birth, ISO
    postcodes: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)  # of given and family names, lower case
    pairs: set[tuple[str, str]] = field(
        default_factory=set
    )  # a given name right before a family name
    public: set[str] = field(
        default_factory=set
    )  # words that are also said of institutions and teams

    @classmethod
    def of(cls, people: Iterable[Person], public: Iterable[str] = ()) -> "Search":
        """`public`: names of institutions, practices, teams and places, which events may hold."""
        search = cls()
        for person in people:
            search.numbers |= {digits(found) for found in (person.bsn, person.phone) if found}
            search.days.add(person.birth_date.isoformat())
            search.postcodes.add(person.postcode.replace(" ", "").upper())
            given, family = words(person.given_name), words(person.family_name)
            search.words |= {given[-1], family[-1]}  # not the `van der` before a family name
            search.pairs.add((given[-1], family[0]))
        said = {word for name in public for word in words(name)}
        search.public = search.words & said
        search.words -= said
        return search

    def hits(self, content: bytes) -> Counter[str]:
        """What stands in these bytes, by kind and value; empty when nobody is named."""
        text = readable(content)
        found: Counter[str] = Counter()
        for number in (*NUMBER.findall(text), *SPACED.findall(text)):
            found.update(f"number {one}" for one in [digits(number)] if one in self.numbers)
        days = [f"{y}-{m}-{d}" for y, m, d in DAY.findall(text)]
        days += [f"{y}-{int(m):02}-{int(d):02}" for d, m, y in DAY_DUTCH.findall(text)]
        days += [f"{n[:4]}-{n[4:6]}-{n[6:]}" for n in NUMBER.findall(text) if len(n) == 8]
        found.update(f"birth date {day}" for day in days if day in self.days)
        codes = [(a + b).upper() for a, b in POSTCODE.findall(text)]
        found.update(f"postcode {code}" for code in codes if code in self.postcodes)
        spoken = words(text)
        least = 1 if is_text(content) else LONG
        found.update(f"name {word}" for word in spoken if word in self.words and len(word) >= least)
        found.update(
            f"full name {' '.join(pair)}" for pair in pairwise(spoken) if pair in self.pairs
        )
        return found


def readable(content: bytes) -> str:
    """The text in these bytes: unpacked when they are compressed, letters instead of escapes."""
    return ESCAPED.sub(
        lambda found: chr(int(found[1], 16)), unpacked(content).decode("utf-8", "replace")
    )


def is_text(content: bytes) -> bool:
    """Whether these bytes, unpacked, are text."""
    try:
        unpacked(content).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def unpacked(content: bytes) -> bytes:
    with suppress(zlib.error):
        return zlib.decompress(content)
    return content


def words(text: str) -> list[str]:
    """The words in a text, in lower case."""
    return WORD.findall(text.lower())


def digits(number: str) -> str:
    """A number as it is compared: a Dutch phone with 0 instead of the country, nothing but digits."""
    plain = re.sub(r"\D", "", number)
    return "0" + plain[2:] if len(plain) == 11 and plain.startswith("31") else plain
