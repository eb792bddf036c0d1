"""Rows about teams, their rosters, the certificates of their crews and the standing orders of a post."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

from events.envelope import Sender
from events.identifiers import Skill
from events.local_time import to_moment
from events.teams import CrewRole, MemberCertified, OrderGiven, ShiftOpened, TeamFormed
from services.importing.cells import (
    to_date,
    to_integer,
    to_pairs,
    to_product,
    to_products,
    to_text,
    to_word,
    to_words,
)
from services.importing.hours import to_end, to_time
from services.importing.layout import BadRow, Column, Context, Row, Table, Turned
from services.importing.stamps import AS_OF, stamp
from services.sending import make_event

LONGEST: Final = timedelta(hours=12)  # Arbeidstijdenwet article 5:7
DATE = "een datum zoals 2021-02-15 of 15-02-2021"
ROLES: Mapping[str, CrewRole] = {
    "arts": CrewRole.DOCTOR,
    "verpleegkundige": CrewRole.NURSE,
    "assistent": CrewRole.ASSISTANT,
    "doktersassistent": CrewRole.ASSISTANT,
    "chauffeur": CrewRole.DRIVER,
}
SKILLS: Mapping[str, Skill] = {
    "vaccinatie": Skill.VACCINATION,
    "crisis": Skill.CRISIS,
    "gehandicaptenzorg": Skill.DISABILITY_CARE,
    "sedatie": Skill.SEDATION,
    "tweepersonen": Skill.TWO_PERSONS,
}
to_role = to_word(CrewRole, ROLES)
to_skill = to_word(Skill, SKILLS)


def to_skills(cell: str) -> frozenset[Skill]:
    """Skills with spaces or commas between them."""
    return frozenset(to_skill(word) for word in to_words(cell))


def to_crew(cell: str) -> tuple[tuple[CrewRole, str], ...]:
    """`arts:M-101 assistent:M-102`: profession and number of each member."""
    return tuple((to_role(role), member) for role, member in to_pairs(cell))


def team(row: Row, context: Context) -> Turned:
    """team.formed"""
    facts = row.fields("name", "skills")
    facts["team_id"] = context.id_of("team", row.text("team"))
    facts["organisation_id"] = context.id_of("organisation", row.text("post"))
    payload = TeamFormed.model_validate(facts)
    return [make_event(Sender.HAP, context.region, payload, "import", stamp(row))]


def shift(row: Row, context: Context) -> Turned:
    """shift.opened; a row without a key is named by team, day and begin"""
    region = context.region
    begins, ends = list_moments(row)
    key = row.text("shift") or f"{row.text('team')} {begins.isoformat()}"
    facts = row.fields("capacity", "pause_minutes")
    facts["shift_id"] = context.id_of("shift", key)
    facts["team_id"] = context.id_of("team", row.text("team"))
    facts["depot_id"] = context.id_of("organisation", row.text("depot"))
    facts |= {"starts_at": begins, "ends_at": ends, "crew": crew(row, context)}
    payload = ShiftOpened.model_validate(facts)
    return [make_event(Sender.HAP, region, payload, "import", stamp(row))]


def list_moments(row: Row) -> tuple[datetime, datetime]:
    """When a shift begins, on the day of the row, and when it ends: then, or on the next day.

    BadRow when it would last longer than the law allows: the times were exchanged, or one is wrong.
    """
    first, last = row.values["begins"], row.values["ends"]
    assert isinstance(first, time)
    assert isinstance(last, time)
    night = timedelta(days=1) if last <= first else timedelta()
    begins, ends = to_moment(row.day("date"), first), to_moment(row.day("date") + night, last)
    if night and ends - begins > LONGEST:
        raise BadRow(
            ("begins", "ends"),
            "ends moet na begins liggen; een dienst over middernacht duurt hoogstens 12 uur",
        )
    return begins, ends


def crew(row: Row, context: Context) -> list[dict[str, object]]:
    """The members of a shift."""
    members = row.values["crew"]
    assert isinstance(members, tuple)
    return [{"member_id": context.id_of("member", m), "role": role} for role, m in members]


def certificate(row: Row, context: Context) -> Turned:
    """member.certified"""
    facts = row.fields("role", "valid_from", "valid_until", product_ids="products")
    facts["member_id"] = context.id_of("member", row.text("member"))
    check_days(row)
    payload = MemberCertified.model_validate(facts)
    return [make_event(Sender.HAP, context.region, payload, "import", stamp(row))]


def order(row: Row, context: Context) -> Turned:
    """order.given"""
    facts = row.fields("valid_from", "valid_until")
    facts["product_ids"] = [row.text("product")]
    facts["organisation_id"] = context.id_of("organisation", row.text("post"))
    facts["ordered_by"] = context.id_of("member", row.text("ordered_by"))
    check_days(row)
    payload = OrderGiven.model_validate(facts)
    return [make_event(Sender.HAP, context.region, payload, "import", stamp(row))]


def check_days(row: Row) -> None:
    """Raises BadRow when the last day is before the first."""
    if row.day("valid_until") < row.day("valid_from"):
        raise BadRow(("valid_from", "valid_until"), "valid_until mag niet voor valid_from liggen")


FROM = Column("valid_from", to_date, DATE, ("geldigvanaf", "vanaf"), required=True)
UNTIL = Column(
    "valid_until", to_date, DATE, ("geldigtot", "geldigtotenmet", "totenmet"), required=True
)
TEAM = Column("team", to_text, "de sleutel van een team", required=True, key_of="team")
POST = Column(
    "post",
    to_text,
    "de sleutel van een huisartsenpost",
    ("huisartsenpost", "hap"),
    required=True,
    key_of="organisation",
)
ROLE_WORDS = "doctor, nurse, assistant of driver (arts, verpleegkundige, assistent, chauffeur)"

TEAMS = Table(
    "teams",
    "De mobiele teams van een huisartsenpost.",
    (
        TEAM, POST,
        Column("name", to_text, "een naam", ("naam",), required=True),
        Column("skills", to_skills,
               "een lijst van vaccination, crisis, disability_care, sedation, two_persons", ("kunde",)),
        AS_OF,
    ),
    team,
    {"team_id": "team", "organisation_id": "post"},
    defines="team",
    names_once="team",
)  # fmt: skip
ROSTERS = Table(
    "rosters",
    "Wanneer een team rijdt, met wie en met hoeveel doses. Tijden zijn Amsterdamse tijd.",
    (
        Column("shift", to_text, "een eigen sleutel of UUID", ("dienst",)),
        TEAM,
        Column("depot", to_text, "de sleutel van een voorraadpunt", ("voorraadpunt",), required=True, key_of="organisation"),
        Column("date", to_date, DATE, ("datum",), required=True),
        Column("begins", to_time, "een tijd zoals 8:30", ("begin", "van"), required=True),
        Column("ends", to_end, "een tijd zoals 16:30; 24:00 of 0:00 is middernacht, eerder dan begins is de volgende dag", ("eind", "tot"), required=True),
        Column("capacity", to_integer, "het aantal doses in de koelbox", ("koelbox",), required=True),
        Column("pause_minutes", to_integer, "een aantal minuten", ("pauze",)),
        Column("crew", to_crew, f"een lijst zoals `arts:M-101 assistent:M-102`: {ROLE_WORDS}",
               ("bezetting",), required=True),
        AS_OF,
    ),
    shift,
    {"shift_id": "shift", "team_id": "team", "depot_id": "depot", "starts_at": "begins", "ends_at": "ends"},
    names_once="shift",
)  # fmt: skip
CREW = Table(
    "crew",
    "Wie mag prikken, en van wanneer tot en met wanneer.",
    (
        Column("member", to_text, "een nummer of sleutel, geen naam", ("medewerker",), required=True),
        Column("role", to_role, ROLE_WORDS, ("beroep",), required=True),
        FROM, UNTIL,
        Column("products", to_products, "sleutels van producten; leeg: elk product", ("producten",), key_of="product"),
        AS_OF,
    ),
    certificate,
    {"member_id": "member", "product_ids": "products"},
)  # fmt: skip
ORDERS = Table(
    "orders",
    "De opdracht van een arts aan de teams van een post om een product te geven.",
    (
        POST,
        Column("product", to_product, "de sleutel van een product", required=True, key_of="product"),
        Column("ordered_by", to_text, "het nummer van de arts, geen naam", ("arts",), required=True),
        FROM, UNTIL, AS_OF,
    ),
    order,
    {"organisation_id": "post", "product_id": "product"},
)  # fmt: skip
