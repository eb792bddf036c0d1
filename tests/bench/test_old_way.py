"""The region of the demo, planned by a careful planner by hand and by us: the same rows, the same rules.

Run by `make bench`. SECONDS sets the time that our search has.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from events.local_time import to_moment
from infra.postgres.snapshot.load import load_snapshot
from scheduling.explain import unassigned
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules import check
from scheduling.visits.grouping import group
from services.accept.accept import accept
from services.accept.submission import Submission
from services.commands.connecting import exercise_systems
from services.demo.scenario import BEGINS, Scenario
from services.planner.problem.posed import to_problem
from services.simulator.feed import feed
from tests.bench.by_hand import ByHand, reasons_for_nobody
from tests.bench.judge import travel_of
from tests.bench.methods import OURS, solved
from tests.bench.runs import SECONDS, apart, code, machine, now, publish, table
from tests.conftest import Fresh
from tests.services.importing.builders import Inbox, SmallVault, to_inward

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(900)]
BATCH = 500
SCENARIO = Scenario()


async def demo_problem(fresh: Fresh, folder: Path, scenario: Scenario = SCENARIO) -> Problem:
    """What the planner of the demo reads on its first morning."""
    inbox = Inbox()
    await feed(folder, scenario.make(), inbox, SmallVault())
    systems = {one.topic: one for one in exercise_systems(scenario.region)}
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    at = to_moment(scenario.start, BEGINS)
    for begin in range(0, len(inbox.records), BATCH):
        part = [
            Submission((replace(to_inward(one), system=systems[one.topic]),))
            for one in inbox.records[begin : begin + BATCH]
        ]
        await accept(door, part, at)
    return to_problem(await load_snapshot(reading, scenario.region, at)).problem


async def test_by_hand_and_by_prikploeg(fresh: Fresh, tmp_path: Path, capsys):
    problem = await demo_problem(fresh, tmp_path)

    planner = ByHand(problem)
    hand = planner.plan()
    ours, spent = apart(lambda: solved(problem, OURS, SECONDS, 1))

    visits = group(problem)
    left = unassigned(problem, visits, hand.routes, reasons_for_nobody(problem))
    assert check(problem, replace(hand, unassigned=left)) == ()
    two = (hand, ours)
    rows = [
        ("people served", *(f"{people(plan):,}" for plan in two)),
        ("unserved weight", *(f"{plan.values.unserved_weight:,}" for plan in two)),
        ("team-days", *(f"{days(plan)}" for plan in two)),
        ("people a team-day", *(f"{people(plan) / days(plan):.1f}" for plan in two)),
        ("visits", *(f"{sum(len(route.stops) for route in plan.routes)}" for plan in two)),
        ("crisis visits", *(f"{crises(plan)}" for plan in two)),
        ("doses wasted", *(f"{plan.values.doses_wasted:,}" for plan in two)),
        ("working hours", *(f"{plan.values.working_seconds / 3600:,.0f}" for plan in two)),
        ("minutes of work a person", *(f"{plan.values.working_seconds / 60 / people(plan):.1f}" for plan in two)),
        ("hours on the road", *(f"{travel_of(problem, plan) / 3600:,.0f}" for plan in two)),
        ("kilometres", *(f"{plan.values.metres / 1000:,.0f}" for plan in two)),
        ("phone calls to plan", f"{len(planner.asked) + days(hand)}", "0"),
    ]  # fmt: skip
    notes = (
        f"{len(problem.needs):,} people on the list, {len(visits)} visits, {len(problem.shifts)} team-days in {problem.days} days;"
        f" our search {spent.seconds:.0f} s, by hand some days.\n"
        "Phone calls: by hand one to each institution to ask when a team may come and one to each team for each day; the hours"
        f" of institutions and teams are registered with us.\n{now()}; {machine()}; commit {code()}"
    )
    publish("old_way", table("The demo's region, 14 days", ("", "by hand", "Prikploeg"), rows, notes), capsys)  # fmt: skip
    assert hand.values.as_tuple() > ours.values.as_tuple()


def people(plan: Plan) -> int:
    return sum(len(stop.visit.needs) for route in plan.routes for stop in route.stops)


def days(plan: Plan) -> int:
    return sum(bool(route.stops) for route in plan.routes)


def crises(plan: Plan) -> int:
    return sum(stop.visit.campaign_id is None for route in plan.routes for stop in route.stops)
