"""What the planner reads of one region at one moment: one dataclass for each query, and no rule about any of it.

Every row says what was said, and by its number (`seq`) when; what follows from it is decided in
`services.planner.problem`, without a database. Facts that are kept whole are rows as they are: payloads of `events`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from events.location import LocationChanged, LocationRegistered, VisitRequested
from events.organisations import OrganisationRegistered, PolicyChanged
from events.plans import VisitAssigned
from events.supply import CampaignOpened, ProductCatalogued
from events.teams import ShiftOpened, TeamFormed


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """A person in a campaign, where the newest registration says that the person lives."""

    person: UUID
    campaign: UUID
    location: UUID
    indication: str
    needs: Sequence[str]


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """An answer to the question for treatment, by the person or by who represents the person."""

    person: UUID
    campaign: UUID
    given_by: str
    status: str
    seq: int


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """The newest judgement of a clinician on a person in a campaign."""

    person: UUID
    campaign: UUID
    judgement: str
    not_before: date | None
    observation_minutes: int | None
    seq: int


@dataclass(frozen=True, slots=True)
class AdverseEventRow:
    """A person fell ill after a dose; `seq` is of the newest time."""

    person: UUID
    campaign: UUID
    seq: int


@dataclass(frozen=True, slots=True)
class DoseRow:
    """An outcome at the arm: given by us, given elsewhere, or not given for a reason."""

    person: UUID
    campaign: UUID
    dose_no: int
    outcome: str
    product: str | None
    team: UUID | None
    reason: str | None
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class PeopleRows:
    """Who is registered, and all that was recorded about them; consents and doses oldest first."""

    registrations: tuple[RegistrationRow, ...]
    consents: tuple[ConsentRow, ...]
    assessments: tuple[AssessmentRow, ...]
    adverse_events: tuple[AdverseEventRow, ...]
    doses: tuple[DoseRow, ...]


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift as it was said last, with the team that works it."""

    region: str  # whose team it is
    planned_by: str  # another region when the team is lent that day
    facts: ShiftOpened
    team: TeamFormed


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """A region says that a team is away from one moment to another, the last not included."""

    region: str
    team: UUID
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DelayRow:
    """A region says how late a team runs, in minutes; below zero: early."""

    region: str
    team: UUID
    minutes: int
    noted_at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A member of a crew may inject in a role between two days, both included."""

    member: UUID
    role: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A standing order of a post for a product between two days, both included."""

    organisation: UUID
    product: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class TeamRows:
    """Shifts of the region and of teams lent to it, with what bears on them."""

    shifts: tuple[ShiftRow, ...]
    absences: tuple[AbsenceRow, ...]
    delays: tuple[DelayRow, ...]
    certificates: tuple[CertificateRow, ...]
    orders: tuple[OrderRow, ...]


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A published visit as it stands, and whether the team has begun or ended it."""

    facts: VisitAssigned
    is_started: bool
    is_completed: bool


@dataclass(frozen=True, slots=True)
class PinRow:
    """A visit that a planner pinned or moved and did not release; number 0: that was never done."""

    visit: UUID
    pinned_seq: int
    pinned_shift: UUID | None
    pinned_to: datetime | None
    moved_seq: int
    moved_shift: UUID | None
    moved_to: datetime | None


@dataclass(frozen=True, slots=True)
class LocationRow:
    """A registered location, what was said of its room later, and the policy of an outbreak that is on."""

    registered: LocationRegistered
    changed: LocationChanged | None
    outbreak: str | None


@dataclass(frozen=True, slots=True)
class PlaceRows:
    """Locations of the region, and organisations where a shift may begin."""

    locations: tuple[LocationRow, ...]
    organisations: tuple[OrganisationRegistered, ...]


@dataclass(frozen=True, slots=True)
class StockRow:
    """Doses of one lot at one depot: what came less what went."""

    depot: UUID
    product: str
    lot: str
    doses: int
    use_by: date | None  # of the lot, in whichever depot it lies
    since: date  # the first movement here
    is_usable: bool  # false while the lot is in quarantine


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """A delivery that was announced and is not received."""

    delivery: UUID
    depot: UUID
    product: str
    doses: int
    expected_on: date


@dataclass(frozen=True, slots=True)
class SupplyRows:
    """Campaigns, products and doses; stock by depot and product, the earliest use-by first."""

    campaigns: tuple[CampaignOpened, ...]
    products: tuple[ProductCatalogued, ...]
    stock: tuple[StockRow, ...]
    announcements: tuple[AnnouncementRow, ...]


@dataclass(frozen=True, slots=True)
class VisitRows:
    """What stands or is asked for: published visits, pins, and crisis visits that were not withdrawn."""

    published: tuple[VisitRow, ...]
    pins: tuple[PinRow, ...]
    crises: tuple[VisitRequested, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One region at one moment, read in one transaction."""

    region: str
    now: datetime  # may be a campaign's simulated time
    as_of: tuple[int, int]  # the newest numbers in it: of the region, of the country
    policy: PolicyChanged
    people: PeopleRows
    teams: TeamRows
    visits: VisitRows
    places: PlaceRows
    supply: SupplyRows
