"""The figures of each evening: what a campaign leader would look at, from the state and the published plans."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from typing import Any

from events.local_time import to_moment
from scheduling.problem import Problem
from tests.campaign.standing import Standing, plan_of
from tests.faults.reading import Owner


@dataclass
class Day:
    """One row of the table; people and doses are totals so far, the rest is of the day."""

    day: str
    registered: int
    dose_1: int
    dose_2: int
    planned: int
    reserved: int  # a second dose that the plan does not see yet
    ended: int
    unserved: dict[str, int]
    halfway: dict[str, int]  # of those, who had the first dose
    wasted: int
    expired: int
    stock: int
    teams: int
    visits: int
    kilometres: float
    plans: int
    plan_seconds: float  # the longest
    ledger: int
    happened: list[str] = field(default_factory=list)
    seconds: float = 0.0  # real, of the whole day
    broken: dict[str, list[str]] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        return sum(self.unserved.values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def figures(tx: Owner, region: str, day: date, standing: Standing) -> Day:
    """The figures of an evening."""
    begin, end = to_moment(day, time()), to_moment(day, time(23, 59))
    states = {state: len(people) for state, people in standing.states().items()}
    moved: Counter[str] = Counter()
    for row in standing.movements:
        moved["expired" if row["reason"] == "expired" else row["kind"]] -= row["doses"]
    visits = await tx.fetch(
        "SELECT shift, location FROM visits WHERE region = $1 AND started_at BETWEEN $2 AND $3"
        " ORDER BY started_at, visit",
        region,
        begin,
        end,
    )
    plans = await tx.fetch(
        "SELECT hash, seconds FROM plans JOIN plan_records r USING (region, hash)"
        " WHERE region = $1 AND published_seq > 0 AND r.from_at BETWEEN $2 AND $3"
        " ORDER BY published_seq",
        region,
        begin,
        end,
    )
    problems = [(await plan_of(tx, row["hash"]))[0] for row in plans[-1:]]
    return Day(
        day=day.isoformat(),
        registered=len(standing.registered),
        dose_1=sum(number == 1 for _, number in standing.given),
        dose_2=sum(number == 2 for _, number in standing.given),
        planned=states.pop("planned", 0),
        reserved=states.pop("reserved", 0),
        ended=states.pop("ended", 0),
        unserved={state: n for state, n in sorted(states.items()) if state != "complete"},
        halfway=standing.halfway(),
        wasted=moved["wasted"],
        expired=moved["expired"],
        stock=-sum(moved.values()),
        teams=len({row["shift"] for row in visits}),
        visits=len(visits),
        kilometres=round(sum(metres(problem, visits) for problem in problems) / 1000, 1),
        plans=len(plans),
        plan_seconds=round(max((row["seconds"] for row in plans), default=0.0), 2),
        ledger=await tx.fetchval("SELECT n FROM region_seq WHERE region = $1", region),
    )


def metres(problem: Problem, visits: list[Any]) -> int:
    """What the teams drove: from their depot along their visits and back, by the travel of that evening's plan."""
    places = {location.id: location.place for location in problem.locations}
    homes = {depot.id: depot.place for depot in problem.depots}
    shifts = {shift.id: shift for shift in (*problem.shifts, *problem.standing_shifts)}
    total = 0
    for name in {str(row["shift"]) for row in visits}:
        home = homes[shifts[name].depot_id]
        way = [places[str(row["location"])] for row in visits if str(row["shift"]) == name]
        legs = zip([home, *way], [*way, home], strict=True)
        total += sum(problem.travel.metres[a][b] for a, b in legs)
    return total


HEADS = (
    "day", "reg.", "dose 1", "dose 2", "planned", "reserved", "ended", "left out", "halfway", "wasted",
    "expired", "stock", "teams", "visits", "km", "plans", "plan s", "ledger", "day s",
)  # fmt: skip


def cells(one: Day) -> tuple[str, ...]:
    """One row as texts."""
    weekday = datetime.fromisoformat(one.day).strftime("%a")
    return (
        f"{weekday} {one.day[5:]}",
        *(
            str(n)
            for n in (
                one.registered, one.dose_1, one.dose_2, one.planned, one.reserved, one.ended,
                one.left_out, sum(one.halfway.values()), one.wasted, one.expired, one.stock, one.teams, one.visits,
            )
        ),
        f"{one.kilometres:.0f}",
        str(one.plans),
        f"{one.plan_seconds:.1f}",
        str(one.ledger),
        f"{one.seconds:.0f}",
    )  # fmt: skip


def header() -> str:
    return "  ".join(f"{head:>9}" for head in HEADS)


def line(one: Day) -> str:
    """One row for a terminal, with what happened and what is broken below."""
    said = ["  ".join(f"{cell:>9}" for cell in cells(one))]
    if one.unserved:
        said.append(
            "           left out: " + ", ".join(f"{n} {why}" for why, n in one.unserved.items())
        )
    if one.halfway:
        said.append(
            "           halfway: " + ", ".join(f"{n} {why}" for why, n in one.halfway.items())
        )
    said += [f"           {what}" for what in one.happened]
    said += [f"  BROKEN   {name}: {'; '.join(what)}" for name, what in one.broken.items()]
    return "\n".join(said)


def table(days: list[Day]) -> list[str]:
    """The rows in Markdown."""
    rows = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    return rows + ["| " + " | ".join(cells(one)) + " |" for one in days]
