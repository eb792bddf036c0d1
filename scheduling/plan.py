"""A plan: routes of stops, and what is unassigned with its reasons. It replaces the plan before it; it is never a delta."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a dose or a crisis visit is unassigned: a closed list."""

    CONTRADICTION = "contradiction"  # the facts of the series: a clinician decides first
    CONSENT_MISSING = "consent_missing"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_CONFLICTING = "consent_conflicting"
    BOOKED_ELSEWHERE = "booked_elsewhere"  # has an appointment for this dose in another region
    IDENTITY_QUESTION = "identity_question"  # it is asked who this person is
    NOT_ELIGIBLE = "not_eligible"
    TRIAGE = "triage"
    NOT_APPROVED = "not_approved"  # nobody approved the campaign, or any product for this dose
    LOCATION_UNKNOWN = "location_unknown"
    LOCATION_DOUBTED = "location_doubted"  # its coordinates do not fit its postcode
    NO_CONTACT = "no_contact"
    OUTBREAK = "outbreak"
    LOCATION_CLOSED = "location_closed"
    NOT_DUE = "not_due"
    NO_SHIFT = "no_shift"
    NO_TEAM_WITH_SKILLS = "no_team_with_skills"
    NO_STANDING_ORDER = "no_standing_order"
    NO_INJECTOR = "no_injector"  # nobody on board may inject it, or assistants without a doctor
    NO_STOCK = "no_stock"  # on no day and from no depot could any dose reach this person
    STOCK_TO_PRIORITY = "stock_to_priority"  # the doses of these days went to people of as high or a higher priority
    STOCK_TO_OTHERS = "stock_to_others"  # the doses of these days went to others, who waste fewer or are on the way
    NEXT_DOSE_NOT_SECURED = "next_dose_not_secured"
    NO_SHIFT_IN_WINDOW = "no_shift_in_window"
    TOO_LONG_FOR_SHIFT = "too_long_for_shift"
    NO_TWO_TEAMS = "no_two_teams"  # no two teams that can begin there at the same moment
    SHIFTS_FULL = "shifts_full"
    FAIR_SHARE = "fair_share"  # gave way to an area that lags behind
    LEFT_OUT = "left_out"  # a planner took over other parts of a plan only
    BETTER_USE = "better_use"  # would fit on its own; others with more priority are served instead


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to residents of one location, for one product; a crisis visit has none."""

    id: str
    location_id: str
    campaign_id: str | None
    product_id: str | None
    needs: tuple[tuple[str, int], ...]  # (person_id, dose_no), sorted
    first_day: int
    last_day: int
    priority: int
    skills: frozenset[str]
    together_with: str | None = None  # the visit that another team begins at the same moment

    @property
    def doses(self) -> int:
        """Doses that the visit takes out of the cool box."""
        return len(self.needs) if self.product_id else 0


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit in a route with its times, in seconds since the start of the horizon."""

    visit: Visit
    arrival: int
    start: int
    departure: int

    @property
    def waiting(self) -> int:
        """Seconds between arrival and start of service."""
        return self.start - self.arrival


@dataclass(frozen=True, slots=True)
class Route:
    """The stops of one shift in order, from its depot and back to it; times in seconds since the start of the horizon."""

    shift_id: str
    stops: tuple[Stop, ...]
    departure: int  # from the depot
    back: int  # at the depot
    pause_start: int | None = None


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A dose or crisis visit without a stop, with its reasons, strongest first."""

    location_id: str
    campaign_id: str | None
    person_id: str | None
    dose_no: int | None
    visit_id: str | None  # crisis visits
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """The objective, each value by itself in lexicographic order; lower is better."""

    unserved_weight: int
    late_next_doses: int
    doses_wasted: int
    moved_stops: int
    working_seconds: int
    metres: int
    wish_seconds: int = 0  # work that the unmet wishes below weigh, by policy of the region
    other_team: int = 0  # next doses given by another team than the dose before
    days_off: int = 0  # days between next doses and their ideal day, summed

    def as_tuple(self) -> tuple[int, ...]:
        """The values in lexicographic order, to compare two plans; wishes count as work."""
        return (
            self.unserved_weight,
            self.late_next_doses,
            self.doses_wasted,
            self.moved_stops,
            self.working_seconds + self.wish_seconds,
            self.metres,
        )


WITHOUT_ROUTES = "without_routes"


@dataclass(frozen=True, slots=True)
class Proven:
    """What no plan of the same problem can do better, however long it is searched."""

    relaxation: (
        str  # what the proof leaves out: WITHOUT_ROUTES, as if crews were everywhere at once
    )
    people_served: int  # at most; a person with two doses counts twice
    unserved_weight: int  # at least
    doses_wasted: int  # at least, by plans that serve as much weight as this one


@dataclass(frozen=True, slots=True)
class PinFault:
    """A pin that does not hold, and the rule that it breaks."""

    visit_id: str
    rule: str
    detail: str
    shift_id: str = ""  # where and when it was pinned
    start: int = 0
    beside: tuple[
        str, ...
    ] = ()  # pinned visits that it cannot hold together with: all of them are needed for the fault


@dataclass(frozen=True, slots=True)
class Taken:
    """Doses of a published stop that facts keep from being given where and when it was published, and the rule that says so."""

    visit_id: str
    doses: tuple[tuple[str, int], ...]  # none: a crisis visit
    rule: str
    detail: str
    shift_id: str = ""  # where and when it was published
    start: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """A published visit that shifts within its route and day, because another would else not be made."""

    visit_id: str
    for_visit: str  # of a higher priority


class Way(StrEnum):
    """By which of its doors the scheduler made a plan."""

    SOLVE = "solve"  # from nothing published that must stay
    REPAIR = "repair"  # everything published that is still allowed stays
    IMPROVE = "improve"  # beside the published plan, for a person to accept
    CONTINUE = "continue"  # from a plan that was handed in and is not kept with the problem


@dataclass(frozen=True, slots=True)
class Made:
    """How a plan was made: with its problem and its seed enough to make it again."""

    way: Way
    seconds: float  # given, not taken
    rounds: int | None = None  # the limit of work
    workers: int = 1
    engines: tuple[str, ...] | None = None  # None: all that are installed

    @property
    def is_repeatable(self) -> bool:
        """Whether work ended the search, and not the clock: the same work gives the same plan."""
        return self.way is not Way.CONTINUE and (self.rounds is not None or not self.seconds)


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes and unassigned visits of one problem, with the facts that it knew and how it was made."""

    region: str
    as_of: tuple[int, int]
    horizon_start: str
    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...]
    values: Values
    seed: int = 0
    solver: str = ""
    seconds: float = 0.0
    released_pins: tuple[str, ...] = ()  # pinned visits that break a rule where they were pinned
    weights: tuple[
        int, ...
    ] = ()  # of `Values.as_tuple`: their weighted sum keeps the lexicographic order
    bound: tuple[int, ...] | None = None  # least of each value, with those before it as they are
    first_sound_seconds: float | None = None  # until the first feasible plan
    engines: tuple[str, ...] = ()  # that took part, with their versions
    pin_faults: tuple[
        PinFault, ...
    ] = ()  # every pin that does not hold, with the rule that it breaks
    held: tuple[str, ...] = ()  # published visits that the search held to the second
    taken: tuple[Taken, ...] = ()  # what facts took of what was to be held
    moved: tuple[Moved, ...] = ()  # who gave way to whom, as far as the policy allows
    proven: Proven | None = None
    made: Made | None = None  # plans of before have none


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that the plan breaks, and where."""

    rule: str
    where: str
    detail: str
