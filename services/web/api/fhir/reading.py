"""A Bundle as registrations: each patient with answers and doses, or where it does not fit, by path and never by value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from services.web.api.fhir.shapes import (
    MOST_PATIENTS,
    Bundle,
    Consent,
    Entry,
    Immunization,
    Patient,
    Reference,
)

HOUSE_NUMBER: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-houseNumber"
BSN: Final = "http://fhir.nl/fhir/NamingSystem/bsn"
# What is referred to and says nothing that a registration keeps.
BESIDE: Final = frozenset(
    {
        *("Organization", "Practitioner", "PractitionerRole", "Location", "RelatedPerson"),
        *("Medication", "HealthcareService", "DocumentReference", "Provenance"),
    }
)
# Kinds of error of pydantic as codes of FHIR (issue-type).
CODES: Final[Mapping[str, str]] = {
    "missing": "required",
    "too_long": "too-long",
    "string_too_long": "too-long",
}
Resource = TypeVar("Resource", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that does not fit: a code of FHIR, where, and what in words of ours."""

    code: str
    path: str
    text: str
    severity: str = "error"


@dataclass(slots=True)
class Registration:
    """One patient of a Bundle, with the place of each part in it."""

    at: str
    patient: Patient
    consents: list[tuple[str, Consent]] = field(default_factory=list)
    doses: list[tuple[str, Immunization]] = field(default_factory=list)


@dataclass(slots=True)
class Read:
    """What a Bundle says, and what is wrong with it."""

    registrations: list[Registration] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def errors(self) -> list[Issue]:
        """What keeps it from being stored."""
        return [one for one in self.issues if one.severity == "error"]


def read_bundle(body: object) -> Read:
    """Read a whole Bundle. With one error nothing of it is stored; resources that we do not keep are told, not refused."""
    read = Read()
    bundle = parse(Bundle, body, "Bundle", read.issues)
    if bundle is None:
        return read
    known: dict[str, Registration] = {}
    others: list[tuple[str, Consent | Immunization]] = []
    for n, entry in enumerate(bundle.entry):
        read_entry(read, known, others, entry, f"Bundle.entry[{n}].resource")
    attach(read, known, others)
    if not read.registrations and not read.errors:
        read.issues.append(Issue("required", "Bundle.entry", "there is no Patient"))
    if len(read.registrations) > MOST_PATIENTS:
        text = f"at most {MOST_PATIENTS} patients at once"
        read.issues.append(Issue("too-costly", "Bundle.entry", text))
    return read


def read_entry(
    read: Read,
    known: dict[str, Registration],
    others: list[tuple[str, Consent | Immunization]],
    entry: Entry,
    at: str,
) -> None:
    """Read one resource by its kind."""
    kind = entry.resource.get("resourceType")
    if kind == "Patient":
        add_patient(read, known, entry, at)
    elif kind == "Consent":
        if (consent := parse(Consent, entry.resource, at, read.issues)) is not None:
            others.append((at, consent))
    elif kind == "Immunization":
        if (dose := parse(Immunization, entry.resource, at, read.issues)) is not None:
            others.append((at, dose))
    elif not isinstance(kind, str) or kind not in BESIDE:
        text = "resources of this kind are not kept"
        read.issues.append(Issue("not-supported", f"{at}.resourceType", text))


def add_patient(read: Read, known: dict[str, Registration], entry: Entry, at: str) -> None:
    """Take in a patient under every name by which others may refer to it."""
    patient = parse(Patient, entry.resource, at, read.issues)
    if patient is None:
        return
    made = Registration(at, patient)
    read.registrations.append(made)
    if entry.full_url:
        known[entry.full_url] = made
    if patient.id:
        known[f"Patient/{patient.id}"] = made


def attach(
    read: Read,
    known: Mapping[str, Registration],
    others: Sequence[tuple[str, Consent | Immunization]],
) -> None:
    """Give answers and doses to whom they are about."""
    for at, one in others:
        found = known.get(one.patient.reference or "")
        if found is None:
            text = "refers to no Patient of this Bundle"
            read.issues.append(Issue("not-found", f"{at}.patient.reference", text))
        elif isinstance(one, Consent):
            found.consents.append((at, one))
        else:
            found.doses.append((at, one))


def parse(shape: type[Resource], value: object, at: str, issues: list[Issue]) -> Resource | None:
    """The resource, or None with what is wrong by path."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        issues += list_issues(error, at)
        return None


def list_issues(error: ValidationError, at: str) -> Iterator[Issue]:
    """Where something does not fit; the values stay out."""
    for line in error.errors(include_input=False, include_context=False, include_url=False):
        code = CODES.get(line["type"], "value")
        if "modifierExtension" in line["loc"]:
            code = "extension"
        yield Issue(code, write_path(at, line["loc"]), describe(line["type"]))


def write_path(at: str, loc: Sequence[Any]) -> str:
    """A place as FHIRPath writes it. Names are those of our own shapes, so no value can stand in it."""
    path = at
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path


def describe(kind: str) -> str:
    """A kind of error in words that hold no value."""
    return {
        "missing": "must be there",
        "literal_error": "is none of the values that are taken",
    }.get(kind, f"does not fit ({kind})")


def find_bsn(patient: Patient) -> str | None:
    """The BSN that stands there, as it stands there."""
    return next((one.value for one in patient.identifier if one.system == BSN and one.value), None)


def find_house_number(patient: Patient) -> str:
    """The house number, where the address has it apart."""
    for line in patient.address[0].beside_lines:
        for one in line.extension if line else ():
            if one.url == HOUSE_NUMBER and one.string:
                return one.string
    return ""


def find_identified(reference: Reference | None, system: str) -> str | None:
    """The number of a system that a reference names."""
    found = reference.identifier if reference else None
    return found.value if found is not None and found.system == system else None


def to_day(moment: str) -> date | None:
    """The day of a moment; None where only year or month is known."""
    try:
        return date.fromisoformat(moment[:10])
    except ValueError:
        return None
