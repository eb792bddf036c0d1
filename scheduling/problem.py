"""The problem: everything that a solve may know, residents with the doses due to them, locations, shifts, stock and travel.

Times are whole seconds since the start of the horizon, midnight of its first day in Amsterdam; days are
whole days since that same day and may be negative (history) or past the horizon (deliveries to come).
A day that is longer or shorter than 24 hours keeps its real length: `day_starts` says where each begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scheduling.plan import PinFault


class Consent(StrEnum):
    """What is known about a person's consent to this treatment; only GIVEN may be planned."""

    UNKNOWN = "unknown"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CONFLICTING = "conflicting"
    QUESTIONED = "questioned"  # it is asked who this person is, and so whose consent this is


class Assessment(StrEnum):
    """The clinical judgement on a registration; only ELIGIBLE may be planned."""

    ELIGIBLE = "eligible"
    UNCERTAIN = "uncertain"
    EXCLUDED = "excluded"
    TRIAGE = "triage"
    CONTRADICTION = "contradiction"  # facts of the series contradict each other: a clinician says how to read it


class Outbreak(StrEnum):
    """What an outbreak means for a location: nothing, no visit, or a visit as the last stop of a route."""

    NONE = "none"
    BLOCKED = "blocked"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """An interval in which service may begin, both ends included."""

    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Location:
    """A place where residents live, with the time windows in which a visit may begin."""

    id: str
    place: int  # row and column in `Travel`
    area: str  # municipality, for fairness and reports
    time_windows: tuple[TimeWindow, ...]
    seats: int = 6  # observation seats in the common room
    setup_seconds: int = 600
    pack_seconds: int = 600
    has_contact: bool = True  # without somebody to phone no visit can be agreed
    known: bool = True  # false: patients are registered there, the location itself is not yet
    outbreak: Outbreak = Outbreak.NONE
    doubted: bool = False  # its coordinates do not fit its postcode, and nobody has looked


@dataclass(frozen=True, slots=True)
class Depot:
    """A place where shifts begin and end and where stock is kept."""

    id: str
    place: int


@dataclass(frozen=True, slots=True)
class Product:
    """A vaccine of the catalogue, with the limits that its containers set."""

    id: str
    doses_per_container: int
    open_seconds: int  # shelf life of an opened container
    transport_seconds: int  # longest time in a cool box
    open_may_travel: bool = False  # whether an opened container may go on to the next location
    # Days to the next dose, where the product has an interval of its own; else the campaign's hold.
    min_days: int | None = None
    ideal_days: int | None = None
    max_days: int | None = None
    approved: bool = True  # whether somebody accountable approved its use here


@dataclass(frozen=True, slots=True)
class Campaign:
    """A vaccination campaign: the series of doses, and how long a visit takes."""

    id: str
    products: tuple[str, ...]
    doses: int  # doses in the series
    min_days: int
    ideal_days: int
    max_days: int
    seconds_per_person: int = 180
    observation_seconds: int = 900
    reserve_next_dose: bool = True
    approved: bool = True  # whether somebody accountable approved its use here


@dataclass(frozen=True, slots=True)
class Need:
    """One dose that is due to one resident of one location."""

    person_id: str
    campaign_id: str
    dose_no: int
    location_id: str
    products: tuple[str, ...]  # allowed products; only one once the series began with it
    first_day: int
    last_day: int
    priority: int = 50  # 0 to 100
    consent: Consent = Consent.UNKNOWN
    assessment: Assessment = Assessment.ELIGIBLE
    extra_seconds: int = 0
    observation_seconds: int | None = None  # for this person, where longer than the campaign's
    skills: frozenset[str] = frozenset()
    previous_team_id: str | None = None  # the team that gave the dose before: a wish
    ideal_day: int | None = None  # of the interval since the dose before: a wish
    since_dose: int | None = (
        None  # the dose number in this problem that must be given before, if any
    )
    booked_elsewhere: bool = False  # another region has an appointment for this dose


@dataclass(frozen=True, slots=True)
class CrisisVisit:
    """A visit asked of a crisis team: no product and no residents; a location, skills, a length and an urgency."""

    id: str
    location_id: str
    first_second: int  # earliest and latest start, both included
    last_second: int
    service_seconds: int
    skills: frozenset[str]
    priority: int


@dataclass(frozen=True, slots=True)
class Break:
    """A break of the crew that must begin within the window."""

    earliest: int
    latest: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One team on one day: the vehicle of the routing model."""

    id: str
    team_id: str
    depot_id: str
    day: int
    start: int
    end: int
    capacity: int  # doses in the cool box
    skills: frozenset[str] = frozenset()
    injectors: int = 1  # crew members who may inject that day: valid certificate and standing order
    doctor: bool = True
    assistants_only: bool = False  # the injectors are assistants, who need a doctor present
    assistants: int = (
        0  # of the injectors; they inject with a doctor on site only, beside a nurse too
    )
    # Products that other numbers of the crew may inject than `injectors`, doctor on site counted in.
    product_injectors: tuple[tuple[str, int], ...] = ()
    # Who is on board: somebody in two crews works one shift at a time, and rests between the two.
    members: frozenset[str] = frozenset()
    ordered_products: frozenset[str] = frozenset()  # standing order of the responsible doctor
    pause: Break | None = None
    region: str = ""  # the region that may plan it: the borrower's, when the team is lent


@dataclass(frozen=True, slots=True)
class StockLine:
    """Doses of one lot at one depot, usable from one day to another, both included.

    A visit may use a line that is only announced; a next dose is secured by confirmed lines only.
    """

    depot_id: str
    product_id: str
    lot: str
    first_day: int
    last_day: int
    doses: int
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Fixed:
    """A stop of the published plan that this solve may not touch: pinned by a person or frozen by time."""

    visit_id: str
    shift_id: str
    start: int
    person_ids: frozenset[str]
    why: str  # "pinned" or "frozen"; "told" or "published" where a search holds what was published
    location_id: str
    campaign_id: str | None
    product_id: str | None
    service_seconds: int
    dose_no: int | None = None
    doses: frozenset[tuple[str, int]] | None = None  # of its people, where each is known


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a published visit: the shift that makes it, and the first and last second at which it begins."""

    visit_id: str
    shift_id: str | None = None
    earliest: int | None = None
    latest: int | None = None


