"""Plans and judgements as tables, for people; also when the output is no terminal."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from events.local_time import AMSTERDAM
from infra.postgres.snapshot.calendar import Calendar
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.routing.benchmark import Instance
from services.offline.saying import Said

WIDTH = 150  # columns, in a file or a pipe


def console() -> Console:
    """A console on standard output; in a file or a pipe as wide as the tables need."""
    found = Console(highlight=False, markup=False, emoji=False)
    return (
        found
        if found.is_terminal
        else Console(highlight=False, markup=False, emoji=False, width=WIDTH)
    )


def show_plan(problem: Problem, plan: Plan, said: Said) -> None:
    """Prints every stop, the objective and the counts."""
    calendar = Calendar(date.fromisoformat(problem.horizon_start), problem.days)
    teams = {shift.id: shift.team_id for shift in problem.shifts}
    table = Table("begins", "team", "location", "product", "doses", "until", box=None)
    for route in sorted(plan.routes, key=lambda route: (route.departure, route.shift_id)):
        for stop in route.stops:
            begins = calendar.to_moment(stop.start).astimezone(AMSTERDAM)
            until = calendar.to_moment(stop.departure).astimezone(AMSTERDAM)
            table.add_row(
                f"{begins:%a %d %b %H:%M}",
                teams[route.shift_id],
                stop.visit.location_id,
                stop.visit.product_id or "",
                str(stop.visit.doses or ""),
                f"{until:%H:%M}",
            )
    output = console()
    output.print(table)
    if plan.unassigned:
        output.print(not_served(plan))
    output.print(facts(said, leave_out=("plan",)))


def not_served(plan: Plan) -> Table:
    """Doses and crisis visits without a stop, by location and reason."""
    table = Table("not served", "why", "doses or calls", box=None)
    rows = Counter((row.location_id, row.reasons) for row in plan.unassigned)
    for (location, reasons), count in sorted(rows.items()):
        table.add_row(location, ", ".join(map(readable, reasons)), str(count))
    return table


def show_routes(instance: Instance, said: Said) -> None:
    """Prints every route, the distance, and the unassigned customers."""
    routes = said["routes"]
    assert isinstance(routes, list)
    table = Table("route", "customers", "in order", box=None)
    for k, route in enumerate(routes, 1):
        table.add_row(str(k), str(len(route)), " ".join(map(str, route)))
    output = console()
    output.print(table)
    output.print(facts(said, leave_out=("routes",)))
    output.print(f"of {instance.size - 1} customers", style="dim")


def facts(said: Said, *, leave_out: Sequence[str]) -> Table:
    """A table of names and values; nested values are indented."""
    table = Table(box=None, show_header=False)
    for name, value in said.items():
        if name in leave_out or value in (None, [], {}):
            continue
        if isinstance(value, dict):
            table.add_row(readable(name), "")
            for inner, what in value.items():
                if not isinstance(what, dict):
                    table.add_row(f"  {readable(inner)}", _text(what))
                    continue
                for reason, count in what.items():
                    table.add_row(f"    {readable(reason)}", _text(count))
        else:
            table.add_row(readable(name), _text(value))
    return table


def readable(name: str) -> str:
    """`doses_wasted` as words."""
    return name.replace("_", " ")


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def show_judgement(violations: Sequence[Violation], said: Said) -> None:
    """Prints violations by rule, then the recomputed values."""
    output = console()
    if violations:
        table = Table("rule", "where", "what", box=None)
        for row in violations:
            table.add_row(row.rule, row.where, row.detail)
        output.print(table)
    output.print(facts(said, leave_out=("rows",)))
