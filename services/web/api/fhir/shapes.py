"""The part of FHIR R4 that a registration needs, with the cardinalities of nl-core where they bear on it.

What stands beside it is passed over, as FHIR wants of a reader; what would change the meaning (`modifierExtension`) is refused.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Token = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f\x7f]+$")
]
Moment = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$"
    ),
]
MOST_PATIENTS: Final = 200
MOST_ENTRIES: Final = 2_000
LONGEST_LIST: Final = 50


class Shape(BaseModel):
    """A part of a resource."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    # Written by somebody who means that the rest says something else with it.
    modifier_extension: Annotated[
        list[Any] | None, Field(alias="modifierExtension", max_length=0)
    ] = None


class Coding(Shape):
    """A code of a system."""

    system: Token | None = None
    code: Token | None = None


class Concept(Shape):
    """A concept, by one or more codes."""

    coding: Annotated[list[Coding], Field(max_length=LONGEST_LIST)] = []

    def codes(self, system: str) -> list[str]:
        """The codes of a system."""
        return [one.code for one in self.coding if one.system == system and one.code]


class Identifier(Shape):
    """A number of a system."""

    system: Token | None = None
    value: Annotated[str, StringConstraints(max_length=100)] | None = None


class Reference(Shape):
    """Another resource, by its address or by a number."""

    reference: Token | None = None
    identifier: Identifier | None = None


class Name(Shape):
    """A name of a person; nl-core keeps the parts of the family name in extensions, and the whole here."""

    use: Token | None = None
    family: Text | None = None
    given: Annotated[list[Text], Field(max_length=LONGEST_LIST)] = []


class Extension(Shape):
    """What stands beside a field."""

    url: Token
    string: Annotated[Text | None, Field(alias="valueString")] = None


class Line(Shape):
    """What stands beside a line of an address: street and house number apart."""

    extension: Annotated[list[Extension], Field(max_length=LONGEST_LIST)] = []


class Address(Shape):
    """Where somebody lives."""

    use: Token | None = None
    postal_code: Annotated[Text | None, Field(alias="postalCode")] = None
    beside_lines: Annotated[list[Line | None], Field(alias="_line", max_length=LONGEST_LIST)] = []


class Contact(Shape):
    """A number by which somebody is reached."""

    system: Token | None = None
    value: Text | None = None


class Patient(Shape):
    """nl-core-Patient: who is to be vaccinated; `managingOrganization` names the place where they live."""

    kind: Annotated[Literal["Patient"], Field(alias="resourceType")]
    id: Token | None = None
    identifier: Annotated[list[Identifier], Field(max_length=LONGEST_LIST)] = []
    name: Annotated[list[Name], Field(min_length=1, max_length=LONGEST_LIST)]
    birth_date: Annotated[Moment, Field(alias="birthDate")]
    address: Annotated[list[Address], Field(min_length=1, max_length=LONGEST_LIST)]
    telecom: Annotated[list[Contact], Field(max_length=LONGEST_LIST)] = []
    managing_organization: Annotated[Reference | None, Field(alias="managingOrganization")] = None
    deceased: Annotated[bool | None, Field(alias="deceasedBoolean")] = None
    deceased_at: Annotated[Moment | None, Field(alias="deceasedDateTime")] = None


class Provision(Shape):
    """Whether it is allowed."""

    type: Literal["permit", "deny"]


class Consent(Shape):
    """One answer: `scope` treatment (the vaccination) or patient-privacy (the register)."""

    kind: Annotated[Literal["Consent"], Field(alias="resourceType")]
    status: Literal["active", "inactive", "rejected"]
    scope: Concept
    patient: Reference
    at: Annotated[Moment | None, Field(alias="dateTime")] = None
    performer: Annotated[list[Reference], Field(max_length=LONGEST_LIST)] = []
    source: Annotated[Reference | None, Field(alias="sourceReference")] = None
    provision: Provision


class Protocol(Shape):
    """Which dose of a series."""

    dose_no: Annotated[int | None, Field(alias="doseNumberPositiveInt", ge=1, le=20)] = None


class Immunization(Shape):
    """nl-core-Vaccination-event or imm-Vaccination-event: a dose that was given elsewhere."""

    kind: Annotated[Literal["Immunization"], Field(alias="resourceType")]
    status: Literal["completed", "entered-in-error", "not-done"]
    vaccine: Annotated[Concept, Field(alias="vaccineCode")]
    patient: Reference
    at: Annotated[Moment, Field(alias="occurrenceDateTime")]
    protocol: Annotated[
        list[Protocol], Field(alias="protocolApplied", max_length=LONGEST_LIST)
    ] = []


class Entry(Shape):
    """A resource in a Bundle; what it is is read by its kind."""

    full_url: Annotated[Token | None, Field(alias="fullUrl")] = None
    resource: dict[str, Any]


class Bundle(Shape):
    """What is sent at once."""

    kind: Annotated[Literal["Bundle"], Field(alias="resourceType")]
    type: Literal["collection", "transaction", "batch"]
    entry: Annotated[list[Entry], Field(min_length=1, max_length=MOST_ENTRIES)]
