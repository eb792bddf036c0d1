"""Whether two descriptions may be of one person: simple rules that raise a question, and never answer it.

Three strengths. *Equal*: the same name, letter for letter, and birth date: one person. *Alike*: the names may be two
spellings of one, born on the same day: somebody is asked. *Near*: what a practice that mends its own typing could have
meant. Measured matching (how often which pair is one person) is none of this.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from events.births import BirthDate
from infra.person import Person

# Dutch tussenvoegsels and the commonest foreign ones. A list, because "van" is a word of a name nowhere else.
PARTICLES: Final = frozenset(
    [
        "van",
        "de",
        "der",
        "den",
        "het",
        "t",
        "s",
        "ter",
        "ten",
        "te",
        "op",
        "in",
        "aan",
        "bij",
        "over",
        "onder",
        "uit",
        "tot",
        "voor",
        "la",
        "le",
        "les",
        "du",
        "des",
        "von",
        "zu",
        "zum",
        "zur",
        "el",
        "al",
        "da",
        "di",
        "do",
        "dos",
        "l",
        "d",
    ]
)
# Between the name of birth and that of a partner, as people write it.
JOINTS: Final = re.compile(
    r"\b(?:geb|geboren|gehuwd|weduwe|wed|echtgenote|echtgenoot|e[./]?v|vrouw)\b\.?|[-/,]",
    re.IGNORECASE,
)
# Spellings that sound the same in Dutch names; the order counts (Ruijs, Ruys and Ruis are one).
SOUNDS: Final = (
    ("ij", "i"), ("y", "i"), ("oe", "u"), ("ou", "au"), ("ck", "k"), ("c", "k"), ("ph", "f"), ("th", "t"), ("kh", "g"), ("gh", "g"),
    ("x", "ks"), ("z", "s"), ("v", "f"), ("dt", "t"), ("ae", "a"), ("ue", "u"),
)  # fmt: skip
DOUBLE: Final = re.compile(r"(.)\1+")


def are_equal(one: Person, other: Person) -> bool:
    """Whether name and birth date are the same as written; accents, case, dots and spaces do not count."""
    return one.normal_name == other.normal_name and one.birth_date == other.birth_date


def are_alike(one: Person, other: Person) -> bool:
    """Whether two that may be born on the same day may be one: both names have a spelling in common."""
    return (
        one.birth_date.agrees(other.birth_date)
        and is_given_alike(one.given_name, other.given_name)
        and is_family_alike(one.family_name, other.family_name)
    )


def is_correction(said: Person, now: Person) -> bool:
    """Whether a practice that said the first about a BSN may mean the same person by the second.

    Alike given names, and either a family name in common with a birth date that differs in one part, or the same first
    name and birth date (a marriage). Otherwise two people may have got one number, as happens with couples and twins.
    """
    if not is_given_alike(said.given_name, now.given_name):
        return False
    if is_family_alike(said.family_name, now.family_name):
        return is_birth_date_near(said.birth_date, now.birth_date)
    same_first = next(sound_words(said.given_name), "") == next(sound_words(now.given_name), "-")
    return same_first and said.birth_date.agrees(now.birth_date)


def list_traits(person: Person) -> frozenset[str]:
    """By what else than birth date and postcode somebody may be found: each form of the family name with one of the two.

    With the whole birth date for who moved, with the postcode for a slip in the birth date.
    """
    forms = list_family_forms(person.family_name)
    born = person.birth_date.isoformat() if person.birth_date.is_whole else None
    traits = {f"{form} {person.plain_postcode}" for form in forms}
    return frozenset(traits | {f"{form} {born}" for form in forms if born})


def is_likely_one(said: Person, now: Person) -> bool:
    """Whether two may be one, so that somebody has to look: three of name, birth date and address are alike.

    One house, one birth date and given names that go together leave the family name (a marriage, a slip); one name and one
    birth date the address (a move); one name and one address a part of the birth date.
    """
    if not is_given_alike(said.given_name, now.given_name):
        return False
    same_place = said.plain_postcode == now.plain_postcode
    if same_place and said.birth_date.agrees(now.birth_date):
        return is_family_alike(said.family_name, now.family_name) or (
            said.birth_date.is_whole and now.birth_date.is_whole and is_house_alike(said, now)
        )
    if not is_family_alike(said.family_name, now.family_name):
        return False
    if same_place:
        return is_house_alike(said, now) and is_birth_date_near(said.birth_date, now.birth_date)
    return said.birth_date.is_whole and said.birth_date == now.birth_date


def is_house_alike(one: Person, other: Person) -> bool:
    """Whether house numbers are no contradiction: the same, or one was not said."""
    numbers = {"".join(person.house_number.split()).casefold() for person in (one, other)}
    return len(numbers - {""}) <= 1


def is_given_alike(one: str, other: str) -> bool:
    """Whether given names may be of one person: the same first name, or initials that begin the same.

    Two first names that are both written out and differ are two people: twins live at one address. Only the short
    name that the longer begins with (Jo, Johanna) and one with the same initial that ends the same (Wim, Willem) pass.
    """
    first, second = list(sound_words(one)), list(sound_words(other))
    if not first or not second:
        return True
    if is_initials(one) or is_initials(other):
        return first[0][0] == second[0][0]
    if first[0] == second[0] or "".join(first) == "".join(second):
        return True
    short, long = sorted((first[0], second[0]), key=len)
    if len(short) >= 2 and long.startswith(short):
        return True
    return len(short) == 3 and short[:2] == long[:2] and short[-1] == long[-1]


def is_initials(given: str) -> bool:
    """Whether only initials are written: `J.P.`, `J P`, `JP.` or `J`."""
    words = re.findall(r"[^\W\d_]+", given)
    return all(len(word) == 1 for word in words) or ("." in given and all(map(str.isupper, words)))


def is_family_alike(one: str, other: str) -> bool:
    """Whether family names share a spelling: whole, without tussenvoegsel, or one half of a double name."""
    return bool(list_family_forms(one) & list_family_forms(other))


def list_family_forms(family: str) -> frozenset[str]:
    """All forms by which a family name may be known elsewhere."""
    whole = "".join(sound_words(family))
    halves = JOINTS.split(family) if JOINTS.search(family) else [family]
    forms = {whole, *("".join(sound_words(half, particles=False)) for half in halves)}
    forms.add("".join(sound_words(" ".join(halves), particles=False)))
    return frozenset(form for form in forms if form)


def sound_words(name: str, *, particles: bool = True) -> Iterator[str]:
    """The words of a name by their sound: no accents, no doubled letters, one of several spellings."""
    plain = unicodedata.normalize(
        "NFKD", name.replace("\u0132", "IJ").replace("\u0133", "ij")
    ).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for word in re.findall(r"[^\W\d_]+", plain.replace("'", " ").replace("\u2019", " ")):
        if particles or word not in PARTICLES:
            for written, sound in SOUNDS:
                word = word.replace(written, sound)
            yield DOUBLE.sub(r"\1", word)


def is_birth_date_near(one: BirthDate, other: BirthDate) -> bool:
    """Whether dates are the same but for one part (day, month or year), or for day and month exchanged.

    A part that one of them does not know is no difference.
    """
    if one.agrees(other):
        return True
    if one.year == other.year and (one.day, one.month) == (other.month, other.day):
        return True
    pairs = ((one.day, other.day), (one.month, other.month), (one.year, other.year))
    return sum(a != b for a, b in pairs if a is not None and b is not None) <= 1
