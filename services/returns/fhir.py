"""A return record as FHIR R4: a Bundle with `imm-Vaccination-event` of Nictiz (2.0.0-beta.1) and what it refers to.

The batch stands in Medication.batch, where the Dutch data set has it, and in Immunization.lotNumber, where others look.
A correction has the identifier of what it replaces; a retraction is the same with `entered-in-error`.
"""

import re
from typing import Final

from pydantic import JsonValue

from events.identifiers import to_source
from events.local_time import AMSTERDAM
from infra.person import Person
from services.returns.record import Party, Record, Vaccine

Resource = dict[str, JsonValue]
CONTENT_TYPE: Final = "application/fhir+json; fhirVersion=4.0; charset=UTF-8"
BASE: Final = (
    "https://prikploeg.example.org/fhir/"  # names resources within a Bundle; nothing answers there
)
PROFILES: Final = "http://nictiz.nl/fhir/StructureDefinition/"
NAMES: Final = "http://fhir.nl/fhir/NamingSystem/"
HPK: Final = "urn:oid:2.16.840.1.113883.2.4.4.7"
SNOMED: Final = "http://snomed.info/sct"
QUALIFIER: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
INITIALS: Final = re.compile(r"(\w\.?[ -]?)|((\w{1,2}\.[ -]?)+)")
MESSAGE, DOSE, PRODUCT = (
    to_source("system", f"fhir:{name}") for name in ("message", "dose", "product")
)


def to_bundle(record: Record) -> Resource:
    """The whole message; each resource is named within it."""
    resources = [to_immunization(record), to_patient(record), to_medication(record)]
    if record.performer is not None:
        resources.append(to_organization(record, record.performer))
    return {
        "resourceType": "Bundle",
        "id": str(record.message),
        "identifier": {"system": MESSAGE, "value": str(record.message)},
        "type": "collection",
        "timestamp": record.made_at.isoformat(),
        "entry": [
            {"fullUrl": f"{BASE}{one['resourceType']}/{one['id']}", "resource": one}
            for one in resources
        ],
    }


def to_immunization(record: Record) -> Resource:
    """The dose itself."""
    found: Resource = {
        "resourceType": "Immunization",
        "id": str(record.dose),
        "meta": profile("imm-Vaccination-event"),
        "extension": [
            {
                "url": f"{PROFILES}ext-imm-Vaccination.PharmaceuticalProduct",
                "valueReference": refer("Medication", record),
            }
        ],
        "identifier": [{"system": DOSE, "value": str(record.dose)}],
        "status": "entered-in-error" if record.kind == "retracted" else "completed",
        "vaccineCode": to_code(record.vaccine),
        "patient": refer("Patient", record),
        "occurrenceDateTime": record.given_at.astimezone(AMSTERDAM).isoformat(timespec="seconds"),
        "primarySource": True,
        "note": [{"text": f"Dosis {record.dose_no}"}],
    }
    if record.lot is not None:
        found["lotNumber"] = record.lot
    if record.performer is not None:
        found["performer"] = [{"actor": refer("Organization", record)}]
    return found


def to_patient(record: Record) -> Resource:
    """Who had the dose, as the receiving practice described them."""
    person = record.person
    found: Resource = {
        "resourceType": "Patient",
        "id": f"{record.dose}-p",
        "meta": profile("nl-core-Patient"),
        "name": [to_name(person)],
        "birthDate": person.birth_date.isoformat(),
        "address": [{"use": "home", "postalCode": person.postcode}],
    }
    if person.bsn is not None:
        found["identifier"] = [{"system": f"{NAMES}bsn", "value": person.bsn}]
    return found


def to_name(person: Person) -> Resource:
    """The name; whether the given name is one or initials is said beside it, as the profile wants."""
    found: Resource = {
        "use": "official",
        "text": f"{person.given_name} {person.family_name}".strip("-. "),
        "family": person.family_name,
    }
    if any(map(str.isalpha, person.given_name)):
        kind = "IN" if INITIALS.fullmatch(person.given_name) else "BR"
        found["given"] = [person.given_name]
        found["_given"] = [{"extension": [{"url": QUALIFIER, "valueCode": kind}]}]
    return found


def to_medication(record: Record) -> Resource:
    """The vaccine with its batch."""
    found: Resource = {
        "resourceType": "Medication",
        "id": f"{record.dose}-m",
        "meta": profile("imm-PharmaceuticalProduct"),
        "code": to_code(record.vaccine),
    }
    if record.lot is not None:
        found["batch"] = {"lotNumber": record.lot}
    return found


def to_organization(record: Record, party: Party) -> Resource:
    """The post whose team gave the dose."""
    found: Resource = {
        "resourceType": "Organization",
        "id": f"{record.dose}-o",
        "meta": profile("nl-core-HealthcareProvider-Organization"),
        "name": party.name,
    }
    if party.agb is not None:
        found["identifier"] = [{"system": f"{NAMES}agb-z", "value": party.agb}]
    return found


def to_code(vaccine: Vaccine) -> Resource:
    """The product: by HPK and SNOMED CT as far as the catalogue has them, else by our own name of it."""
    known = ((HPK, vaccine.hpk), (SNOMED, vaccine.snomed))
    coding: list[JsonValue] = [
        {"system": system, "code": code} for system, code in known if code is not None
    ]
    return {
        "coding": coding or [{"system": PRODUCT, "code": vaccine.id}],
        "text": vaccine.name,
    }


def refer(kind: str, record: Record) -> Resource:
    """A reference within the Bundle."""
    return {"reference": f"{kind}/{record.dose}-{kind[0].lower()}", "type": kind}


def profile(name: str) -> Resource:
    """Which profile of Nictiz a resource follows."""
    return {"profile": [f"{PROFILES}{name}"]}
