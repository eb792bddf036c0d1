"""One return record with everything that its receiver needs: who, what, when, by whom."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra.identity import derived_id
from infra.person import Person


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation, as others know it."""

    name: str
    agb: str | None


@dataclass(frozen=True, slots=True)
class Vaccine:
    """A product with the codes that others know it by."""

    id: str
    name: str
    hpk: str | None
    snomed: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One message about one dose of one person."""

    message: UUID
    dose: UUID  # the same in every message about this dose
    kind: str  # given, corrected, retracted
    person: Person
    vaccine: Vaccine
    lot: str | None
    dose_no: int
    given_at: datetime
    performer: Party | None
    opt_in: bool | None  # to the register; None: not said here
    made_at: datetime


def name_dose(region: str, seq: int) -> UUID:
    """The identifier of a dose for others: it follows from its first record, whatever corrected it since."""
    return derived_id("dose", region, str(seq))
