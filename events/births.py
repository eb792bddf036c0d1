"""A date of birth of which the day, or day and month, may be unknown: the year is always known.

The register of persons (BRP) has such dates, mostly of people born abroad. Unknown stays unknown: a stand-in such as
1 January would make somebody older than they may be, and look like the birth date of somebody else.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

FIRST_YEAR: Final = 1900
ISO: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class BirthDate:
    """Year, and where they are known month and day; ValueError for what is in no calendar."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Refuse a day without a month, and days that do not exist."""
        if self.day is not None and self.month is None:
            raise ValueError("a day without a month")
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def parse(cls, text: str) -> "BirthDate":
        """`1950-07-03`, `1950-07` or `1950` (as FHIR writes them), also with zeros for what is unknown: `1950-00-00`."""
        found = ISO.fullmatch(text)
        if found is None:
            raise ValueError("not a date of birth")
        return cls.of(*(int(part or 0) for part in found.groups()))

    @classmethod
    def of(cls, year: int, month: int, day: int) -> "BirthDate":
        """From numbers, in which 0 stands for unknown."""
        return cls(year, month or None, day or None)

    @property
    def is_whole(self) -> bool:
        """Whether the day is known."""
        return self.day is not None

    def isoformat(self) -> str:
        """`1950-07-03`, `1950-07` or `1950`: a whole date reads as it always did."""
        return "-".join([f"{self.year:04}", *(f"{n:02}" for n in (self.month, self.day) if n)])

    def agrees(self, other: "BirthDate") -> bool:
        """Whether the two may be one date: no part that both know differs."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(a == b or a is None or b is None for a, b in pairs)

    @property
    def earliest(self) -> date:
        """The first day that it may be."""
        return date(self.year, self.month or 1, self.day or 1)

    def list_coarser(self) -> list[str]:
        """How the same birth is written with less known of it: year and month, year."""
        return [f"{self.year:04}-{self.month:02}", f"{self.year:04}"] if self.month else []

    def list_finer(self) -> list[str]:
        """Every way in which it may be written with more known of it; none of a whole date."""
        if self.is_whole:
            return []
        months = [self.month] if self.month else list(range(1, 13))
        days = [
            f"{self.year:04}-{month:02}-{day:02}"
            for month in months
            for day in range(1, calendar.monthrange(self.year, month)[1] + 1)
        ]
        return days if self.month else [*days, *(f"{self.year:04}-{month:02}" for month in months)]
