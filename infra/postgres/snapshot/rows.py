"""What the planner reads about one region at one moment: one dataclass per query, and no rule.

A row holds a fact as it was reported; its mark tells which of two facts is the newer. What
follows from the facts is decided in `services.planner.problem`, without a database. Facts that the state keeps whole
are rows as they are: payloads of `events`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from events.extra_stops import StopOffered
from events.location import LocationChanged, LocationRegistered, VisitRequested
from events.organisations import OrganisationRegistered, PolicyChanged
from events.plans import VisitAssigned
from events.supply import CampaignOpened, ProductCatalogued
from events.teams import PinKind, ShiftOpened, StopGrouped, TeamFormed


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Which of two facts is the newer, also of two regions: when it was so, then when and where it was accepted."""

    moment: datetime
    accepted_at: datetime
    region: str
    seq: int


LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
NEVER: Final = Mark(LONG_AGO, LONG_AGO, "", 0)  # before every fact


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """A person in a campaign, at the location that the newest registration names."""

    person: UUID
    campaign: UUID
    location: UUID
    indication: str
    needs: Sequence[str]


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """An answer on consent for treatment, by the person or a representative."""

    person: UUID
    campaign: UUID
    given_by: str
    status: str
    voice: UUID  # the practice that heard it; for telling answers apart, never shown
    is_dated: bool  # its sender said when
    mark: Mark


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """A judgement of a clinician on a person in a campaign."""

    person: UUID
    campaign: UUID
    judgement: str
    not_before: date | None
    observation_minutes: int | None
    is_dated: bool  # its sender said when
    mark: Mark


