"""The two nights of 2021 on which the clock changed, from what senders say to what people are told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest

from events.identifiers import Opening, Payload
from events.local_time import to_local_date, to_moment
from events.organisations import PolicyChanged
from events.plans import VisitAssigned
from scheduling.plan import Plan
from scheduling.rules import check
from scheduling.solve import Limits, solve
from services.planner.problem.posed import PosedProblem
from services.planner.translate import to_assignment
from services.web.moments import clock_time
from tests.builders import SmallRegion
from tests.facts import a_crisis, a_delivery, a_location, a_shift, a_team, uid
from tests.infra.postgres.seeing import snapshot_of

pytestmark = pytest.mark.postgres
QUICK = Limits(seconds=20, rounds=1)
HOUR = 3600


@dataclass(frozen=True)
class Night:
    """A Saturday evening and the Sunday morning after it."""

    sunday: date
    hours: int  # of the Sunday

    @property
    def saturday(self) -> date:
        return self.sunday - timedelta(days=1)

    @property
    def now(self) -> datetime:
        return datetime.combine(self.saturday, time(5), UTC)

    def at(self, hour: int, minute: int = 0, *, fold: int = 0) -> datetime:
        """A moment by the clock on the wall; before ten in the evening it is of the Sunday."""
        day = self.saturday if hour >= 17 else self.sunday
        return to_moment(day, time(hour, minute, fold=fold)).astimezone(UTC)


SPRING, AUTUMN = Night(date(2021, 3, 28), 23), Night(date(2021, 10, 31), 25)
NIGHTS = pytest.mark.parametrize("night", [SPRING, AUTUMN], ids=["spring", "autumn"])


def open_at(*hours: tuple[int, time, time]) -> tuple[Opening, ...]:
    return tuple(Opening(weekday=day, begins=b, ends=e) for day, b, e in hours)


ALL_NIGHT = open_at((5, time(17), time(23, 59)), (6, time(0), time(12)))


def a_night_shift(night: Night, name: str = "night", **changes: object) -> Payload:
    """From ten in the evening to six in the morning, without a pause."""
    usual = {"starts_at": night.at(22), "ends_at": night.at(6), "pause_minutes": 0}
    return a_shift(name, night.saturday, **{**usual, **changes})


async def see(
    fresh, night: Night, *said: Payload, hours: Iterable[Opening] = ALL_NIGHT
) -> PosedProblem:
    """The region on the Saturday morning, with both locations open at these hours."""
    region = SmallRegion(days=())
    stock = a_delivery(received_on=night.saturday, use_by=night.saturday + timedelta(days=30))
    places = [a_location(name, opening=tuple(hours)) for name in ("wilg", "eik")]
    return await snapshot_of(fresh, *region.all(), stock, *places, *said, now=night.now)


def an_early_shift(night: Night) -> Payload:
    """From half past midnight: doses are given on the day on which a shift begins."""
    return a_night_shift(night, "early", starts_at=night.at(0, 30))


def planned(snapshot: PosedProblem) -> tuple[Plan, list[VisitAssigned]]:
    """A sound plan with its visits as they are told, in order."""
    plan = solve(snapshot.problem, QUICK)
    assert check(snapshot.problem, plan) == ()
    told = [
        to_assignment(snapshot, uid("plan"), route, stop)
        for route in plan.routes
        for stop in route.stops
    ]
    return plan, sorted(told, key=lambda visit: visit.starts_at)


@NIGHTS
async def test_a_night_shift_has_the_hours_that_the_crew_really_works(fresh, night):
    problem = (await see(fresh, night, a_night_shift(night))).problem

    (shift,) = problem.shifts
    assert (shift.day, shift.start) == (0, 22 * HOUR)
    assert shift.end - shift.start == (night.hours - 16) * HOUR
    assert problem.day_starts[:3] == (0, 24 * HOUR, (24 + night.hours) * HOUR)


@NIGHTS
async def test_a_night_shift_drives_and_serves_over_the_change_in_real_seconds(fresh, night):
    calls = [
        a_crisis("one", earliest=night.at(1, 40), latest=night.at(1, 45), minutes=25, skills={"crisis"}),
        a_crisis(
            "two", location_id=uid("eik"), earliest=night.at(1, 50), latest=night.at(5), minutes=30, skills={"crisis"}
        ),
    ]  # fmt: skip
    both = a_team(skills={"crisis", "vaccination"})

    snapshot = await see(fresh, night, both, a_night_shift(night), *calls)

    plan, told = planned(snapshot)
    one, two = (visit for visit in told if visit.visit_id in {uid("one"), uid("two")})
    stops = {stop.visit.id: stop for route in plan.routes for stop in route.stops}
    places = {location.id: location.place for location in snapshot.problem.locations}
    drive = snapshot.problem.travel.seconds[places[str(uid("wilg"))]][places[str(uid("eik"))]]
    assert night.at(1, 40) <= one.starts_at <= night.at(1, 45)
    assert stops[str(uid("two"))].arrival - stops[str(uid("one"))].departure == drive
    assert two.starts_at - one.ends_at == timedelta(seconds=drive)
    assert two.ends_at - two.starts_at >= timedelta(minutes=30)
    shown = 3 if night is SPRING else 2
    assert clock_time(two.starts_at).startswith(f"{shown}:")


@NIGHTS
async def test_an_early_shift_serves_from_the_first_half_past_two_that_there_is(fresh, night):
    snapshot = await see(
        fresh, night, an_early_shift(night), hours=open_at((6, time(2, 30), time(12)))
    )

    _, told = planned(snapshot)

    opens = night.at(3) if night is SPRING else night.at(2, 30)
    assert told[0].starts_at >= opens
    assert min(w.earliest for one in snapshot.problem.locations for w in one.time_windows) == (
        snapshot.calendar.to_second(opens)
    )
    assert told[0].starts_at < opens + timedelta(minutes=30)
    assert clock_time(opens) == ("3:00" if night is SPRING else "2:30")


async def test_hours_that_the_clock_of_spring_skips_are_no_hours(fresh):
    hours = open_at((6, time(2, 15), time(2, 45)))

    snapshot = await see(fresh, SPRING, an_early_shift(SPRING), hours=hours)

    plan, told = planned(snapshot)
    days = [
        snapshot.calendar.to_moment(w.earliest) for w in snapshot.problem.locations[0].time_windows
    ]
    assert [to_local_date(one) for one in days] == [date(2021, 4, 4)]
    assert told == []
    assert {reason.value for row in plan.unassigned for reason in row.reasons} == {
        "no_shift_in_window"
    }


async def test_hours_that_the_clock_of_autumn_shows_twice_are_kept_the_first_time(fresh):
    hours = open_at((6, time(2, 15), time(2, 45)))

    snapshot = await see(fresh, AUTUMN, an_early_shift(AUTUMN), hours=hours)

    _, told = planned(snapshot)
    assert told
    for visit in told:
        assert AUTUMN.at(2, 15) <= visit.starts_at <= AUTUMN.at(2, 45)


@pytest.mark.parametrize(
    ("night", "ends", "begins", "both"),
    [
        (SPRING, 22, 6, False),  # eight hours on the clock, seven of rest
        (SPRING, 22, 7, True),
        (AUTUMN, 22, 5, True),  # seven hours on the clock, eight of rest
        (AUTUMN, 22, 4, False),
    ],
)
async def test_a_team_rests_in_real_hours(fresh, night, ends, begins, both):
    late = a_night_shift(night, "late", starts_at=night.at(17), ends_at=night.at(ends))
    early = a_night_shift(night, "early", starts_at=night.at(begins), ends_at=night.at(11))
    hours = {
        "wilg": open_at((5, time(17), time(21))),
        "eik": open_at((6, time(4), time(10))),
    }
    apart = [a_location(name, opening=opening) for name, opening in hours.items()]

    eight = PolicyChanged(rest_minutes=480)
    snapshot = await see(fresh, night, late, early, eight, *apart)

    plan, _ = planned(snapshot)
    assert len([route for route in plan.routes if route.stops]) == (2 if both else 1)


@NIGHTS
async def test_the_days_after_the_change_open_by_the_clock_on_the_wall(fresh, night):
    monday = night.sunday + timedelta(days=1)
    shift = a_night_shift(
        night,
        "monday",
        starts_at=to_moment(monday, time(8)).astimezone(UTC),
        ends_at=to_moment(monday, time(12)).astimezone(UTC),
    )

    snapshot = await see(fresh, night, shift, hours=open_at((0, time(9), time(11))))

    _, told = planned(snapshot)
    assert told
    assert to_local_date(told[0].starts_at) == monday
    assert clock_time(told[0].starts_at) == "9:00"
