"""Notices who tries BSNs or postcodes on a person whose name and birth date they know, and refuses it.

What a sender describes makes a person or a question, whoever is meant; a row of descriptions that differ in nothing but
BSN or postcode is no practice at work. Counted by sender and day, in this process, as digests under a key that nobody
keeps: no name, number or postcode stands here.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from infra.person import Description, Speaker
from services.web.codes import note_code
from services.web.refusing import GUESSING, Refused

# Differing BSNs, or postcodes, of one name and birth date by one sender in a day. A slip of the pen makes two, a move three,
# namesakes with an unknown day of birth some more; whoever guesses needs thousands.
MOST_GUESSED: Final = 10
# Of names and birth dates, some 700 bytes each: more people than a large practice group imports in a day.
MOST_REMEMBERED: Final = 100_000
DAY_SECONDS: Final = 86_400  # in which it has been another day
BYTES: Final = 8  # of a digest


@dataclass(slots=True)
class Tried:
    """The digests of what was said of one name and birth date: BSNs and postcodes."""

    bsns: set[bytes] = field(default_factory=set)
    postcodes: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class Guesses:
    """What was tried today, and in which regions somebody tried too much."""

    day: date = date.min
    regions: set[str] = field(default_factory=set)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _tried: OrderedDict[bytes, Tried] = field(default_factory=OrderedDict)

    def check(self, descriptions: Sequence[Description], today: date) -> None:
        """Count these; Refused, before anything of them is stored, when one is a guess too many."""
        self.begin(today)
        for one in descriptions:
            if self.is_too_many(one):
                self.regions.add(one.speaker.region)
                code = note_code(Refused(GUESSING))
                raise Refused(GUESSING, code=code, again_seconds=DAY_SECONDS)

    def begin(self, today: date) -> None:
        """A new day forgets what was tried on the one before."""
        if today != self.day:
            self.day = today
            self.regions.clear()
            self._tried.clear()

    def is_too_many(self, one: Description) -> bool:
        """Whether this is one differing BSN or postcode more than anybody needs; what was said before is no guess."""
        person = one.person
        name = " ".join(f"{person.given_name} {person.family_name}".casefold().split())
        whom = self._digest(write_sender(one.speaker), name, person.birth_date.isoformat())
        tried = self._tried.setdefault(whom, Tried())
        self._tried.move_to_end(whom)
        if len(self._tried) > MOST_REMEMBERED:
            self._tried.popitem(last=False)
        bsn = self._digest(person.bsn) if person.bsn else b""
        return not (add(tried.bsns, bsn) and add(tried.postcodes, self._digest(person.postcode)))

    def _digest(self, *said: str) -> bytes:
        made = hashlib.blake2b("\0".join(said).encode(), key=self._key, digest_size=BYTES)
        return made.digest()


def write_sender(speaker: Speaker) -> str:
    """Whose guesses these are: of an organisation or of a region, however many people, tokens and sessions it has."""
    return f"{speaker.said_by} {speaker.organisation} {speaker.region}"


def add(known: set[bytes], digest: bytes) -> bool:
    """Whether this was said before, or is new and not one too many."""
    if digest and digest not in known:
        if len(known) >= MOST_GUESSED:
            return False
        known.add(digest)
    return True
