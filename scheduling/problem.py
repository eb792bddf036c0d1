"""All that one solve may know: residents with what is due to them, places, shifts, stock and travel.

Times are whole seconds since the start of the horizon, midnight of its first day in Amsterdam; days are
whole days since that same day and may be negative (history) or past the horizon (deliveries to come).
A day that is longer or shorter than 24 hours keeps its real length: `day_starts` says where each begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Consent(StrEnum):
    """What is known about a person's consent to this treatment; only GIVEN may be planned."""

    UNKNOWN = "unknown"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CONFLICTING = "conflicting"


class Assessment(StrEnum):
    """The clinical judgement on a registration; only ELIGIBLE may be planned."""

    ELIGIBLE = "eligible"
    UNCERTAIN = "uncertain"
    EXCLUDED = "excluded"
    TRIAGE = "triage"


class Outbreak(StrEnum):
    """How an outbreak touches a location: not at all, no visit, or as the last stop of its route."""

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
    """A place where residents live, with the moments at which a team may begin there."""

    id: str
    place: int  # row and column in `Travel`
    area: str  # municipality, for fairness and reports
    time_windows: tuple[TimeWindow, ...]
    seats: int = 6  # observation seats in the common room
    setup_seconds: int = 600
    pack_seconds: int = 600
    has_contact: bool = True  # without somebody to phone a visit can not be agreed
    known: bool = True  # registered patients may name a location that nobody registered yet
    outbreak: Outbreak = Outbreak.NONE


@dataclass(frozen=True, slots=True)
class Depot:
    """A post where shifts begin and end and where stock lies."""

    id: str
    place: int


@dataclass(frozen=True, slots=True)
class Product:
    """A vaccine of the catalogue with the limits that its containers put on a plan."""

    id: str
    doses_per_container: int
    open_seconds: int  # life of an opened container
    transport_seconds: int  # how long it may be under way in a cool box
    open_may_travel: bool = False  # else an opened container stays at its location


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is given, in which series, and how long it takes."""

    id: str
    products: tuple[str, ...]
    doses: int  # doses in the series
    min_days: int
    ideal_days: int
    max_days: int
    seconds_per_person: int = 180
    observation_seconds: int = 900
    reserve_next_dose: bool = True


@dataclass(frozen=True, slots=True)
class Need:
    """One dose that is due to one resident of one location."""

    person_id: str
    campaign_id: str
    dose_no: int
    location_id: str
    products: tuple[str, ...]  # allowed; one only when the series began with it
    first_day: int
    last_day: int
    priority: int = 50  # 0 to 100
    consent: Consent = Consent.UNKNOWN
    assessment: Assessment = Assessment.ELIGIBLE
    extra_seconds: int = 0
    observation_seconds: int | None = None  # longer than the campaign's, for this person
    skills: frozenset[str] = frozenset()
    previous_team_id: str | None = None  # gave the dose before: wished for again
    ideal_day: int | None = None  # of the interval since the dose before; wished for, not asked
    since_dose: int | None = (
        None  # the dose number in this problem that must be given before, if any
    )


@dataclass(frozen=True, slots=True)
class CrisisVisit:
    """A call for a crisis team: no product, no residents, a place, skills, minutes and an urgency."""

    id: str
    location_id: str
    first_second: int  # earliest and latest start, both included
    last_second: int
    service_seconds: int
    skills: frozenset[str]
    priority: int


@dataclass(frozen=True, slots=True)
class Break:
    """A pause of the crew that must begin within the window."""

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
    injectors: int = 1  # people who may inject that day: certificate valid and order given
    doctor: bool = True
    assistants_only: bool = False  # those injectors may act only while a doctor is present
    ordered_products: frozenset[str] = frozenset()  # standing order of the responsible doctor
    pause: Break | None = None
    region: str = ""  # the region that may plan it (a lent team: the borrower)


@dataclass(frozen=True, slots=True)
class StockLine:
    """Doses of one lot at one depot, usable from one day to another, both included.

    Visits may count on a line that is not confirmed; a second dose is secured by confirmed lines only.
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
    why: str  # "pinned" or "frozen"
    location_id: str
    campaign_id: str | None
    product_id: str | None
    service_seconds: int
    dose_no: int | None = None


@dataclass(frozen=True, slots=True)
class Travel:
    """Travel between places: `seconds[a][b]` and `metres[a][b]`, with the version of their source."""

    version: str
    seconds: tuple[tuple[int, ...], ...]
    metres: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Published:
    """Where a visit stands in the plan that people were told: moving it costs a phone call."""

    visit_id: str
    shift_id: str
    start: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One region at one moment: the whole input of one solve."""

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
    )  # product -> doses kept for next ones past the horizon, in whole containers
    done_visits: frozenset[str] = (
        frozenset()
    )  # ids that took place or are under way: not to be used again
    max_residents_per_visit: int = 40
    rest_seconds: int = 8 * 3600  # between two shifts of one team
    max_duty_seconds: int | None = None  # from the start of a shift to the return
    max_week_seconds: int | None = None  # hours of the shifts of one team in any seven days
    same_team_seconds: int = 120  # of work that one resident's own team for the next dose is worth
    ideal_day_seconds: int = 60  # of work for each day that one next dose is nearer its ideal day
    together_from: int | None = None  # so many residents are called on by two teams at one moment
    area_points: int | None = None  # percent points that an area may lie behind the region's share
    standing_shifts: tuple[
        Shift, ...
    ] = ()  # worked or frozen: not planned, but teams rest from them

    @property
    def days(self) -> int:
        """Whole days in the horizon."""
        return len(self.day_starts) - 1
