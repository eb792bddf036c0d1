"""Rows about organisations and about the places where residents live."""

import re
from collections.abc import Mapping

from events.details import to_agb, to_postcode4
from events.envelope import Sender
from events.location import LocationRegistered, Sector
from events.organisations import OrganisationKind, OrganisationRegistered
from services.importing.cells import (
    to_dates,
    to_degrees,
    to_flag,
    to_integer,
    to_text,
    to_word,
)
from services.importing.hours import to_opening
from services.importing.layout import BadRow, Column, Context, Remark, Row, Table, Turned
from services.importing.stamps import AS_OF, stamp
from services.sending import make_event

LAT = Column("lat", to_degrees, "een breedtegraad (WGS 84)", ("breedtegraad", "latitude"))
LON = Column("lon", to_degrees, "een lengtegraad (WGS 84)", ("lengtegraad", "longitude"))

MUNICIPALITY = re.compile(r"(?:GM)?([0-9]{4})", re.ASCII)
FORMER = "deze gemeentecode is hier niet (meer) bekend; de gemeente van de postcode is genomen"
NOWHERE = "deze postcode is niet bekend: zonder lat en lon staat deze organisatie niet op de kaart"

KINDS: Mapping[str, OrganisationKind] = {
    "praktijk": OrganisationKind.PRACTICE,
    "huisartsenpost": OrganisationKind.POST,
    "hap": OrganisationKind.POST,
    "voorraadpunt": OrganisationKind.DEPOT,
    "houder": OrganisationKind.INSTITUTION_OWNER,
}
SECTORS: Mapping[str, Sector] = {
    "vvt": Sector.ELDERLY,
    "ouderenzorg": Sector.ELDERLY,
    "ghz": Sector.DISABILITY,
    "gehandicaptenzorg": Sector.DISABILITY,
    "ggz": Sector.MENTAL_HEALTH,
    "anders": Sector.OTHER,
}


def to_municipality(cell: str) -> str:
    """`GM0344`, from `gm0344` and `0344` as well; a code that lost its zeros could be one of several."""
    found = MUNICIPALITY.fullmatch(cell.upper())
    if found is None:
        raise ValueError("not a municipality")
    return f"GM{found[1]}"


def organisation(row: Row, context: Context) -> Turned:
    """organisation.registered"""
    facts = row.fields("kind", "name", "agb", postcode4="postcode")
    facts["organisation_id"] = context.id_of("organisation", row.text("organisation"))
    point = point_of(row, context)
    if point is not None:
        facts["point"] = point
    payload = OrganisationRegistered.model_validate(facts)
    said = make_event(Sender.OPERATOR, context.region, payload, "import", stamp(row))
    lost = point is None and row.has("postcode") and context.places
    return [said, Remark(("postcode",), NOWHERE)] if lost else [said]


def institution(row: Row, context: Context) -> Turned:
    """location.registered"""
    facts = row.fields(
        "name", "sector", "residents", "opening", "closed_on", "seats", "contact_known",
        "municipality", postcode4="postcode",
    )  # fmt: skip
    facts["location_id"] = context.id_of("location", row.text("institution"))
    if row.has("owner"):
        facts["organisation_id"] = context.id_of("organisation", row.text("owner"))
    facts["point"] = point_of(row, context)
    found = municipality_of(row, context)
    old = context.municipalities and facts.get("municipality", found) not in context.municipalities
    if "municipality" not in facts or old:
        facts["municipality"] = found
    if facts["point"] is None or facts["municipality"] is None:
        raise BadRow(
            ("postcode", "lat", "lon", "municipality"),
            "deze postcode is niet bekend; vul lat, lon en municipality in",
        )
    payload = LocationRegistered.model_validate(facts)
    said = make_event(Sender.INSTITUTION, context.region, payload, "import", stamp(row))
    return [said, Remark(("municipality",), FORMER, is_note=True)] if old else [said]


def point_of(row: Row, context: Context) -> dict[str, object] | None:
    """The coordinates of the row, else the centre of its postcode area, else None."""
    if row.has("lat") != row.has("lon"):
        raise BadRow(("lat", "lon"), "vul lat en lon allebei in, of geen van beide")
    if row.has("lat"):
        return row.fields("lat", "lon")
    place = context.places.get(postcode4_of(row))
    return None if place is None else {"lat": place.lat, "lon": place.lon}


def municipality_of(row: Row, context: Context) -> str | None:
    """The municipality in which the postcode area lies."""
    place = context.places.get(postcode4_of(row))
    return None if place is None else place.municipality


def postcode4_of(row: Row) -> int:
    """The postcode as a number; 0 when the row has none."""
    return int(row.text("postcode") or 0)


ORGANISATIONS = Table(
    "organisations",
    "Wie meedoet: praktijken, huisartsenposten, voorraadpunten en houders van instellingen.",
    (
        Column("organisation", to_text, "een eigen sleutel of UUID", ("organisatie",), required=True, key_of="organisation"),
        Column("kind", to_word(OrganisationKind, KINDS),
               "practice, post, depot of institution_owner", ("soort",), required=True),
        Column("name", to_text, "een naam", ("naam",), required=True),
        Column("agb", to_agb, "een AGB-code van 8 cijfers", ("agbcode",)),
        Column("postcode", to_postcode4, "een postcode", ("pc", "pc4", "postcode4")),
        LAT, LON, AS_OF,
    ),
    organisation,
    {"organisation_id": "organisation", "postcode4": "postcode", "point": "lat"},
    defines="organisation",
    names_once="organisation",
)  # fmt: skip
INSTITUTIONS = Table(
    "institutions",
    "Waar bewoners wonen, en wanneer daar een team kan beginnen.",
    (
        Column("institution", to_text, "een eigen sleutel of UUID", ("instelling", "locatie"), required=True, key_of="location"),
        Column("name", to_text, "een naam", ("naam",), required=True),
        Column("owner", to_text, "de sleutel van een organisatie", ("houder",), key_of="organisation"),
        Column("sector", to_word(Sector, SECTORS), "elderly, disability, mental_health of other"),
        Column("postcode", to_postcode4, "een postcode", ("pc", "pc4", "postcode4"), required=True),
        Column("municipality", to_municipality, "een gemeentecode zoals GM0344", ("gemeente", "gemeentecode")),
        LAT, LON,
        Column("residents", to_integer, "een aantal", ("bewoners",)),
        Column("opening", to_opening, "uren zoals `ma-vr 9:30-11:30 13:30-16:30; za 10:00-12:00`",
               ("openingstijden", "bezoektijden"), required=True),
        Column("closed_on", to_dates, "datums, met een spatie ertussen", ("gesloten", "geslotenop")),
        Column("contact_known", to_flag, "ja of nee", ("contactpersoon", "contactbekend")),
        Column("seats", to_integer, "een aantal van 1 tot en met 50", ("stoelen",)),
        AS_OF,
    ),
    institution,
    {"location_id": "institution", "organisation_id": "owner", "postcode4": "postcode", "point": "lat"},
    defines="institution",
    names_once="institution",
)  # fmt: skip
