"""Extra stops in the problem: which teams may be asked, who waits for an answer, and who is looked for again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from events.extra_stops import StopAnswer, StopOffered, StopWithdrawal, StopWithdrawn, withdraw
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import ExtraStopRow, LoadedRow, Snapshot, VisitRow
from scheduling.care.doses import in_containers
from scheduling.care.lookup import NeedKey, by_id, key_of
from scheduling.extra_stops import Asking, ExtraStop, UnderWay
from scheduling.kept import list_unknown
from scheduling.plan import Plan, Values, Visit
from scheduling.problem import KeptStop, Problem, Published, Shift
from services.planner.problem.frozen import Freeze, to_kept_stop
from services.planner.problem.shifts import Rights, RosteredShift, to_shift

NO_PLAN: Final = Plan("", (0, 0), "", (), (), Values(0, 0, 0, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class ExtraFacts:
    """What is known of extra stops when a plan is made."""

    teams: tuple[UnderWay, ...] = ()  # that may be asked
    open: tuple[StopOffered, ...] = ()  # asked, and not answered yet: their people wait
    ended: tuple[StopWithdrawn, ...] = ()  # asked no more: said with the next plan
    lost: tuple[Published, ...] = ()  # whose team did not come, and who have no appointment since
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)  # teams by visit
    answer_by: datetime | None = None  # for what is asked now


NOTHING_ASKED: Final = ExtraFacts()


@dataclass(frozen=True, slots=True)
class Day:
    """The roster of a region with what it takes to place its teams in their day."""

    problem: Problem
    roster: tuple[RosteredShift, ...]
    freeze: Freeze
    rights: Rights
    calendar: Calendar


def to_extra(snapshot: Snapshot, day: Day) -> ExtraFacts:
    """Sorts the extra stops of today; those that nobody answered in time, or that facts overtook, end."""
    teams = to_teams(snapshot, day)
    rows = snapshot.visits.extra_stops
    waiting = [row.offered for row in rows if row.answer is None and not row.is_withdrawn]
    late = [one for one in waiting if one.answer_by < snapshot.now]
    wrong = [one for one in waiting if one not in late and not still_fits(one, day, teams)]
    ended = [withdraw(one, StopWithdrawal.UNANSWERED) for one in late]
    ended += [withdraw(one, StopWithdrawal.FACTS) for one in wrong]
    stands = [one for one in waiting if one not in late and one not in wrong]
    busy = {str(one.shift_id) for one in stands}
    return ExtraFacts(
        teams=tuple(one for one in teams if one.shift.id not in busy),
        open=tuple(stands),
        ended=tuple(ended),
        lost=tuple(list_lost(rows, stands, snapshot.visits.published, day.calendar)),
        asked=teams_asked(rows, stands),
        answer_by=snapshot.now + timedelta(minutes=snapshot.policy.answer_minutes),
    )


def wanted_by(offered: StopOffered) -> str:
    """The visit for which a team was asked: that of the people who lost theirs, else the urgent one itself."""
    return str(offered.instead_of or offered.visit_id)


def teams_asked(
    rows: Iterable[ExtraStopRow], stands: Sequence[StopOffered]
) -> dict[str, frozenset[str]]:
    """By visit the teams that were asked for it and did not agree."""
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        if row.offered not in stands and row.answer != StopAnswer.ACCEPTED.value:
            name = wanted_by(row.offered)
            found[name] = found.get(name, frozenset()) | {str(row.offered.team_id)}
    return found


def list_lost(
    rows: Iterable[ExtraStopRow],
    stands: Sequence[StopOffered],
    published: Iterable[VisitRow],
    calendar: Calendar,
) -> list[Published]:
    """The people of offers that came to nothing, and who have no appointment since: another team may come today."""
    booked = {
        (one.person_id, visit.facts.campaign_id, one.dose_no)
        for visit in published
        for one in visit.facts.persons
    }
    waiting = {
        (one.person_id, offered.campaign_id, one.dose_no)
        for offered in stands
        for one in offered.persons
    }
    found = {}
    for row in rows:
        offered = row.offered
        doses = tuple(
            (str(one.person_id), one.dose_no)
            for one in offered.persons
            if (one.person_id, offered.campaign_id, one.dose_no) not in booked | waiting
        )
        if row.answer != StopAnswer.ACCEPTED.value and doses and offered not in stands:
            found[wanted_by(offered)] = Published(
                visit_id=wanted_by(offered),
                shift_id="",
                start=calendar.to_second(offered.starts_at),
                location_id=str(offered.location_id),
                campaign_id=str(offered.campaign_id),
                product_id=offered.product_id,
                doses=doses,
            )
    return list(found.values())


def to_teams(snapshot: Snapshot, day: Day) -> list[UnderWay]:
    """The teams that are on the road or about to leave today; none where the policy gives nobody time to answer."""
    minutes = snapshot.policy.answer_minutes
    depots = by_id(day.problem.depots)
    if not minutes:
        return []
    visits: dict[UUID, list[VisitRow]] = {}
    for row in sorted(snapshot.visits.published, key=lambda row: row.facts.starts_at):
        if row.facts.starts_at >= day.calendar.midnight:
            visits.setdefault(row.facts.shift_id, []).append(row)
    agreed: dict[UUID, datetime] = {
        row.offered.visit_id: row.answered_at
        for row in snapshot.visits.extra_stops
        if row.answer == StopAnswer.ACCEPTED.value and row.answered_at is not None
    }
    found = []
    for one in day.roster:
        facts = one.facts
        is_open = facts.shift_id in day.freeze.shifts and facts.shift_id not in day.freeze.over
        if not is_open or one.is_absent or str(facts.depot_id) not in depots:
            continue
        shift = to_shift(replace(one, delay=one.delay * 0), day.rights, day.calendar)
        if shift.day != 0:
            continue
        team = place_team(
            shift, max(0, int(one.delay.total_seconds())), visits.get(facts.shift_id, []), day
        )
        if team is None:
            continue
        free = max(team.free_from, day.problem.now + minutes * 60)
        left = team.aboard is not None
        loaded = [row for row in snapshot.visits.loaded if row.shift == facts.shift_id]
        departed = day.calendar.to_moment(departure_of(team, day.problem))
        aboard = count_aboard(loaded, agreed, departed, day.problem) if left else None
        found.append(replace(team, free_from=free, aboard=aboard))
    return found


def place_team(shift: Shift, late: int, visits: Sequence[VisitRow], day: Day) -> UnderWay | None:
    """Where a team is in its day: behind which stop, and when it could leave there. None: it cannot be said.

    It is at the last stop that it began, or on its way to the next one when it is time to be.
    """
    stops = tuple(to_kept_stop(row.facts, day.calendar) for row in visits)
    if any(name for stop in stops for name in list_unknown(with_shift(day.problem, shift), stop)):
        return None
    begun = [k for k, row in enumerate(visits) if row.is_started or row.is_completed]
    passed, now = (begun[-1] + 1 if begun else 0), day.problem.now
    for k in range(passed, len(stops)):
        if stops[k].start + late - travel_to(stops, k, shift, day.problem) <= now:
            passed = k + 1
    free = max(now, shift.start + late)
    if passed and not visits[passed - 1].is_completed:
        last = stops[passed - 1]
        free = max(free, last.start + last.service_seconds + late)
    return UnderWay(shift, stops, passed, free, late, {} if passed else None)


def with_shift(problem: Problem, shift: Shift) -> Problem:
    """The problem with a shift that it does not plan."""
    return replace(problem, shifts=(*problem.shifts, shift))


def travel_to(stops: Sequence[KeptStop], k: int, shift: Shift, problem: Problem) -> int:
    """Seconds of road to a stop from the one before, or from the depot."""
    places = {row.id: row.place for row in problem.locations}
    home = by_id(problem.depots)[shift.depot_id].place
    here = places[stops[k - 1].location_id] if k else home
    return problem.travel.seconds[here][places[stops[k].location_id]]


def departure_of(team: UnderWay, problem: Problem) -> int:
    """When a team left its depot for its first stop."""
    if not team.stops:
        return team.shift.start
    return team.stops[0].start - travel_to(team.stops, 0, team.shift, problem)


def count_aboard(
    loaded: Iterable[LoadedRow],
    agreed: Mapping[UUID, datetime],
    departed: datetime,
    problem: Problem,
) -> dict[str, int]:
    """Doses to spare in a car, by product, in whole containers: of visits that it left with and that need fewer since.

    What a team opened at a stop stays there, so a visit that was begun spares nothing.
    """
    products = by_id(problem.products)
    then: dict[tuple[UUID, str, bool], int] = {}
    now: dict[tuple[UUID, str, bool], int] = {}
    for row in loaded:
        key = (row.visit, row.product, row.is_begun)
        is_late = row.visit in agreed and agreed[row.visit] > departed
        if not is_late and (row.released_at is None or row.released_at > departed):
            then[key] = then.get(key, 0) + 1
        if row.released_at is None:
            now[key] = now.get(key, 0) + 1
    spare: dict[str, int] = {}
    for key in {*then, *now}:
        _, name, is_begun = key
        if name in products:
            before = in_containers(products[name], then.get(key, 0))
            after = in_containers(products[name], now.get(key, 0))
            used = max(before, after) if is_begun else after
            spare[name] = spare.get(name, 0) + before - used
    return {name: doses for name, doses in spare.items() if doses > 0}


def still_fits(offered: StopOffered, day: Day, teams: Iterable[UnderWay]) -> bool:
    """Whether an offer that waits for an answer could still be made: somebody needs it, and no rule speaks against it."""
    problem = day.problem
    team = next((one for one in teams if one.shift.id == str(offered.shift_id)), None)
    needs = {key_of(need) for need in problem.needs}
    doses = [key for key in doses_of(offered) if key in needs]
    is_asked = str(offered.visit_id) in by_id(problem.crisis_visits)
    if team is None or not (doses if offered.campaign_id else is_asked):
        return False
    stop = to_extra_stop(offered, doses, day.calendar)
    return not Asking(problem, NO_PLAN, team).list_faults(stop)


def doses_of(offered: StopOffered) -> list[NeedKey]:
    """The doses of the people of an offer."""
    return [(str(one.person_id), str(offered.campaign_id), one.dose_no) for one in offered.persons]


def to_extra_stop(offered: StopOffered, doses: Iterable[NeedKey], calendar: Calendar) -> ExtraStop:
    """An offer as the stop that it would be, with these of its people."""
    visit = Visit(
        id=str(offered.visit_id),
        location_id=str(offered.location_id),
        campaign_id=str(offered.campaign_id) if offered.campaign_id else None,
        product_id=offered.product_id,
        needs=tuple(sorted((person, dose) for person, _, dose in doses)),
        first_day=0,
        last_day=0,
        priority=0,
        skills=frozenset(),
    )
    start, end = calendar.to_second(offered.starts_at), calendar.to_second(offered.ends_at)
    behind = str(offered.behind) if offered.behind else None
    return ExtraStop(visit, str(offered.shift_id), behind, start, end)


def hold_offered(problem: Problem, offers: Iterable[StopOffered]) -> Problem:
    """The problem without those for whom a team is being asked: they are planned when it has answered."""
    offers = list(offers)
    if not offers:
        return problem
    doses = {key for one in offers for key in doses_of(one)}
    visits = {str(one.visit_id) for one in offers}
    return replace(
        problem,
        needs=tuple(need for need in problem.needs if key_of(need) not in doses),
        crisis_visits=tuple(row for row in problem.crisis_visits if row.id not in visits),
    )
