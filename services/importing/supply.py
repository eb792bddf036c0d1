"""Rows about products, campaigns and deliveries."""

from collections.abc import Mapping

from events.envelope import Sender
from events.identifiers import NATIONAL, Payload
from events.practice import Indication
from events.supply import (
    CampaignOpened,
    DeliveryAnnounced,
    DeliveryConfirmed,
    DeliveryReceived,
    ProductCatalogued,
)
from events.teams import CrewRole
from services.importing.cells import (
    to_date,
    to_flag,
    to_integer,
    to_pairs,
    to_product,
    to_products,
    to_stamp,
    to_text,
    to_word,
    to_words,
)
from services.importing.layout import BadRow, Column, Context, Row, Table, Turned
from services.importing.stamps import AS_OF, stamp
from services.importing.teams import to_role
from services.sending import make_event

DATE = "een datum zoals 2021-02-15 of 15-02-2021"
MINUTES = "een aantal minuten"
DAYS = "een aantal dagen"
INDICATIONS: Mapping[str, Indication] = {
    "90plus": Indication.AGE_90,
    "80plus": Indication.AGE_80,
    "medisch": Indication.MEDICAL,
    "anders": Indication.OTHER,
}
to_indication = to_word(Indication, INDICATIONS)
ROLE_WORDS = "doctor, nurse, assistant (arts, verpleegkundige, assistent)"
ON_RECEIPT = ("received_on", "lot", "use_by")


def to_roles(cell: str) -> frozenset[CrewRole]:
    """Professions with spaces or commas between them."""
    return frozenset(to_role(word) for word in to_words(cell))


def to_priorities(cell: str) -> dict[Indication, int]:
    """`age_90:90 age_80:75`: 0 to 100 for each indication."""
    return {to_indication(word): to_integer(number) for word, number in to_pairs(cell)}


def product(row: Row, _: Context) -> Turned:
    """product.catalogued, a fact of the whole country"""
    facts = row.fields(
        "name", "doses_per_container", "open_minutes", "transport_minutes", "fridge_days",
        "open_may_travel", "snomed", "hpk", "injected_by", "min_days", "ideal_days", "max_days",
        product_id="product",
    ) | {"approval": approval(row)}  # fmt: skip
    payload = ProductCatalogued.model_validate(facts)
    return [make_event(Sender.GGD, NATIONAL, payload, "import", stamp(row))]


def campaign(row: Row, context: Context) -> Turned:
    """campaign.opened, a fact of the whole country"""
    facts = row.fields(
        "name", "products", "doses", "min_days", "ideal_days", "max_days", "opens_on",
        "seconds_per_person", "observation_minutes", "setup_minutes", "pack_minutes",
        "long_slot_minutes", "reserve_next_dose", "priorities",
    ) | {"approval": approval(row)}  # fmt: skip
    facts["campaign_id"] = context.id_of("campaign", row.text("campaign"))
    payload = CampaignOpened.model_validate(facts)
    return [make_event(Sender.GGD, NATIONAL, payload, "import", stamp(row))]


def approval(row: Row) -> dict[str, object]:
    """Source of the figures in a row, and who approved their use."""
    return row.fields("source_date", "approved_by", "approved_at", source_url="source")


def delivery(row: Row, context: Context) -> Turned:
    """delivery.announced and, once the GGD vouches for it, delivery.confirmed; delivery.received when it is there"""
    facts = row.fields("doses", product_id="product")
    facts["delivery_id"] = context.id_of("delivery", row.text("delivery"))
    facts["depot_id"] = context.id_of("organisation", row.text("depot"))
    filled = [column for column in ON_RECEIPT if row.has(column)]
    if filled and len(filled) < len(ON_RECEIPT):
        raise BadRow(
            ON_RECEIPT, "een ontvangen levering heeft received_on, lot en use_by alle drie"
        )
    if not filled and not row.has("expected_on"):
        raise BadRow(("expected_on",), "een aangekondigde levering heeft expected_on")
    facts |= row.fields("expected_on", *ON_RECEIPT)
    kinds: list[type[Payload]] = [DeliveryReceived] if filled else [DeliveryAnnounced]
    if not filled and row.values.get("confirmed"):
        kinds.append(
            DeliveryConfirmed
        )  # after the announcement: of two with one stamp the later counts
    return [
        make_event(Sender.GGD, context.region, kind.model_validate(facts), "import", stamp(row))
        for kind in kinds
    ]


