"""`plan recompute` and `plan explain`: a stored plan made again from its record, and what it was made of in words."""

import json
from dataclasses import asdict, dataclass

import typer

from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.remaking import Remade, remake
from services.offline import judging, saying, tables
from services.offline.saying import Said

SAME, BY_THE_CLOCK, UNKNOWN = "same", "by_the_clock", "not_noted"
WORDS = {
    SAME: "the same plan again, bit for bit",
    BY_THE_CLOCK: "a clock ended the search of this plan: the same is not to be expected again (PLANNER_ROUNDS limits by work)",
    UNKNOWN: "this plan is of a version that did not note how it was made",
}


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came of making a plan again, and of judging the kept one."""

    remade: Remade | None
    violations: tuple[Violation, ...]
    said: Said

    @property
    def is_wrong(self) -> bool:
        """Whether another plan came out, or the kept one is not what it says."""
        return bool(self.violations) or bool(self.remade and self.remade.differing)


def recompute(problem: Problem, plan: Plan) -> Recomputed:
    """Judges a stored plan, and makes it again where work and not a clock ended its search. Raises as `solve`."""
    violations, _ = judging.judge_plan(problem, plan)
    remade = remake(problem, plan)
    said: Said = {
        "outcome": name_outcome(plan, remade),
        "differing": list(remade.differing) if remade else [],
        "violations": [asdict(row) for row in violations],
        "objective": saying.objective(plan.values),
        "again": saying.objective(remade.plan.values) if remade else None,
    }
    return Recomputed(remade, violations, said)


def name_outcome(plan: Plan, remade: Remade | None) -> str:
    """What came of it, in a word."""
    if remade is not None:
        return "other" if remade.differing else SAME
    return UNKNOWN if plan.made is None else BY_THE_CLOCK


def say_recomputed(found: Recomputed, *, as_json: bool) -> None:
    """Prints what came of it."""
    if as_json:
        typer.echo(json.dumps(found.said))
        return
    outcome = str(found.said["outcome"])
    others = ", ".join(found.remade.differing) if found.remade else ""
    typer.echo(WORDS.get(outcome, f"another plan: {others} differ"))
    tables.show_judgement(found.violations, {"objective": found.said["objective"]})


def explain(problem: Problem, plan: Plan) -> Said:
    """What a plan was made of and how, the order of its aims with their values, and why people are not in it."""
    said = saying.plan_said(problem, plan)
    order = zip(saying.ORDER, plan.values.as_tuple(), strict=True)
    return {
        "region": plan.region,
        "knew": {"region": plan.as_of[0], "country": plan.as_of[1]},
        "from": plan.horizon_start,
        "days": problem.days,
        "made_of": {
            "people": len({need.person_id for need in problem.needs}),
            "shifts": len(problem.shifts),
            "locations": len(problem.locations),
            "crisis_visits": len(problem.crisis_visits),
            "pinned_or_frozen": len(problem.fixed),
            "published": len(problem.published),
            "travel": problem.travel.version,
        },
        "aims_in_order": dict(order),
        "weights": [str(weight) for weight in plan.weights],
        "way": plan.made.way.value if plan.made else None,
        "limits": asdict(plan.made) if plan.made else None,
        "seed": plan.seed,
        "solver": plan.solver,
        "engines": list(plan.engines),
        "counts": said["counts"],
        "proven": said["proven"],
        "replay": said["replay"],
        "pins_that_do_not_hold": [asdict(row) for row in plan.pin_faults],
        "taken_by_facts": [f"{row.visit_id} {row.rule}: {row.detail}" for row in plan.taken],
        "gave_way": [f"{row.visit_id} for {row.for_visit}" for row in plan.moved],
    }


def say_explained(problem: Problem, plan: Plan, *, as_json: bool) -> None:
    """Prints what a plan was made of, then who is not served and why."""
    said = explain(problem, plan)
    if as_json:
        typer.echo(json.dumps(said))
        return
    output = tables.console()
    output.print(tables.facts(said, leave_out=()))
    if plan.unassigned:
        output.print(tables.not_served(plan))
