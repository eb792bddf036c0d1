"""How registrations go wrong, written down before the matcher was measured; a population, and what parties say of it.

Nothing public counts these errors for Dutch practices, so each rate is assumed [A]; where DOMAIN.md says that a thing
happens, its section stands beside it. What is drawn follows from the seed alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from events.births import BirthDate
from infra.identity import derived_id
from infra.person import Description, Person, SaidBy, Speaker

# Of all registrations: a practice knows the number, an institution or a family often does not (1.2).
WITHOUT_BSN: Final = 0.30
# Who says it, beside the first: the institution, or another practice (1.1: neither side has the full list).
PARTIES: Final = ((0.50, 1), (0.40, 2), (0.10, 3))
# Of each registration, by itself:
INITIALS: Final = 0.35  # only initials are written, as a HIS does (4.3: Voorletters)
CALLED: Final = 0.10  # the short name by which somebody is called
PREFIX_AWAY: Final = 0.05  # the tussenvoegsel is left out (4.3: a column of its own)
PREFIX_BEHIND: Final = 0.05  # `Berg, van den`
MARRIED: Final = 0.04  # a double name, in either order
PARTNER_ONLY: Final = 0.01  # the name of the partner only: nothing of the other is left
TYPO: Final = (
    0.02  # a letter dropped, doubled, replaced, or exchanged with the next, in the family name
)
SPELLING: Final = 0.02  # ij for y, ck for k, z for s
DAY_TYPO: Final = 0.007  # a digit of the birth date
DAY_SWAPPED: Final = 0.003  # day and month exchanged
DAY_UNKNOWN: Final = 0.005
OLD_ADDRESS: Final = 0.05  # the practice still has the address before the institution
POSTCODE_TYPO: Final = 0.005
NUMBER_AWAY: Final = 0.05  # no house number
NUMBER_OTHERWISE: Final = 0.10  # `12A`, `12 a`
# Of people: what makes two of them look like one.
TWINS: Final = 0.004  # of people, with a brother or sister of the same day in the same house
HOUSEMATES: Final = 12  # people at one address on average, as in small institutions (1.1)

FAMILIES: Final = [
    "Jong",
    "Jansen",
    "Vries",
    "Berg",
    "Bakker",
    "Dijk",
    "Visser",
    "Janssen",
    "Smit",
    "Meijer",
    "Boer",
    "Mulder",
    "Groot",
    "Bos",
    "Vos",
    "Peters",
    "Hendriks",
    "Leeuwen",
    "Dekker",
    "Brouwer",
    "Wit",
    "Dijkstra",
    "Smits",
    "Graaf",
    "Meer",
    "Kok",
    "Jacobs",
    "Haan",
    "Vermeulen",
    "Heuvel",
    "Veen",
    "Broek",
    "Bruijn",
    "Schouten",
    "Willems",
    "Vliet",
    "Hoekstra",
    "Maas",
    "Verhoeven",
    "Koster",
    "Dam",
    "Prins",
    "Blom",
    "Huisman",
    "Peeters",
    "Kuipers",
    "Veenstra",
    "Kuiper",
    "Postma",
    "Scholten",
    "Molenaar",
    "Gerritsen",
    "Timmermans",
    "Groen",
    "Koning",
    "Evers",
    "Driessen",
    "Martens",
    "Linden",
    "Ridder",
    "Goossens",
    "Hermans",
    "Kramer",
    "Sanders",
    "Wolff",
    "Verbeek",
    "Bosch",
    "Gerrits",
    "Hofman",
    "Pol",
    "Stevens",
    "Tol",
    "Vink",
    "Wal",
    "Zanten",
]
PREFIXES: Final = ("", "", "", "", "de ", "van ", "van der ", "van den ", "van de ", "ter ")
GIVEN: Final = [
    "Johanna",
    "Maria",
    "Cornelia",
    "Hendrika",
    "Wilhelmina",
    "Anna",
    "Elisabeth",
    "Adriana",
    "Catharina",
    "Margaretha",
    "Geertruida",
    "Jacoba",
    "Petronella",
    "Aaltje",
    "Grietje",
    "Trijntje",
    "Johannes",
    "Cornelis",
    "Hendrik",
    "Willem",
    "Jan",
    "Pieter",
    "Gerrit",
    "Adrianus",
    "Jacobus",
    "Antonius",
    "Dirk",
    "Klaas",
    "Marinus",
    "Theodorus",
    "Albert",
    "Evert",
    "Egbert",
    "Roelof",
    "Harm",
    "Bastiaan",
    "Gijsbert",
    "Leendert",
    "Rudolf",
    "Simon",
]
CALLS: Final = {"Johanna": "Jo", "Hendrik": "Henk", "Willem": "Wim", "Cornelis": "Cor", "Johannes": "Jo", "Wilhelmina": "Wil", "Margaretha": "Mar", "Elisabeth": "El", "Theodorus": "Theo", "Antonius": "Anton"}  # fmt: skip
LETTERS: Final = "abcdefghijklmnoprstuvwz"


@dataclass(frozen=True)
class Registered:
    """One registration: whom it is about in truth, and what is said."""

    truth: int
    said: Description


def draw_people(rng: Random, count: int) -> Iterator[Person]:
    """People of small institutions of a region: families of every frequency, twelve to an address, some twins."""
    homes = [
        (
            f"{rng.randint(3400, 3999)}{rng.choice('ABCDEFGHKLM')}{rng.choice('ABCDEFGHKLM')}",
            str(rng.randint(1, 220)),
        )
        for _ in range(max(1, count // HOUSEMATES))
    ]
    made = 0
    while made < count:
        postcode, number = rng.choice(homes)
        family = rng.choice(PREFIXES) + draw_family(rng)
        born = BirthDate(rng.randint(1925, 1995), rng.randint(1, 12), rng.randint(1, 28))
        names = rng.sample(GIVEN, 3)
        one = Person(f"{made:09}", f"{names[0]} {names[1]}", family, born, postcode, number)
        yield one
        made += 1
        if rng.random() < TWINS / 2:
            yield replace(one, bsn=f"{made:09}", given_name=names[2])
            made += 1


def draw_family(rng: Random) -> str:
    """A family name: half of all people share the commonest hundred, the others have one of many."""
    if rng.random() < 0.5:
        return rng.choice(FAMILIES)
    return (
        rng.choice(FAMILIES)
        + rng.choice(("ink", "stra", "sma", "mans", "veld", "huis", "beek", "man", "dorp", "kamp"))
        + rng.choice(("", "", "a", "s"))
    )


def draw_registrations(rng: Random, people: list[Person]) -> list[Registered]:
    """What all parties say, in the order in which it comes in."""
    found = []
    for truth, person in enumerate(people):
        roll, parties = rng.random(), 0
        for share, number in PARTIES:
            parties, roll = number, roll - share
            if roll < 0:
                break
        for party in rng.sample(range(180), parties):
            kind = SaidBy.INSTITUTION if party % 3 == 0 else SaidBy.PRACTICE
            speaker = Speaker(kind, derived_id("party", str(party)), "GG2514")
            found.append(Registered(truth, Description(spoil(rng, person), speaker)))
    rng.shuffle(found)
    return found


def spoil(rng: Random, person: Person) -> Person:
    """A person as somebody writes them down."""
    address = (person.postcode, person.house_number)
    if rng.random() < OLD_ADDRESS:
        address = (
            f"{rng.randint(1000, 9999)}{rng.choice('ABCDE')}{rng.choice('ABCDE')}",
            str(rng.randint(1, 200)),
        )
    return Person(
        None if rng.random() < WITHOUT_BSN else person.bsn,
        spoil_given(rng, person.given_name),
        spoil_family(rng, person.family_name),
        spoil_birth(rng, person.birth_date),
        spoil_postcode(rng, address[0]),
        spoil_number(rng, address[1]),
    )


def spoil_given(rng: Random, given: str) -> str:
    """First names, initials, or the name by which somebody is called."""
    first, *rest = given.split()
    roll = rng.random()
    if roll < INITIALS:
        return "".join(f"{word[0]}." for word in (first, *rest))
    if roll < INITIALS + CALLED:
        return CALLS.get(first, first)
    return given if rng.random() < 0.5 else first


def spoil_family(rng: Random, family: str) -> str:
    """The family name with what happens to it."""
    prefix, _, name = family.rpartition(" ")
    if rng.random() < TYPO:
        name = slip(rng, name)
    if rng.random() < SPELLING:
        name = name.replace("ij", "y").replace("ck", "k").replace("s", "z", 1)
    roll = rng.random()
    if roll < PARTNER_ONLY:
        return draw_family(rng)
    if roll < PARTNER_ONLY + MARRIED:
        other = draw_family(rng)
        return f"{family}-{other}" if rng.random() < 0.5 else f"{other}-{family}"
    if prefix and roll < PARTNER_ONLY + MARRIED + PREFIX_AWAY:
        return name
    if prefix and roll < PARTNER_ONLY + MARRIED + PREFIX_AWAY + PREFIX_BEHIND:
        return f"{prefix} {name}"  # as the import puts `Berg, van den` back
    return f"{prefix} {name}".strip()


def slip(rng: Random, word: str) -> str:
    """A word with one slip of the finger."""
    at = rng.randrange(1, len(word))
    return rng.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:] if at < len(word) else word,
            word[:at] + rng.choice(LETTERS) + word[at + 1 :],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
        )
    )


def spoil_birth(rng: Random, born: BirthDate) -> BirthDate:
    """A birth date with what happens to it."""
    assert born.month
    assert born.day
    roll = rng.random()
    if roll < DAY_TYPO:
        return rng.choice(
            (
                replace(born, day=born.day % 28 + 1),
                replace(born, month=born.month % 12 + 1),
                replace(born, year=born.year + rng.choice((-10, -1, 1, 10))),
            )
        )
    if roll < DAY_TYPO + DAY_SWAPPED and born.day <= 12:
        return replace(born, day=born.month, month=born.day)
    if roll < DAY_TYPO + DAY_SWAPPED + DAY_UNKNOWN:
        return replace(born, day=None)
    return born


def spoil_postcode(rng: Random, postcode: str) -> str:
    """A postcode, with a wrong digit now and then."""
    if rng.random() < POSTCODE_TYPO:
        return postcode[:3] + str((int(postcode[3]) + 1) % 10) + postcode[4:]
    return postcode


def spoil_number(rng: Random, number: str) -> str:
    """A house number, away or written otherwise now and then."""
    roll = rng.random()
    if roll < NUMBER_AWAY:
        return ""
    return f"{number} " if roll < NUMBER_AWAY + NUMBER_OTHERWISE else number
