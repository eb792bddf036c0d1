"""Registrations out of a Bundle: the same checks, the same vault and the same door as the form; the same Bundle twice is one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from events.details import check_born
from events.identifiers import (
    CampaignId,
    LocationId,
    OrganisationId,
    Payload,
    PersonId,
    to_source,
)
from events.local_time import to_local_date
from events.practice import (
    ConsentForm,
    ConsentRecorded,
    ConsentStatus,
    ConsentSubject,
    DoseGivenElsewhere,
    Giver,
    Indication,
    PatientRegistered,
    Teller,
    is_old_enough,
)
from infra.identity import derived_id
from infra.person import Person
from infra.postgres.pages.frame import Campaign
from services.accept.submission import OwnEvent
from services.returns.fhir import HPK, PRODUCT, SNOMED
from services.web.api.fhir.reading import (
    Issue,
    Registration,
    find_bsn,
    find_house_number,
    find_identified,
    to_day,
)
from services.web.api.fhir.shapes import Concept, Consent, Immunization
from services.web.api.persons import PersonGiven

PLACE: Final = to_source("system", "fhir:location")
SCOPES: Final = {"treatment": ConsentSubject.TREATMENT, "patient-privacy": ConsentSubject.REGISTER}
CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
# Systems of product codes, by the word under which an unknown code of theirs is kept as a product to ask about.
SYSTEMS: Final[Mapping[str, str]] = {
    HPK: "hpk",
    SNOMED: "snomed",
    "urn:oid:2.16.840.1.113883.2.4.4.10": "prk",
    "urn:oid:2.16.840.1.113883.2.4.4.1": "gpk",
    "urn:oid:2.16.840.1.113883.2.4.4.8": "zi",
    "http://www.whocc.no/atc": "atc",
    "https://www.gs1.org/gtin": "gtin",
}
CODE: Final = re.compile(r"[A-Za-z0-9]{1,30}")
ASIDE: Final = timedelta(minutes=5)  # a sender's clock may be ahead by as much
# Fields of our own person, where a Bundle has them.
PATHS: Final[Mapping[str, str]] = {
    "bsn": "identifier",
    "given_name": "name[0].given",
    "family_name": "name[0].family",
    "birth_date": "birthDate",
    "postcode": "address[0].postalCode",
    "house_number": "address[0]._line",
    "phone": "telecom",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What a Bundle is read with: the practice, the campaign, the places and products that are known, and the moment."""

    practice: UUID
    campaign: Campaign
    places: frozenset[UUID]
    place: UUID | None  # of everybody who names none
    products: Mapping[tuple[str, str], str]  # by system and code
    now: datetime
    digest: str  # of the whole Bundle


@dataclass(frozen=True, slots=True)
class Ready:
    """A registration that can be stored."""

    at: str
    person: Person
    place: UUID
    said: "tuple[Said, ...]"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer about consent."""

    subject: ConsentSubject
    status: ConsentStatus
    given_by: Giver
    form: ConsentForm


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose that was given elsewhere."""

    dose_no: int
    product: str
    given_on: date


Said = tuple[str, datetime, Answer | Dose]  # where, when, what


def prepare(one: Registration, around: Around, issues: list[Issue]) -> Ready | None:
    """A registration that can be stored, or None with what is wrong."""
    before = len(issues)
    person = to_person(one, around, issues)
    place = to_place(one, around, issues)
    said: list[Said] = [*read_consents(one, around, issues), *read_doses(one, around, issues)]
    if len(issues) > before or person is None or place is None:
        return None
    return Ready(one.at, person, place, tuple(said))


def to_person(one: Registration, around: Around, issues: list[Issue]) -> Person | None:
    """Who it is, by the checks of every other door."""
    patient = one.patient
    if patient.deceased or patient.deceased_at:
        issues.append(Issue("business-rule", f"{one.at}.deceased", "nobody who died is registered"))
    phone = next((found.value for found in patient.telecom if found.system == "phone"), None)
    given = {
        "bsn": find_bsn(patient),
        "given_name": " ".join(patient.name[0].given) or "-",
        "family_name": patient.name[0].family or "",
        "birth_date": patient.birth_date[:10],
        "postcode": patient.address[0].postal_code or "",
        "house_number": find_house_number(patient),
        "phone": phone or "",
    }
    try:
        found = PersonGiven.model_validate(given)
        check_born(found.birth_date, to_local_date(around.now))
    except ValidationError as error:
        wrong = sorted({str(line["loc"][0]) for line in error.errors(include_input=False)})
        issues += [Issue("value", f"{one.at}.{PATHS[field]}", "does not fit") for field in wrong]
        return None
    except ValueError:
        issues.append(Issue("value", f"{one.at}.birthDate", "must lie between 1900 and today"))
        return None
    return found.to_person()


def to_place(one: Registration, around: Around, issues: list[Issue]) -> UUID | None:
    """Where they live: as the patient names it, else as the request does for everybody."""
    path = f"{one.at}.managingOrganization"
    named = find_identified(one.patient.managing_organization, PLACE)
    try:
        place = UUID(named) if named else around.place
    except ValueError:
        place = None
    if place is None or place not in around.places:
        issues.append(Issue("not-found", path, "names no location of the region"))
        return None
    return place