PRODUCT = Column(
    "product", to_product, "de sleutel van een product", required=True, key_of="product"
)
SOURCE = (
    Column("source", to_text, "een verwijzing naar het document", ("bron",), required=True),
    Column("source_date", to_date, DATE, ("brondatum",), required=True),
    Column("approved_by", to_text, "wie het gebruik hier goedkeurt", ("goedgekeurddoor",)),
    Column("approved_at", to_stamp, "een moment zoals 2021-02-12T15:00", ("goedgekeurdop",)),
)

PRODUCTS = Table(
    "products",
    "Vaccins met de grenzen van hun flacons. Elke regel noemt bron en goedkeuring; de bestanden hier zijn geen medisch advies.",
    (
        PRODUCT,
        Column("name", to_text, "een naam", ("naam",), required=True),
        Column("doses_per_container", to_integer, "een aantal doses", ("dosesperflacon",), required=True),
        Column("open_minutes", to_integer, MINUTES, required=True),
        Column("transport_minutes", to_integer, MINUTES, required=True),
        Column("fridge_days", to_integer, DAYS, required=True),
        Column("open_may_travel", to_flag, "ja of nee"),
        Column("snomed", to_text, "een SNOMED CT-code"),
        Column("hpk", to_text, "een HPK-nummer"),
        Column("injected_by", to_roles, f"een lijst van wie het mag prikken: {ROLE_WORDS}; leeg: wie bevoegd is",
               ("priktdoor",)),
        Column("min_days", to_integer, f"{DAYS} tot de volgende dose; leeg: zoals de campagne"),
        Column("ideal_days", to_integer, DAYS),
        Column("max_days", to_integer, DAYS),
        *SOURCE, AS_OF,
    ),
    product,
    {"product_id": "product", "approval": "source"},
    defines="product",
    names_once="product",
)  # fmt: skip
CAMPAIGNS = Table(
    "campaigns",
    "Wat er gegeven wordt, in welke reeks, en hoe lang een bezoek duurt.",
    (
        Column("campaign", to_text, "een eigen sleutel of UUID", ("campagne",), required=True, key_of="campaign"),
        Column("name", to_text, "een naam", ("naam",), required=True),
        Column("products", to_products, "sleutels van producten", ("producten",), required=True, key_of="product"),
        Column("doses", to_integer, "het aantal doses in de reeks", required=True),
        Column("min_days", to_integer, DAYS, required=True),
        Column("ideal_days", to_integer, DAYS, required=True),
        Column("max_days", to_integer, DAYS, required=True),
        Column("opens_on", to_date, DATE, ("begint",), required=True),
        Column("seconds_per_person", to_integer, "een aantal seconden", required=True),
        Column("observation_minutes", to_integer, MINUTES, ("nazit",), required=True),
        Column("setup_minutes", to_integer, MINUTES, ("opbouw",), required=True),
        Column("pack_minutes", to_integer, MINUTES, ("inpakken",), required=True),
        Column("long_slot_minutes", to_integer, MINUTES),
        Column("reserve_next_dose", to_flag, "ja of nee"),
        Column("priorities", to_priorities, "een lijst zoals `age_90:90 age_80:75`", ("voorrang",)),
        *SOURCE, AS_OF,
    ),
    campaign,
    {"campaign_id": "campaign", "approval": "source"},
    defines="campaign",
    names_once="campaign",
)  # fmt: skip
SUPPLY = Table(
    "supply",
    "Leveringen: aangekondigd zolang `received_on` leeg is, daarna ontvangen. Voor tweede doses telt een aangekondigde levering pas als de GGD haar bevestigt.",
    (
        Column("delivery", to_text, "een eigen sleutel of UUID", ("levering",), required=True),
        Column("depot", to_text, "de sleutel van een voorraadpunt", ("voorraadpunt",), required=True, key_of="organisation"),
        PRODUCT,
        Column("doses", to_integer, "een aantal doses", ("aantal",), required=True),
        Column("expected_on", to_date, DATE, ("verwachtop",)),
        Column("confirmed", to_flag, "ja of nee", ("bevestigd",)),
        Column("received_on", to_date, DATE, ("ontvangenop",)),
        Column("lot", to_text, "een batchnummer", ("batch", "charge", "batchnummer")),
        Column("use_by", to_date, DATE, ("houdbaartot", "tht")),
        AS_OF,
    ),
    delivery,
    {"delivery_id": "delivery", "depot_id": "depot", "product_id": "product"},
)  # fmt: skip
