"""`plan at`: state, plan and reasons of a region as of any line of its ledger."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import typer

from infra.clock import clock_from
from infra.errors import NotConfigured
from infra.postgres.campaign_view import read_plan_in_force, read_record
from infra.postgres.database import wait_for
from infra.postgres.snapshot.load import read_snapshot
from infra.postgres.snapshot.rows import Snapshot
from infra.postgres.state import find_last_before
from infra.settings import Settings
from scheduling.plan import Plan
from scheduling.problem import Problem
from services.accept.time_machine import read_as_of, standing_at
from services.commands.setup import find_demo_settings
from services.offline import tables
from services.offline.files.text import write_text
from services.offline.saying import Said
from services.planner.problem.posed import to_problem
from services.planner.record import PLAN, PROBLEM, from_record


@dataclass(frozen=True, slots=True)
class Moment:
    """What stood then: the state, the problem that it poses, and the plan that people went by with its reasons."""

    said: Said
    problem: Problem
    plan: Plan | None  # None before the first, and when its record was deleted by policy

    def write(self, folder: Path) -> list[Path]:
        """Writes `problem.json`, and `plan.json` where there is one; people appear as random ids only."""
        folder.mkdir(parents=True, exist_ok=True)
        written = [folder / "problem.json"]
        write_text(written[0], PROBLEM.dump_json(self.problem).decode() + "\n")
        if self.plan is not None:
            written.append(folder / "plan.json")
            write_text(written[1], PLAN.dump_json(self.plan).decode() + "\n")
        return written


def read_moment(settings: Settings, region: str, when: int | datetime) -> Moment:
    """Reads what stood at a line of a region's ledger, or at a moment. Raises NotConfigured where there was nothing."""
    return asyncio.run(_read(settings, region, when))


async def _read(settings: Settings, region: str, when: int | datetime) -> Moment:
    found = find_demo_settings(settings)
    owner = found.postgres.dsn("owner")
    number = when if isinstance(when, int) else await _find_line(found, region, when)
    async with standing_at(owner, region, number) as (tx, position):
        as_of = await read_as_of(tx, position)
        snapshot = replace(await read_snapshot(tx, region, position.at), as_of=as_of)
        in_force = await read_plan_in_force(tx, region)
        kept = await read_record(tx, in_force[1]) if in_force else None
    plan = from_record(*kept)[1] if kept else None
    problem = to_problem(snapshot).problem
    said: Said = {
        "region": region,
        "line": number,
        "at": position.at.isoformat(),
        "knew": {"region": as_of[0], "country": as_of[1]},
        "state": count_state(snapshot, problem),
        "plan": {"id": str(in_force[0]) if in_force else None, "visits": list_visits(snapshot)},
        "reasons": count_reasons(plan) if plan else {},
    }
    return Moment(said, problem, plan)


async def _find_line(settings: Settings, region: str, at: datetime) -> int:
    if at.tzinfo is None:
        raise NotConfigured("a moment needs an offset, such as 2021-02-15T10:00+01:00")
    if at > clock_from(settings.run).now():
        raise NotConfigured("a moment to come has no state yet")
    database = await wait_for(settings.postgres.dsn("planner"), size=1, patience=5)
    try:
        async with database.transaction() as tx:
            position = await find_last_before(tx, region, at)
    finally:
        await database.close()
    if position is None:
        raise NotConfigured(f"the ledger of {region} had no line yet")
    return position.seq


def count_state(snapshot: Snapshot, problem: Problem) -> dict[str, object]:
    """The state in numbers: people, what they had, teams, visits, stock."""
    usable: Counter[str] = Counter()
    for row in snapshot.supply.stock:
        usable[row.product] += row.doses if row.is_usable else 0
    visits = snapshot.visits.published
    return {
        "people_registered": len({row.person for row in snapshot.people.registrations}),
        "doses_needed": len(problem.needs),
        "doses_recorded": len(snapshot.people.facts.doses),
        "locations": len(snapshot.places.locations),
        "outbreaks": sum(row.outbreak is not None for row in snapshot.places.locations),
        "shifts": len(snapshot.teams.shifts),
        "visits": len(visits),
        "visits_begun": sum(row.is_started for row in visits),
        "visits_completed": sum(row.is_completed for row in visits),
        "pins": len(snapshot.visits.pins),
        "crisis_calls": len(snapshot.visits.crises),
        "doses_usable": dict(sorted(usable.items())),
        "deliveries_announced": len(snapshot.supply.announcements),
    }


def list_visits(snapshot: Snapshot) -> list[dict[str, object]]:
    """The published visits in order of their beginning; nobody is named."""
    return [
        {
            "visit": str(row.facts.visit_id),
            "starts_at": row.facts.starts_at.isoformat(),
            "ends_at": row.facts.ends_at.isoformat(),
            "team": str(row.facts.team_id),
            "location": str(row.facts.location_id),
            "people": len(row.facts.persons),
            "product": row.facts.product_id,
        }
        for row in sorted(
            snapshot.visits.published, key=lambda row: (row.facts.starts_at, row.facts.visit_id)
        )
    ]


def count_reasons(plan: Plan) -> dict[str, int]:
    """Doses and calls that the plan does not serve, by their strongest reason."""
    reasons = Counter(row.reasons[0].value for row in plan.unassigned)
    return dict(sorted(reasons.items()))


def say_moment(moment: Moment, *, as_json: bool) -> None:
    """Prints it: as JSON whole, in a table with the number of visits."""
    if as_json:
        typer.echo(json.dumps(moment.said))
        return
    plan = moment.said["plan"]
    assert isinstance(plan, dict)
    said = {**moment.said, "plan": {"id": plan["id"], "visits": len(plan["visits"])}}
    tables.console().print(tables.facts(said, leave_out=()))
