"""Who somebody is, on the way to or from the vault: never logged, never in an event, never in another table."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from events.births import BirthDate


@dataclass(frozen=True, slots=True)
class Person:
    """What identifies somebody and how to reach them."""

    bsn: str | None
    given_name: str
    family_name: str
    birth_date: BirthDate
    postcode: str
    house_number: str = ""
    phone: str = ""

    @property
    def normal_name(self) -> str:
        """The name without accents, case, dots and spaces, for comparing."""
        plain = unicodedata.normalize("NFKD", f"{self.given_name} {self.family_name}")
        return "".join(letter for letter in plain.casefold() if letter.isalpha())

    @property
    def block(self) -> str:
        """Birth date and postcode: the few people that a name is compared with."""
        return self._block(self.birth_date.isoformat())

    @property
    def blocks_near(self) -> list[str]:
        """The blocks of everybody whose birth date may be this one: with an unknown day there are hundreds."""
        born = self.birth_date
        near = (born.isoformat(), *born.list_coarser(), *born.list_finer())
        return [self._block(one) for one in dict.fromkeys(near)]

    @property
    def year_block(self) -> str:
        """Year of birth and postcode: who shares it with nobody has a birth date that agrees with nobody's."""
        return self._block(f"{self.birth_date.year:04}")

    def _block(self, born: str) -> str:
        return f"{born} {self.plain_postcode}"

    @property
    def plain_postcode(self) -> str:
        """The postcode without its space."""
        return self.postcode.replace(" ", "").upper()


class Wins(StrEnum):
    """Which of several statements about one person counts for a field."""

    NEWEST = "newest"  # of one moment the practice before the institution before others
    NEWEST_UNLESS_EMPTY = (
        "newest_unless_empty"  # likewise, and who leaves it empty takes nothing back
    )
    ASKED = "asked"  # what contradicts is a question to the practice, and overwrites nothing


# By field of `Person`: the rule of the vault, of the page of a practice and of its document (decision 0034).
WINNING: Final[Mapping[str, Wins]] = {
    "bsn": Wins.ASKED,
    "given_name": Wins.NEWEST,
    "family_name": Wins.NEWEST,
    "birth_date": Wins.ASKED,
    "postcode": Wins.NEWEST,
    "house_number": Wins.NEWEST_UNLESS_EMPTY,
    "phone": Wins.NEWEST_UNLESS_EMPTY,
}


def keep_unsaid(person: Person, before: Person) -> Person:
    """The person with what the same speaker said before where now nothing is said."""
    unsaid = {
        name: getattr(before, name)
        for name, rule in WINNING.items()
        if rule is not Wins.NEWEST and not getattr(person, name)
    }
    return replace(person, **unsaid)


def has_unsaid(person: Person) -> bool:
    """Whether an older statement may fill in something."""
    return any(rule is not Wins.NEWEST and not getattr(person, n) for n, rule in WINNING.items())


def list_differing(before: Person, now: Person) -> tuple[str, ...]:
    """The fields in which two statements differ."""
    return tuple(name for name in WINNING if getattr(before, name) != getattr(now, name))


class SaidBy(StrEnum):
    """The kind of party that describes a person; of two of one moment the first in this order is shown."""

    PRACTICE = "practice"
    INSTITUTION = "institution"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who describes a person: a kind of party, its organisation where it is known, and the region it works in."""

    said_by: SaidBy
    organisation: UUID | None
    region: str


@dataclass(frozen=True, slots=True)
class Description:
    """What somebody says about a person, in whose name, and since when it is true; None: as of now.

    `repeats`: a row of a list that is handed over again and again. A detail that it leaves empty stays as its speaker said
    it last, and it is news where it differs from that, also when it was so before.
    """

    person: Person
    speaker: Speaker
    as_of: datetime | None = None
    repeats: bool = False


def to_speaker(role: str, organisation: UUID | None, region: str) -> Speaker:
    """As whom a role speaks about persons; a program of ours names the practice that it speaks for."""
    if role == "practice" or (role == "system" and organisation is not None):
        return Speaker(SaidBy.PRACTICE, organisation, region)
    return Speaker(SaidBy.OTHER, organisation, region)