@dataclass(frozen=True, slots=True)
class AdverseEventRow:
    """A person fell ill after a dose."""

    person: UUID
    campaign: UUID
    mark: Mark


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
    mark: Mark


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A clinician decided how the series of a person is to be read from here."""

    person: UUID
    campaign: UUID
    doses_counted: tuple[int, ...] | None  # None: as it was reported
    mark: Mark


@dataclass(frozen=True, slots=True)
class DeathRow:
    """A practice withdrew a person as deceased."""

    person: UUID
    campaign: UUID
    mark: Mark


@dataclass(frozen=True, slots=True)
class FactRows:
    """Everything recorded about some people, in whatever region; oldest first."""

    consents: tuple[ConsentRow, ...]
    assessments: tuple[AssessmentRow, ...]
    adverse_events: tuple[AdverseEventRow, ...]
    doses: tuple[DoseRow, ...]
    questioned: frozenset[UUID] = frozenset()  # who they are has to be answered first
    decisions: tuple[DecisionRow, ...] = ()
    deaths: tuple[DeathRow, ...] = ()
    min_days: Mapping[UUID, int] = field(default_factory=dict)  # least interval by campaign
    product_days: Mapping[str, int] = field(
        default_factory=dict
    )  # by product, where it has its own


@dataclass(frozen=True, slots=True)
class PeopleRows:
    """Who is registered in a region, and what is known of them and of everybody who is booked there."""

    registrations: tuple[RegistrationRow, ...]
    facts: FactRows
    put_off: tuple["PutOffRow", ...] = ()
    # person, campaign, dose number: an appointment in another region
    booked_elsewhere: frozenset[tuple[UUID, UUID, int]] = frozenset()
    people: frozenset[UUID] = frozenset()  # all of them, registered or booked


@dataclass(frozen=True, slots=True)
class PutOffRow:
    """A dose that a planner took off the plan, and the first day on which it may be planned again."""

    person: UUID
    campaign: UUID
    dose_no: int
    not_before: date


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift as last reported, with the team that works it."""

    region: str  # the team's own
    planned_by: str  # the borrowing region while the team is lent, else its own
    facts: ShiftOpened
    team: TeamFormed


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """A team is away, as a region reports: from `begins_at` until just before `ends_at`."""

    region: str
    team: UUID
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DelayRow:
    """How late a team runs, as a region reports; negative minutes mean early."""

    region: str
    team: UUID
    minutes: int
    noted_at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A crew member may inject in this role between two days, both included."""

    member: UUID
    role: str
    valid_from: date
    valid_until: date
    products: Sequence[str] | None = None  # that it is for; None: every product


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A standing order of a post for a product between two days, both included."""

    organisation: UUID
    product: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Work of a crew member in another region, which has visits; of that region nothing else is known.

    `yields`: where both regions have published visits for somebody at once, ours goes first.
    """

    member: UUID
    starts_at: datetime
    ends_at: datetime
    yields: bool


@dataclass(frozen=True, slots=True)
class TeamRows:
    """Shifts of the region's own teams and of teams lent to it, with what affects them."""

    shifts: tuple[ShiftRow, ...]
    absences: tuple[AbsenceRow, ...]
    delays: tuple[DelayRow, ...]
    certificates: tuple[CertificateRow, ...]
    orders: tuple[OrderRow, ...]
    elsewhere: tuple[MemberRow, ...] = ()


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A published visit as it stands, whether its team has begun or completed it, and whether a notice of it went out."""

    facts: VisitAssigned
    is_started: bool
    is_completed: bool
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class PinRow:
    """A visit that a planner pinned or moved and did not release; a `seq` of 0: never done."""

    visit: UUID
    pinned_seq: int
    pinned_shift: UUID | None
    pinned_to: datetime | None
    moved_seq: int
    moved_shift: UUID | None
    moved_to: datetime | None
    kind: PinKind = PinKind.VISIT  # of the pin; a move that came later holds the whole place
    not_before: datetime | None = None
    not_after: datetime | None = None
    behind: UUID | None = None


@dataclass(frozen=True, slots=True)
class LocationRow:
    """A registered location, later changes to it if any, and the policy of a current outbreak."""

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
    """Doses of one lot at one depot: the sum of all movements."""

    depot: UUID
    product: str
    lot: str
    doses: int
    use_by: date | None  # a property of the lot, the same in every depot
    since: date  # day of the first movement at this depot
    is_usable: bool  # false while the lot is in quarantine


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """A delivery that was announced or confirmed and has not been received."""

    delivery: UUID
    depot: UUID
    product: str
    doses: int
    expected_on: date
    is_confirmed: bool  # by the GGD: it may secure next doses


@dataclass(frozen=True, slots=True)
class SupplyRows:
    """Campaigns, products and doses; stock is ordered by depot, product and use-by date."""

    campaigns: tuple[CampaignOpened, ...]
    products: tuple[ProductCatalogued, ...]
    stock: tuple[StockRow, ...]
    announcements: tuple[AnnouncementRow, ...]


@dataclass(frozen=True, slots=True)
class ExtraStopRow:
    """An extra stop that a team was asked to make, what it said, and whether it is asked no more."""

    offered: StopOffered
    answer: str | None = None
    answered_at: datetime | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class LoadedRow:
    """A dose of a visit that a shift has or had, begun or not, and when it was taken out of the visit, if it was."""

    shift: UUID
    visit: UUID
    product: str
    is_begun: bool
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitRows:
    """Published visits, pins, and crisis visits that were requested and not withdrawn; extra stops, and what is on board."""

    published: tuple[VisitRow, ...]
    pins: tuple[PinRow, ...]
    crises: tuple[VisitRequested, ...]
    extra_stops: tuple[ExtraStopRow, ...] = ()
    loaded: tuple[LoadedRow, ...] = ()
    grouped: tuple[StopGrouped, ...] = ()  # who is visited together by hand, the oldest first


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One region at one moment, read in one transaction."""

    region: str
    now: datetime  # simulated time in a simulated campaign
    as_of: tuple[int, int]  # the newest ledger numbers included: regional, national
    policy: PolicyChanged
    people: PeopleRows
    teams: TeamRows
    visits: VisitRows
    places: PlaceRows
    supply: SupplyRows
    elsewhere: int = 0  # facts in other regions about people of this one, so far
    base: UUID | None = None  # the published plan
