"""Events about opened containers and the doses left in them, sent by teams."""

from typing import Annotated

from pydantic import Field

from events.corrections import Correction
from events.identifiers import (
    CampaignId,
    ContainerId,
    Doses,
    Lot,
    Moment,
    OfferId,
    PersonId,
    ProductId,
    ReserveId,
    TeamFact,
    TeamId,
    VisitId,
)


class ContainerOpened(TeamFact):
    """A team opened a container: from now on its doses keep only as long as the catalogue says."""

    container_id: ContainerId
    product_id: ProductId
    lot: Lot
    team_id: TeamId
    visit_id: VisitId | None = None
    opened_at: Moment
    doses: Doses | None = None  # drawn from it, when already known


class ContainerCorrected(Correction, ContainerOpened):
    """An opened container is said again rightly; its leftovers follow. The first record is kept."""


class LeftoverOffered(TeamFact):
    """Doses are left over after a visit: they are offered until they must be discarded."""

    offer_id: OfferId
    team_id: TeamId
    campaign_id: CampaignId
    product_id: ProductId
    lot: Lot
    doses: Annotated[int, Field(ge=1, le=100)]
    offered_at: Moment
    use_before: Moment
    container_id: ContainerId | None = None
    visit_id: VisitId | None = None
    reserve_id: ReserveId | None = None  # the list that is being asked


class LeftoverTaken(TeamFact):
    """Somebody will come for a leftover dose; the dose itself is reported when it is given."""

    offer_id: OfferId
    team_id: TeamId
    doses: Annotated[int, Field(ge=1, le=100)] = 1
    person_id: PersonId | None = None  # none: known to the sender of the list only
    taken_at: Moment
