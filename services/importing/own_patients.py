"""Rows of a practice's own patients, as its page takes them: the registrations table without what the page knows itself.

Which practice speaks is known, and for which campaign it chooses; an institution is named as people name it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from typing_extensions import override

from events.at_fault import list_faulty_fields
from infra.identifying import list_disputed
from infra.person import Description, Person, Speaker
from services.importing.layout import BadRow, Context, Row, RowProblem, Table
from services.importing.registrations import (
    NOBODY,
    REGISTRATIONS,
    Answered,
    check_age,
    check_alone,
    check_birth,
    payloads_of,
    person_of,
)
from services.sending import entity_id

KNOWN_BY_PAGE: Final = ("practice", "campaign", "as_of")
OWN_PATIENTS: Final = Table(
    "patients",
    "Patiënten van de eigen praktijk. De praktijk en de campagne zijn al bekend.",
    tuple(
        replace(column, required=column.required and column.name != "institution")
        for column in REGISTRATIONS.columns
        if column.name not in KNOWN_BY_PAGE
    ),
    REGISTRATIONS.turn,
    REGISTRATIONS.renamed,
)
NO_INSTITUTION: Final = "ontbreekt; kies bij stap 2 een instelling voor alle rijen, of vul deze cel"
UNKNOWN: Final = "is hier niet bekend; schrijf de naam zoals in de lijst van instellingen"
TWICE_NAMED: Final = "zo heten hier meer instellingen; schrijf er de plaats bij, zoals in de lijst"
TWO_PEOPLE: Final = (
    "dit BSN staat in dit bestand bij twee verschillende personen; controleer BSN en geboortedatum"
)
WHO: Final = ("bsn", "birth_date")


class KnownIds(Context):
    """Keys that were looked up already: each is an identifier."""

    @override
    def id_of(self, kind: str, key: str) -> UUID:
        """The identifier itself."""
        return UUID(key)


@dataclass(frozen=True)
class Fixed:
    """What holds for every row of a list, and the institutions that a row may name."""

    region: str
    practice: UUID
    campaign: UUID
    opens_on: date
    today: date
    location: UUID | None = None  # of rows that name none
    indication: str = ""  # of rows that say none
    institutions: Mapping[str, frozenset[UUID]] = field(
        default_factory=dict
    )  # plain name -> who is called so
    keys: frozenset[UUID] = frozenset()  # every institution that a row may name

    @cached_property
    def context(self) -> Context:
        """How keys in rows are read."""
        return KnownIds(self.region, today=self.today)


@dataclass(frozen=True, slots=True)
class Patient:
    """A row that can be taken: who it is about, and what it says of them."""

    row: Row
    person: Person

    def list_payloads(self, fixed: Fixed, person_id: UUID) -> list[Answered]:
        """What the row says, once the vault has given an id."""
        return list(payloads_of(self.row, fixed.context, person_id))

    def describe(self, speaker: Speaker) -> Description:
        """The description for the vault: an empty cell says nothing, and what was said last is no news."""
        return Description(self.person, speaker, repeats=True)


def plain_name(name: str) -> str:
    """The name of an institution without case, accents and punctuation."""
    word = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", word.casefold()).strip()


def to_patient(row: Row, fixed: Fixed) -> Patient | RowProblem:
    """The patient of a row whose cells are valid one by one, or what is wrong with it."""
    try:
        filled = fill_in(row, fixed)
        check_alone(filled)
        check_birth(filled, fixed.context)
        check_age(filled, fixed.opens_on)
        list(payloads_of(filled, fixed.context, NOBODY))
        return Patient(filled, person_of(filled))
    except BadRow as error:
        return to_problem(row, dict.fromkeys(error.fields, error.message))
    except ValidationError as error:
        paths = [path.split(".")[0] for path in list_faulty_fields(error)]
        names = [OWN_PATIENTS.renamed.get(path, path) for path in paths]
        return to_problem(row, dict.fromkeys(names, "is niet geldig"))


def fill_in(row: Row, fixed: Fixed) -> Row:
    """The row with what the page knows, and the institution that it names. Raises BadRow."""
    values = dict(row.values)
    values["practice"], values["campaign"] = str(fixed.practice), str(fixed.campaign)
    values["institution"] = str(find_institution(row.text("institution"), fixed))
    if fixed.indication and "indication" not in values:
        values["indication"] = fixed.indication
    return replace(row, values=values)


def find_institution(named: str, fixed: Fixed) -> UUID:
    """The institution that a cell names: by its name, its label in the list, or its key. Raises BadRow."""
    if not named:
        if fixed.location is None:
            raise BadRow(("institution",), NO_INSTITUTION)
        return fixed.location
    found = fixed.institutions.get(plain_name(named), frozenset())
    if len(found) > 1:
        raise BadRow(("institution",), TWICE_NAMED)
    if found:
        return next(iter(found))
    by_key = entity_id("location", fixed.region, named)
    if by_key in fixed.keys:
        return by_key
    raise BadRow(("institution",), UNKNOWN)


def to_problem(row: Row, cells: Mapping[str, str]) -> RowProblem:
    """What is wrong with a row, by column."""
    message = "; ".join(f"{name} {why}" for name, why in cells.items())
    return RowProblem(row.file, row.number, tuple(cells), message, row.line, cells=cells)


def leave_out_disputed(
    patients: Sequence[Patient], speaker: Speaker
) -> tuple[list[Patient], list[RowProblem]]:
    """Leaves out rows that give one BSN to people with another name or birth date: every one is told."""
    disputed = list_disputed([one.describe(speaker) for one in patients])
    certain = [one for one in patients if one.person.bsn not in disputed]
    problems = [
        to_problem(one.row, dict.fromkeys(WHO, TWO_PEOPLE))
        for one in patients
        if one.person.bsn in disputed
    ]
    return certain, problems
