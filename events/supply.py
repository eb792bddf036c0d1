"""Events that GGD and supply send: products, campaigns, deliveries, stock, temperatures."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from events.corrections import FactRef
from events.identifiers import (
    Approval,
    CampaignId,
    Day,
    DeliveryId,
    DoseNo,
    Doses,
    Lot,
    MemberId,
    Moment,
    OrganisationId,
    Payload,
    ProductId,
    Remark,
    ShortText,
    TeamFact,
    TeamId,
    Younger,
)
from events.practice import Indication
from events.teams import CrewRole
from events.visits import NotGiven

Days = Annotated[int, Field(ge=0, le=730)]
Minutes = Annotated[int, Field(ge=0, le=100_000)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,40}$")]


class ProductCatalogued(Payload):
    """A vaccine with the limits of its containers; every value has a source and an approval."""

    product_id: ProductId
    name: ShortText
    doses_per_container: Annotated[int, Field(ge=1, le=100)]
    open_minutes: Minutes
    transport_minutes: Minutes
    fridge_days: Days
    open_may_travel: bool = False
    snomed: Code | None = None
    hpk: Code | None = None
    # which professions may inject it, where the leaflet or the law allows fewer than a certificate does
    injected_by: Annotated[frozenset[CrewRole] | None, Field(min_length=1), Younger()] = None
    # days to the next dose of the same product; where they are not said, the campaign's hold
    min_days: Annotated[Days | None, Younger()] = None
    ideal_days: Annotated[Days | None, Younger()] = None
    max_days: Annotated[Days | None, Younger()] = None
    approval: Approval

    @model_validator(mode="after")
    def days_are_whole_and_in_order(self) -> Self:
        """An interval is said whole, and its ideal distance lies between the shortest and the longest."""
        days = [day for day in (self.min_days, self.ideal_days, self.max_days) if day is not None]
        if len(days) not in (0, 3):
            raise ValueError("min_days, ideal_days and max_days go together")
        if days != sorted(days):
            raise ValueError("min_days <= ideal_days <= max_days must hold")
        return self


class CampaignOpened(Payload):
    """A campaign opens: products, dose series, priorities, and how long a visit takes."""

    campaign_id: CampaignId
    name: ShortText
    products: Annotated[tuple[ProductId, ...], Field(min_length=1)]
    doses: DoseNo
    min_days: Days
    ideal_days: Days
    max_days: Days
    opens_on: Day
    seconds_per_person: Annotated[int, Field(ge=30, le=3600)]
    observation_minutes: Annotated[int, Field(ge=0, le=120)]
    setup_minutes: Annotated[int, Field(ge=0, le=120)]
    pack_minutes: Annotated[int, Field(ge=0, le=120)]
    long_slot_minutes: Annotated[int, Field(ge=0, le=120)] = 10
    reserve_next_dose: bool = True
    priorities: dict[Indication, Annotated[int, Field(ge=0, le=100)]] = Field(default_factory=dict)
    deferral_days: dict[NotGiven, Days] = Field(default_factory=dict)
    approval: Approval

    @model_validator(mode="after")
    def days_are_in_order(self) -> "CampaignOpened":
        """The ideal distance lies between the shortest and the longest."""
        if not self.min_days <= self.ideal_days <= self.max_days:
            raise ValueError("min_days <= ideal_days <= max_days must hold")
        return self


class CampaignChanged(CampaignOpened):
    """The current facts of a campaign; replaces the earlier ones."""


class DeliveryAnnounced(Payload):
    """Doses are expected at a depot."""

    delivery_id: DeliveryId
    depot_id: OrganisationId
    product_id: ProductId
    doses: Doses
    expected_on: Day


class DeliveryConfirmed(Payload):
    """The GGD vouches for a delivery: from its day on it may secure second doses, which an announcement never does."""

    delivery_id: DeliveryId
    depot_id: OrganisationId
    product_id: ProductId
    doses: Doses
    expected_on: Day


class DeliveryReceived(Payload):
    """Doses of one lot arrived at a depot; a later statement of this depot, delivery and lot replaces the earlier."""

    delivery_id: DeliveryId
    depot_id: OrganisationId
    product_id: ProductId
    lot: Lot
    doses: Doses
    received_on: Day
    use_by: Day


class StockMove(StrEnum):
    """Why stock moves without a delivery or a dose."""

    TRANSFER = "transfer"
    RETURN = "return"
    LOSS = "loss"


class StockMoved(Payload):
    """Doses of a lot were moved to another depot, or out of stock."""

    product_id: ProductId
    lot: Lot
    from_depot_id: OrganisationId
    to_depot_id: OrganisationId | None = None
    doses: Doses
    reason: StockMove = StockMove.TRANSFER


class LotQuarantined(Payload):
    """A lot may not be used until it is released."""

    product_id: ProductId
    lot: Lot


class LotReleased(Payload):
    """A lot may be used again."""

    product_id: ProductId
    lot: Lot


class StockCounted(Payload):
    """A lot was counted at a depot; a difference from the books is shown, never silently corrected."""

    depot_id: OrganisationId
    product_id: ProductId
    lot: Lot
    doses: Doses
    counted_at: Moment
    counted_by: Annotated[MemberId | None, Younger()] = None  # a number, no name


class StockAdjusted(Payload):
    """Somebody decided what a lot at a depot came to when it was counted; later movements go on from there."""

    depot_id: OrganisationId
    product_id: ProductId
    lot: Lot
    doses: Doses  # at the newest of the counts
    counts: Annotated[tuple[FactRef, ...], Field(min_length=1, max_length=50)]  # that this settles
    reason: Remark
    adjusted_by: MemberId | None = None  # a number, no name
    adjusted_at: Moment


class LotOfProduct(Payload):
    """One lot by its product and number."""

    product_id: ProductId
    lot: Lot


class TemperatureRead(TeamFact):
    """A temperature logger in a fridge or cool box was read; an excursion quarantines the lots kept there."""

    depot_id: OrganisationId | None = None
    team_id: TeamId | None = None  # one of the two
    celsius: Annotated[float, Field(ge=-120, le=80)]
    # Decided by the logger, which is set up for the products it guards: we do not know its limits.
    excursion: bool = False
    lots: Annotated[tuple[LotOfProduct, ...], Field(max_length=100)] = ()
    read_at: Moment

    @model_validator(mode="after")
    def says_where_and_what(self) -> "TemperatureRead":
        """A reading is of exactly one place, and an excursion names the lots it harmed."""
        if (self.depot_id is None) == (self.team_id is None):
            raise ValueError("either depot_id or team_id must be said")
        if self.excursion and not self.lots:
            raise ValueError("an excursion must name its lots")
        return self
