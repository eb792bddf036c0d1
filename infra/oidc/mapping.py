"""What the claims of a provider mean here: a file says which claim has the roles, which the organisations, and whose each is.

Pure: which organisation a number stands for is looked up by whoever calls.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.errors import NotConfigured
from infra.postgres.affiliations import Known
from infra.postgres.database import Who

# What an organisation of each role can be; a role without one is of the region.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "planner": ("post", "depot"),
    "practice": ("practice",),
    "crisis": (),
    "admin": (),
}
MACHINES: Final = ("system", "sender")  # programs, at the API only
SUBJECT: Final = "oidc:"  # of whoever the provider vouches for
MOST: Final = 200  # roles or organisations of one person; more is a mistake, or an attempt

Role = Literal["planner", "practice", "crisis", "admin", "system", "sender"]


class Part(BaseModel):
    """A part of the file; a name that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClaimNames(Part):
    """Where the claims stand; a dot leads into an object."""

    roles: str = "roles"
    organisations: str = "organization"
    subject: str = "sub"
    each: str = ""  # a list of objects that have role and organisation each


class Place(Part):
    """What a value of the organisations' claim stands for: a region, and in it an organisation, or a system by its topic."""

    region: str = Field(pattern=r"^GG[0-9]{4}$")
    organisation: UUID | None = None
    topic: str = ""


class Statement(Part):
    """A signed statement, in what the provider says of a person (Dezi)."""

    claim: str = Field("verklaring", min_length=1)  # where it stands
    issuers: tuple[str, ...] = Field(min_length=1)
    key_sets: tuple[str, ...] = Field(min_length=1)  # the only addresses that `jku` may name
    # what an address of its status begins with: as far as a slash, for `https://a.nl` also begins `https://a.nl.b.example`
    status: tuple[Annotated[str, Field(pattern=r"^https?://[^/]+/(.*/)?$")], ...] = Field(
        min_length=1
    )
    # the claim that says how sure it is who somebody is, and which of its values are sure enough
    level: str = "loa_dezi"
    levels: tuple[str, ...] = Field(min_length=1)
    # the field of the answer about its status, and what it says of a statement that counts
    status_field: str = "status"
    status_counts: tuple[str, ...] = ("valid",)


class MeaningOfClaims(Part):
    """The whole file."""

    source: Literal["id_token", "userinfo", "statement"] = "id_token"
    claims: ClaimNames = ClaimNames()
    roles: dict[str, Role]
    organisations: dict[str, Place] = {}
    # values that stand in no table: the number of an organisation as it was registered here, or its AGB code
    look_up: Literal["", "id", "agb"] = ""
    statement: Statement | None = None


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A role of ours, and a value of the organisations' claim."""

    role: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Choice:
    """As whom somebody may act: one of these at a time."""

    role: str
    region: str
    organisation: UUID | None
    name: str = ""

    def to_who(self, subject: str) -> Who:
        """The person in this part."""
        if self.role == "sender":  # a connected system is known by its topic, whoever holds its key
            return Who(self.role, "", None, self.name)
        return Who(self.role, self.region, self.organisation, subject)


def read_mapping(path: Path) -> MeaningOfClaims:
    """The file, checked. Raises NotConfigured, which names the field and no value."""
    try:
        found = tomllib.loads(path.read_text())
        made = MeaningOfClaims.model_validate(found)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NotConfigured(
            f"OIDC_MAPPING_FILE: {path} cannot be read ({type(error).__name__})"
        ) from None
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        said = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults)
        raise NotConfigured(f"OIDC_MAPPING_FILE: {said}") from None
    if (made.source == "statement") != (made.statement is not None):
        raise NotConfigured('OIDC_MAPPING_FILE: source = "statement" goes with [statement]')
    return made


def read_relations(mapping: MeaningOfClaims, claims: Mapping[str, Any]) -> set[Relation]:
    """Each role that a person has with each organisation, as far as both mean something here."""
    names = mapping.claims
    each = find_claim(claims, names.each) if names.each else [claims]
    found = set()
    for one in each[:MOST] if isinstance(each, list) else []:
        if isinstance(one, Mapping):
            roles = {mapping.roles.get(said) for said in texts_of(find_claim(one, names.roles))}
            values = texts_of(find_claim(one, names.organisations))
            found |= {Relation(role, value) for role in roles if role for value in values}
    return found


def read_subject(mapping: MeaningOfClaims, claims: Mapping[str, Any]) -> str:
    """The lasting name of a person at the provider; empty when there is none."""
    found = find_claim(claims, mapping.claims.subject)
    fits = isinstance(found, str) and 0 < len(found) <= 200 and found.isprintable()
    return f"{SUBJECT}{found}" if fits else ""


def find_choices(
    mapping: MeaningOfClaims, relations: Iterable[Relation], known: Mapping[str, Iterable[Known]]
) -> list[Choice]:
    """As whom somebody may act. `known`: the organisations here of each value, those of the table by their id."""
    found: dict[tuple[str, str, UUID | None], Choice] = {}
    for relation in sorted(relations):
        for one in choices_of(mapping, relation, known):
            found.setdefault((one.role, one.region, one.organisation), one)
    return sorted(found.values(), key=lambda one: (one.name.casefold(), one.role, one.region))


def choices_of(
    mapping: MeaningOfClaims, relation: Relation, known: Mapping[str, Iterable[Known]]
) -> list[Choice]:
    """The choices of one relation."""
    place = mapping.organisations.get(relation.organisation)
    if relation.role == "sender":
        return [Choice("sender", "", None, place.topic)] if place and place.topic else []
    if relation.role in MACHINES or not KINDS[relation.role]:
        regions = (
            {place.region}
            if place
            else {one.region for one in known.get(relation.organisation, ())}
        )
        return [Choice(relation.role, region, None) for region in sorted(regions)]
    key = str(place.organisation) if place else relation.organisation
    return [
        Choice(relation.role, one.region, one.organisation, one.name)
        for one in known.get(key, ())
        if one.kind in KINDS[relation.role] and (place is None or place.region == one.region)
    ]


def keys_to_look_up(
    mapping: MeaningOfClaims, relations: Iterable[Relation]
) -> tuple[set[UUID], set[str]]:
    """The ids and the AGB codes of organisations that these relations speak of."""
    ids: set[UUID] = set()
    agbs: set[str] = set()
    for relation in relations:
        place = mapping.organisations.get(relation.organisation)
        if place is not None:
            ids |= {place.organisation} if place.organisation else set()
        elif mapping.look_up == "id" and is_uuid(relation.organisation):
            ids.add(UUID(relation.organisation))
        elif mapping.look_up == "agb":
            agbs.add(relation.organisation)
    return ids, agbs


def find_claim(claims: Mapping[str, Any], path: str) -> Any:
    """What stands there; None for nothing."""
    found: Any = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def texts_of(found: Any) -> list[str]:
    """One text, a list of them, or an object whose names are meant (Keycloak's organisations with their ids)."""
    if isinstance(found, str):
        return [found]
    listed = list(found) if isinstance(found, list | Mapping) else []
    return [one for one in listed if isinstance(one, str)][:MOST]


def is_uuid(text: str) -> bool:
    """Whether this is an identifier as we write it."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