def read_consents(
    one: Registration, around: Around, issues: list[Issue]
) -> Iterator[tuple[str, datetime, Answer]]:
    """The answers, each with its place and moment."""
    for at, consent in one.consents:
        scope = next(
            (SCOPES[code] for code in consent.scope.codes(CONSENT_SCOPE) if code in SCOPES), None
        )
        moment = to_moment(consent.at, around.now)
        if scope is None:
            issues.append(Issue("not-supported", f"{at}.scope", "treatment or patient-privacy"))
        elif moment is None:
            issues.append(Issue("value", f"{at}.dateTime", "must not lie ahead"))
        else:
            yield at, moment, to_answer(scope, consent)


def to_answer(subject: ConsentSubject, consent: Consent) -> Answer:
    """What was answered, by whom and how."""
    if consent.status == "inactive":
        status = ConsentStatus.WITHDRAWN
    elif consent.status == "rejected" or consent.provision.type == "deny":
        status = ConsentStatus.REFUSED
    else:
        status = ConsentStatus.GIVEN
    related = any((one.reference or "").startswith("RelatedPerson/") for one in consent.performer)
    return Answer(
        subject,
        status,
        Giver.AUTHORISED if related else Giver.SELF,
        ConsentForm.WRITTEN if consent.source else ConsentForm.ORAL,
    )


def read_doses(
    one: Registration, around: Around, issues: list[Issue]
) -> Iterator[tuple[str, datetime, Dose]]:
    """The doses of elsewhere; without numbers in the order of their days. What was not done is not kept."""
    given = [(at, dose) for at, dose in one.doses if dose.status != "not-done"]
    for n, (at, dose) in enumerate(sorted(given, key=lambda pair: pair[1].at), start=1):
        if dose.status == "entered-in-error":
            issues.append(Issue("not-supported", f"{at}.status", "send dose.retracted for it"))
        elif (made := to_dose(at, dose, n, around, issues)) is not None:
            yield at, around.now, made


def to_dose(
    at: str, dose: Immunization, nth: int, around: Around, issues: list[Issue]
) -> Dose | None:
    """One dose, or None with what is wrong."""
    day, product = to_day(dose.at), find_product(dose.vaccine, around.products)
    if day is None or day > to_local_date(around.now):
        issues.append(Issue("value", f"{at}.occurrenceDateTime", "a day that is past"))
    if product is None:
        issues.append(
            Issue("code-invalid", f"{at}.vaccineCode", "has a code of no system that we know")
        )
    if day is None or product is None:
        return None
    numbered = next((one.dose_no for one in dose.protocol if one.dose_no), nth)
    return Dose(numbered, product, day)


def find_product(concept: Concept, products: Mapping[tuple[str, str], str]) -> str | None:
    """The product that is meant; a code that the catalogue does not have is kept as a product to ask about.

    So nothing is lost, and nobody is given the dose again meanwhile.
    """
    codes = [(one.system or "", one.code or "") for one in concept.coding]
    for one in codes:
        if one in products:
            return products[one]
    for system, code in codes:
        if system in SYSTEMS and CODE.fullmatch(code):
            return f"{SYSTEMS[system]}_{code.lower()}"
    return None


def to_moment(text: str | None, now: datetime) -> datetime | None:
    """When something was said; now where the day alone is known or nothing. None for what lies ahead."""
    if text is None:
        return now
    if len(text) <= len("2021-02-17"):
        day = to_day(text)
        return None if day is not None and day > to_local_date(now) else now
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at <= now + ASIDE else None


def to_events(ready: Ready, person: UUID, around: Around) -> list[OwnEvent]:
    """Everything about one patient, under ids that follow from the Bundle: sent again it is a duplicate."""
    about = {
        "person_id": PersonId(person),
        "campaign_id": CampaignId(around.campaign.id),
        "location_id": LocationId(ready.place),
        "practice_id": OrganisationId(around.practice),
    }
    year = ready.person.birth_date.year
    first = PatientRegistered.model_validate(
        {**about, "birth_year": year, "indication": to_indication(year, around.campaign.opens_on)}
    )
    made: list[tuple[str, datetime, Payload]] = [(ready.at, around.now, first)]
    for at, moment, said in ready.said:
        made.append((at, moment, to_payload(said, about)))
    return [
        OwnEvent(
            str(derived_id("bundle", str(around.practice), around.digest, at)), moment, payload
        )
        for at, moment, payload in made
    ]


def to_payload(said: Answer | Dose, about: Mapping[str, object]) -> Payload:
    """An answer or a dose as the fact that is stored."""
    if isinstance(said, Answer):
        return ConsentRecorded.model_validate(
            {
                **about,
                "subject": said.subject,
                "status": said.status,
                "given_by": said.given_by,
                "form": said.form,
            }
        )
    return DoseGivenElsewhere.model_validate(
        {
            **about,
            "dose_no": said.dose_no,
            "product_id": said.product,
            "given_on": said.given_on,
            "told_by": Teller.UNKNOWN,
        }
    )


def to_indication(birth_year: int, opens_on: date) -> Indication:
    """Why they belong to the group, as far as an age says it."""
    ages: Sequence[Indication] = (Indication.AGE_90, Indication.AGE_80)
    return next((one for one in ages if is_old_enough(one, birth_year, opens_on)), Indication.OTHER)


def list_products(rows: Sequence[tuple[str, str | None, str | None]]) -> dict[tuple[str, str], str]:
    """The products by every code that the catalogue has of them."""
    found: dict[tuple[str, str], str] = {}
    for product, hpk, snomed in rows:
        found[PRODUCT, product] = product
        found |= {(HPK, hpk): product} if hpk else {}
        found |= {(SNOMED, snomed): product} if snomed else {}
    return found
