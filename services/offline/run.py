"""`plan solve` and `plan check` on files: read, solve or judge, print, write."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import typer

from scheduling.plan import Violation
from scheduling.problem import Problem
from scheduling.routing.benchmark import Convention, Instance, total_distance
from services.offline import judging, saying, tables
from services.offline.files import strict
from services.offline.files.routes import read_routes, to_claim
from services.offline.files.routing import Kind, kind_of, read_instance
from services.offline.files.text import UnreadableFile, read_text, write_text
from services.offline.solving import Wish, solve_instance, solve_problem
from services.offline.stopping import Stop

Judged = tuple[tuple[Violation, ...], saying.Said]
MISTAKE = "our mistake, please report it: "


class Mistake(Exception):
    """The search made a plan that breaks a rule: it is not given out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a plan goes: as JSON or as a table on standard output, and to a file."""

    as_json: bool
    out: Path | None = None

    def check(self) -> None:
        """Raises UnreadableFile when the output could not be written: better before minutes of search than after them."""
        if self.out is not None and not os.access(self.out.parent, os.W_OK):
            raise UnreadableFile(self.out.name, ["cannot be written: no such folder, or not yours"])

    def give(self, said: saying.Said, kept: object, table: Callable[[], None]) -> None:
        """Prints the answer, then writes the file."""
        if self.as_json:
            typer.echo(json.dumps(said))
        else:
            table()
        if self.out is not None:
            write_text(self.out, json.dumps(kept) + "\n")


def solve_file(file: Path, wish: Wish, convention: Convention | None, answer: Answer) -> None:
    """Solves a file and prints the plan. Errors name rows, fields or lines; Mistake means that the search is at fault."""
    answer.check()
    began = monotonic()
    text = read_text(file)
    if kind_of(text, file.name) is Kind.PROBLEM:
        problem = strict.read_problem(text, file.name)
        _solve_problem(problem, wish, answer, monotonic() - began)
    else:
        instance = read_instance(text, file.name, convention)
        _solve_instance(instance, wish, answer, monotonic() - began)


def _solve_problem(problem: Problem, wish: Wish, answer: Answer, read_seconds: float) -> None:
    from scheduling.solve import UnsoundPlan

    try:
        with Stop() as stop:
            plan = solve_problem(problem, wish, stop, read_seconds)
    except UnsoundPlan as error:
        raise Mistake(f"{MISTAKE}{error}") from error
    broken, _ = judging.judge_plan(problem, plan)
    if broken:
        raise Mistake(MISTAKE + _in_one_line(broken))
    said = saying.plan_said(problem, plan)
    answer.give(said, said["plan"], lambda: tables.show_plan(problem, plan, said))


def _solve_instance(instance: Instance, wish: Wish, answer: Answer, read_seconds: float) -> None:
    with Stop() as stop:
        found = solve_instance(instance, wish, stop, read_seconds)
    broken = judging.judge_routes(instance, found.routes, dict(found.left_out))
    if broken:
        raise Mistake(MISTAKE + _in_one_line(broken))
    said = saying.routes_said(instance, found, wish.seed)
    answer.give(said, said, lambda: tables.show_routes(instance, said))


def _in_one_line(broken: Sequence[Violation]) -> str:
    return "; ".join(f"{row.rule} at {row.where}: {row.detail}" for row in broken[:10])


def check_file(
    problem: Path, plan: Path, convention: Convention | None, *, as_json: bool
) -> tuple[Violation, ...]:
    """Judges a plan and prints the violations."""
    text = read_text(problem)
    if kind_of(text, problem.name) is Kind.PROBLEM:
        violations, values = _check_plan(text, problem, plan)
    else:
        violations, values = _check_routes(text, problem, plan, convention)
    said = saying.judgement_said(violations, values)
    if as_json:
        typer.echo(json.dumps(said))
    else:
        tables.show_judgement(violations, said)
    return violations


def _check_plan(text: str, file: Path, plan_file: Path) -> Judged:
    problem = strict.read_problem(text, file.name)
    plan = strict.read_plan(read_text(plan_file), plan_file.name)
    violations, values = judging.judge_plan(problem, plan)
    return violations, {"objective": saying.objective(values)} if values else {}


def _check_routes(text: str, file: Path, plan_file: Path, convention: Convention | None) -> Judged:
    routes = read_routes(read_text(plan_file), plan_file.name)
    instance = read_instance(text, file.name, convention or routes.convention)
    claim = to_claim(instance, routes, plan_file.name)
    violations = judging.judge_routes(instance, claim.routes, claim.left_out)
    if claim.distance is not None:
        violations += judging.judge_distance(instance, claim.routes, claim.distance)
    counted = saying.in_unit(instance, total_distance(instance, claim.routes))
    used = sum(1 for route in claim.routes if route)
    left_out = len(claim.left_out)
    return violations, {"distance": counted, "vehicles": used, "unassigned": left_out}