@dataclass(frozen=True, slots=True)
class Grouped:
    """People whom a planner put together into one visit, however often is planned anew; newcomers may join them."""

    visit_id: str
    location_id: str
    campaign_id: str
    product_id: str
    doses: tuple[tuple[str, int], ...]  # person and dose number
    most: int | None = None  # people at a time
    beside: tuple[str, ...] = ()  # visits that stood there too: their people do not join


@dataclass(frozen=True, slots=True)
class KeptStop:
    """A published stop that this plan repeats unchanged: its shift is frozen, or its team has begun it."""

    visit_id: str
    shift_id: str
    start: int
    service_seconds: int
    location_id: str
    campaign_id: str | None
    product_id: str | None
    doses: tuple[tuple[str, int], ...]  # person and dose number, of who has not had it yet


@dataclass(frozen=True, slots=True)
class Kept:
    """The kept stops, with what it takes to judge them; no search changes them, and none may hide what they break."""

    stops: tuple[KeptStop, ...] = ()
    needs: tuple[Need, ...] = ()  # of their people
    stock: tuple[StockLine, ...] = ()  # with the doses that are in their cars


@dataclass(frozen=True, slots=True)
class Travel:
    """Travel between places: `seconds[a][b]` and `metres[a][b]`, with the version of their source."""

    version: str
    seconds: tuple[tuple[int, ...], ...]
    metres: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A visit as published. Moving it costs a phone call; what people were told of it is a promise (rule `promise`).

    Without a location (records of before) nobody knows what was promised to whom.
    """

    visit_id: str
    shift_id: str
    start: int
    location_id: str | None = None
    campaign_id: str | None = None
    product_id: str | None = None
    doses: tuple[tuple[str, int], ...] = ()  # person and dose number
    service_seconds: int = 0
    told: bool = False  # the notice went out


@dataclass(frozen=True, slots=True)
class Problem:
    """The whole input of one solve: one region at one moment."""

    region: str
    as_of: tuple[int, int]  # region number, national number: what the plan knows
    horizon_start: str  # ISO date
    day_starts: tuple[int, ...]  # days + 1 entries; day d is [day_starts[d], day_starts[d + 1])
    now: int  # seconds since the start of the horizon; nothing starts before it
    locations: tuple[Location, ...]
    depots: tuple[Depot, ...]
    products: tuple[Product, ...]
    campaigns: tuple[Campaign, ...]
    needs: tuple[Need, ...]
    crisis_visits: tuple[CrisisVisit, ...]
    shifts: tuple[Shift, ...]
    stock: tuple[StockLine, ...]
    travel: Travel
    fixed: tuple[Fixed, ...] = ()
    published: tuple[Published, ...] = ()
    reserved: Mapping[str, int] = field(
        default_factory=dict
    )  # product -> doses reserved for next doses past the horizon, in whole containers
    done_visits: frozenset[str] = (
        frozenset()
    )  # ids that took place or are under way: not to be used again
    max_residents_per_visit: int = 40
    rest_seconds: int = 8 * 3600  # between two shifts of one team
    max_duty_seconds: int | None = None  # from the start of a shift to the return
    max_week_seconds: int | None = None  # hours of the shifts of one team in any seven days
    same_team_seconds: int = 120  # of work that one resident's own team for the next dose is worth
    ideal_day_seconds: int = 60  # of work that one day nearer the ideal day of a next dose is worth
    slack_minutes: int = (
        0  # kept free before closing time for each hour since the first shift of that day began
    )
    together_from: int | None = None  # from so many residents on, two teams begin together
    area_points: int | None = None  # percentage points that an area may lag behind the region
    standing_shifts: tuple[
        Shift, ...
    ] = ()  # worked or frozen: not planned any more, but teams must rest after them
    kept: Kept = Kept()
    refused_pins: tuple[PinFault, ...] = ()  # pins that no plan can hold, so not among `fixed`
    notice_seconds: int = 3 * 86400  # who is visited within this time counts as told
    asked: tuple[Asked, ...] = ()  # by planners and locations, of visits that may still move
    grouped: tuple[Grouped, ...] = ()  # by planners: visits that were split or joined by hand
    repair_moves: int = 0  # published stops that may give way within their day to a higher priority

    @property
    def days(self) -> int:
        """Whole days in the horizon."""
        return len(self.day_starts) - 1
