"""Summary of a plan, as text for people and as one JSON object."""

from dataclasses import dataclass

from infra.postgres.campaign_view import PlanView, RegionView, read_record, view_region
from scheduling.rules import check
from services.demo.scenario import Scenario
from services.demo.stage import Stage
from services.planner.record import from_record


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of a plan, judged again by the checker."""

    scenario: Scenario
    view: RegionView
    plan: PlanView
    violations: int
    seconds_to_plan: float
    url: str
    memory: dict[str, int]  # resident bytes of each process

    def as_json(self) -> dict[str, object]:
        """The object printed by `demo --json`."""
        counts = self.plan.counts
        return {
            "region": self.scenario.region,
            "seed": self.scenario.seed,
            "locations": self.view.locations,
            "persons": self.view.persons,
            "shifts": self.view.shifts,
            "events_accepted": self.view.accepted,
            "people_served": counts["people_served"],
            "people_unserved": counts["people_unserved"],
            "unserved_reasons": counts["unserved_reasons"],
            "doses_wasted": counts["doses_wasted"],
            "working_minutes": counts["working_minutes"],
            "kilometres": round(int(str(counts["metres"])) / 1000, 1),
            "moved_stops": counts["moved_stops"],
            "violations": self.violations,
            "seconds_to_plan": round(self.seconds_to_plan, 1),
            "solve_seconds": round(self.plan.seconds, 1),
            "visits": counts["visits"],
            "memory_mb": {name: size // 1024**2 for name, size in self.memory.items()},
            "status_url": f"{self.url}/status",
        }

    def as_text(self) -> str:
        """The summary as text."""
        found = self.as_json()
        reasons = counts_of(found["unserved_reasons"])
        lines = [
            "",
            f"Plan for {found['region']} from {self.scenario.start.isoformat()} ({self.scenario.days} days, seed {found['seed']})",
            f"  people served      {found['people_served']} of {found['persons']}",
            f"  not served         {found['people_unserved']}",
            *(f"    {reason:22} {count}" for reason, count in reasons),
            f"  doses wasted       {found['doses_wasted']}",
            f"  working hours      {int(str(found['working_minutes'])) / 60:.0f}",
            f"  kilometres         {found['kilometres']}",
            f"  rules broken       {found['violations']}",
            f"  time to the plan   {found['seconds_to_plan']} s, of which {found['solve_seconds']} s solving",
            f"  memory             {sum(self.memory.values()) // 1024**2} MB in {len(self.memory)} processes",
            "",
            f"  status             {found['status_url']}",
            f"  sign in            {self.url}/aanmelden",
            f"  planner            {self.url}/planning",
            f"  practice           {self.url}/praktijk",
            f"  crisis team        {self.url}/regio",
        ]
        return "\n".join(lines)


def counts_of(found: object) -> list[tuple[str, int]]:
    """Reasons with their counts, most frequent first."""
    pairs = found.items() if isinstance(found, dict) else ()
    return sorted(((str(name), int(count)) for name, count in pairs), key=lambda pair: -pair[1])


async def summarise(stage: Stage, seconds: float) -> Summary:
    """Reads the published plan and judges it again from its record."""
    scenario = stage.scenario
    async with stage.database.transaction() as tx:
        view = await view_region(tx, scenario.region)
        assert view.plan is not None, "a summary is made after a plan"
        record = await read_record(tx, view.plan.hash)
    problem, plan = from_record(*record)
    memory = {state.name: state.memory.resident for state in stage.servers.supervisor.status()}
    broken = len(check(problem, plan))
    return Summary(scenario, view, view.plan, broken, seconds, stage.url, memory)
