"""`prikploeg plan`: solves a problem from a file or judges a plan, without service or network."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from scheduling.routing.benchmark import Convention

app = typer.Typer(no_args_is_help=True, help=__doc__)
BROKEN, INVALID, CRASH, INTERRUPTED = 1, 2, 70, 130
File = Annotated[Path, typer.Argument(help="JSON problem, Solomon or VRPLIB file")]
Stored = Annotated[
    str, typer.Argument(help="id of a plan, as its events say, or its number, as pages say")
]
OfRegion = Annotated[str | None, typer.Option("--region", help="where the number is meant")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on standard output")]
Rounding = Annotated[
    Convention | None,
    typer.Option(help="dimacs: arcs cut to one decimal; solomon: fewest vehicles first; whole"),
]


@contextmanager
def in_plain_words(file: Path) -> Iterator[None]:
    """Turns errors into lines that name rows, fields or lines of the file, and an exit code."""
    from scheduling.validation.rows import InvalidProblem
    from services.offline.files.text import UnreadableFile
    from services.offline.run import Mistake

    try:
        yield
    except InvalidProblem as error:
        _end(UnreadableFile(file.name, list(error.rows)), INVALID)
    except ValueError as error:
        _end(error, INVALID)
    except Mistake as error:
        _end(error, CRASH)
    except KeyboardInterrupt:
        _end("stopped, there is no plan yet", INTERRUPTED)


def _end(what: object, code: int) -> None:
    typer.echo(f"prikploeg: {what}", err=True)
    raise typer.Exit(code)


@app.command()
def solve(
    called: typer.Context,
    file: File,
    *,
    seconds: Annotated[
        float, typer.Option(min=0, max=86400, help="for everything, from start to end")
    ] = 30.0,
    work: Annotated[int | None, typer.Option(min=0, help="rounds: the same plan again")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1)] = 0,
    engines: Annotated[
        str | None, typer.Option(help="ortools[,vroom,pyvrp]; all that are installed")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="processes; one for each core")
    ] = None,
    convention: Rounding = None,
    out: Annotated[Path | None, typer.Option(help="write the plan to this file")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a plan for a stored problem, or routes for a Solomon or VRPLIB file."""
    from services.offline.run import Answer, solve_file
    from services.offline.solving import Wish

    names = tuple(name.strip() for name in engines.split(",")) if engines is not None else None
    began = monotonic() if called.obj is None else called.obj  # when the process was started
    count = workers or min(64, len(os.sched_getaffinity(0)))
    wish = Wish(began, seconds, work, seed, names, count)
    with in_plain_words(file):
        solve_file(file, wish, convention, Answer(as_json, out))


@app.command()
def check(
    problem: File,
    plan: Annotated[Path, typer.Argument(help="plan, as `plan solve` wrote it")],
    *,
    convention: Rounding = None,
    as_json: AsJson = False,
) -> None:
    """Judge a plan without any solver; exit code 1 when it breaks a rule or its values are not so."""
    from services.offline.run import check_file

    with in_plain_words(problem):
        broken = check_file(problem, plan, convention, as_json=as_json)
        raise typer.Exit(BROKEN if broken else 0)


@app.command()
def export(
    plan: Stored,
    *,
    region: OfRegion = None,
    out: Annotated[Path, typer.Option(help="folder for problem.json and plan.json")] = Path(),
) -> None:
    """Get a stored plan and its problem out of the system that runs here; persons are random numbers in it."""
    from infra.settings import Settings
    from services.offline.exporting import export as export_plan
    from services.offline.stored import Named

    with in_plain_words(out):
        written = export_plan(Settings.read(), Named.read(plan, region), out)
    typer.echo("\n".join(f"wrote {file}" for file in written))


@app.command()
def explain(plan: Stored, *, region: OfRegion = None, as_json: AsJson = False) -> None:
    """Say of a stored plan what it was made of and how, the order of its aims, and why people are not in it."""
    from infra.settings import Settings
    from services.offline.remaking import say_explained
    from services.offline.stored import Named, read_stored

    say_explained(*read_stored(Settings.read(), Named.read(plan, region)), as_json=as_json)


@app.command()
def recompute(plan: Stored, *, region: OfRegion = None, as_json: AsJson = False) -> None:
    """Make a stored plan again from its record and judge it; exit code 1 when another comes out or it breaks a rule."""
    from infra.settings import Settings
    from services.offline import remaking
    from services.offline.stored import Named, read_stored

    found = remaking.recompute(*read_stored(Settings.read(), Named.read(plan, region)))
    remaking.say_recomputed(found, as_json=as_json)
    raise typer.Exit(BROKEN if found.is_wrong else 0)


@app.command()
def at(
    region: Annotated[str, typer.Argument(help="such as GG2514")],
    when: Annotated[
        str, typer.Argument(help="number of a line of its ledger, or a moment with an offset")
    ],
    *,
    out: Annotated[
        Path | None, typer.Option(help="folder for problem.json and plan.json as of then")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what stood at any line of a region's ledger: its state, the plan that people went by, and its reasons."""
    from infra.settings import Settings
    from services.offline.moment import read_moment, say_moment

    with in_plain_words(out or Path()):
        moment = read_moment(Settings.read(), region, to_line_or_moment(when))
        say_moment(moment, as_json=as_json)
        for file in moment.write(out) if out else ():
            typer.echo(f"wrote {file}", err=True)


def to_line_or_moment(text: str) -> int | datetime:
    """Reads a number or a moment. Raises NotConfigured for anything else."""
    from infra.errors import NotConfigured

    try:
        return int(text) if text.isdecimal() else datetime.fromisoformat(text)
    except ValueError:
        raise NotConfigured(
            "give the number of a line, or a moment such as 2021-02-15T10:00+01:00"
        ) from None


@app.command()
def schema(
    *,
    check: Annotated[
        bool, typer.Option(help="write nothing; exit code 1 when files differ")
    ] = False,
    folder: Annotated[Path, typer.Option(help="where the schemas lie")] = Path("docs/schemas"),
) -> None:
    """Write the JSON Schemas of problem and plan files, or compare them with the code."""
    from services.offline.schema import differing, write

    if not check:
        typer.echo("\n".join(f"wrote {name}" for name in write(folder)) or "nothing changed")
        return
    found = differing(folder)
    lines = [f"{name}: not what the code says; run: prikploeg plan schema" for name in found]
    typer.echo("\n".join(lines) or "the schemas are what the code says")
    raise typer.Exit(BROKEN if found else 0)
