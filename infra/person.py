"""Who somebody is, on the way to or from the vault: never logged, never in an event, never in another table."""

import unicodedata
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """What identifies somebody and how to reach them."""

    bsn: str | None
    given_name: str
    family_name: str
    birth_date: date
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
        return f"{self.birth_date.isoformat()} {self.postcode.replace(' ', '').upper()}"
