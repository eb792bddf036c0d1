"""Reads the form with which a practice registers a patient, checks it, and turns it into events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from events.births import BirthDate
from events.details import check_born
from events.identifiers import CampaignId, LocationId, OrganisationId, Payload, PersonId
from events.practice import (
    ConsentForm,
    ConsentRecorded,
    ConsentStatus,
    ConsentSubject,
    Giver,
    Indication,
    PatientRegistered,
    SpecialNeed,
    is_old_enough,
)
from infra.person import Person
from infra.postgres.pages.practice import Place
from services.web.api.persons import PersonGiven
from services.web.refusing import FIELDS as FAULTS
from services.web.refusing import Refused

ANSWERS: Final = ("self", "other", "refused", "not_asked")
GIVERS: Final = tuple(giver for giver in Giver if giver is not Giver.SELF)
EMPTY: Final[dict[str, str]] = {
    "indication": Indication.AGE_80.value,
    "form": ConsentForm.ORAL.value,
}
# The fields of the form: about the person, and about the registration.
PERSON: Final = (
    *("bsn", "given_name", "family_name", "day", "month", "year"),
    *("postcode", "house_number", "phone"),
)
FIELDS: Final = (
    *PERSON,
    *("campaign", "location", "indication", "needs", "answer", "giver", "form", "register"),
)
# field of the form: the field that the person model names
PERSON_FIELDS: Final = {
    "bsn": "bsn",
    "given_name": "given_name",
    "family_name": "family_name",
    "postcode": "postcode",
    "house_number": "house_number",
    "phone": "phone",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, with the key of what is wrong per field, in the order of the page."""

    values: Mapping[str, str]
    needs: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)
    person: Person | None = None
    place: Place | None = None

    def get(self, name: str) -> str:
        """What was typed in a field."""
        return self.values.get(name, "")


def write_label(place: Place, municipality: str) -> str:
    """How a location is written in the list: name, municipality and postcode together are unique enough."""
    return f"{place.name}, {municipality} ({place.postcode4})"


def read_form(
    values: Mapping[str, str],
    needs: Sequence[str],
    places: Mapping[str, Place],
    today: date,
    opens_on: date,
) -> Typed:
    """Read and check every field; all errors are shown at once. `opens_on`: when the campaign begins."""
    if values.get("form") not in (None, "", *ConsentForm):
        raise Refused(FAULTS, fields=["form"])  # a choice that our page does not have
    errors: dict[str, str] = {}
    person = read_person(values, today, errors)
    place = places.get(values.get("location", "").strip())
    if place is None:
        errors["location"] = "location"
    if values.get("answer") not in ANSWERS:
        errors["answer"] = "answer"
    if values.get("answer") == "other" and values.get("giver") not in GIVERS:
        errors["giver"] = "giver"
    indication = values.get("indication")
    if indication not in tuple(Indication):
        errors["indication"] = "indication"
    elif (
        person
        and "birth_date" not in errors
        and not is_old_enough(Indication(indication), person.birth_date.year, opens_on)
    ):
        errors["indication"] = "indication_age"
    known = frozenset(need for need in needs if need in tuple(SpecialNeed))
    return Typed(values, known, errors, person if not errors else None, place)


def read_person(values: Mapping[str, str], today: date, errors: dict[str, str]) -> Person | None:
    """The person, or what is wrong with the fields about them."""
    birth = read_birth_date(values)
    given = {name: values.get(name, "").strip() for name in PERSON_FIELDS}
    wrong: set[str] = set()
    person: Person | None = None
    try:
        # a valid stand-in, so that the other fields are checked too
        probe = birth if birth is not None and can_be(birth, today) else BirthDate(1950)
        person = PersonGiven.model_validate({**given, "birth_date": probe}).to_person()
    except ValidationError as error:
        wrong = {str(line["loc"][0]) for line in error.errors(include_input=False)}
    errors |= {name: name for name in ("bsn", "given_name", "family_name") if name in wrong}
    if birth is None or not can_be(birth, today):
        errors["birth_date"] = "birth_date"
    errors |= {name: name for name in ("postcode", "house_number", "phone") if name in wrong}
    return person


def read_birth_date(values: Mapping[str, str]) -> BirthDate | None:
    """Day, month and year, where 0 is an unknown day or month; None when there is no such day.

    An empty field is no answer: whoever skipped one did not say that nobody knows.
    """
    try:
        year, month, day = (int(values.get(name, "").strip()) for name in ("year", "month", "day"))
        return BirthDate.of(year, month, day)
    except (ValueError, OverflowError):  # no day, or no number that a year can be
        return None


def can_be(born: BirthDate, today: date) -> bool:
    """Whether somebody can be born then."""
    try:
        check_born(born, today)
    except ValueError:
        return False
    return True


def to_payloads(typed: Typed, person_id: UUID, campaign: UUID, practice: UUID) -> list[Payload]:
    """Turn the form into events: a registration, and the answers that were given."""
    person, place = typed.person, typed.place
    if person is None or place is None:
        raise ValueError("a form with errors says nothing")
    about = {
        "person_id": PersonId(person_id),
        "campaign_id": CampaignId(campaign),
        "location_id": LocationId(place.id),
        "practice_id": OrganisationId(practice),
    }
    said: list[Payload] = [
        PatientRegistered.model_validate(
            {
                **about,
                "birth_year": person.birth_date.year,
                "indication": typed.get("indication"),
                "needs": typed.needs,
            }
        )
    ]
    answer = typed.get("answer")
    if answer == "not_asked":
        return said
    given = {
        **about,
        "status": ConsentStatus.REFUSED if answer == "refused" else ConsentStatus.GIVEN,
        "given_by": typed.get("giver") if answer == "other" else Giver.SELF,
        "form": typed.get("form") or ConsentForm.ORAL,
    }
    said.append(ConsentRecorded.model_validate(given))
    # A box that stays empty is no answer: nobody is taken to agree, nor to have refused.
    if answer != "refused" and typed.get("register"):
        said.append(ConsentRecorded.model_validate({**given, "subject": ConsentSubject.REGISTER}))
    return said


def fill_in(person: Person) -> Typed:
    """The fields about a person as the practice said them, to be mended."""
    born = person.birth_date
    values = {name: getattr(person, name) or "" for name in PERSON_FIELDS}
    parts = {"day": born.day, "month": born.month, "year": born.year}
    return Typed(values | {name: str(part or 0) for name, part in parts.items()})
