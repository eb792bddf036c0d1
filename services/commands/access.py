"""`prikploeg access`: the log of who looked at whom. Run it where the keys are."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.commands import typed
from services.commands.sessions import settings_here

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def access() -> None:
    """The log of who looked at whom. Run it where the keys are."""


@app.command()
def know(
    subject: Annotated[str, typer.Argument(help="who reads, as `sessions list` shows them")],
    *,
    family_name: Annotated[str, typer.Option(help="of the reader")] = "",
    postcode: Annotated[str, typer.Option(help="where the reader lives")] = "",
    house_number: Annotated[str, typer.Option(help="there")] = "",
) -> None:
    """Note who reads, as keyed hashes: who opens somebody of the own name or street is an alert. Replaces what was noted."""
    from services.commands.verifying import note_reader

    asyncio.run(note_reader(settings_here(), subject, family_name, postcode, house_number))
    typer.echo(f"noted of {subject}; a hash of each is kept, nothing that can be read")


@app.command()
def policy(
    *,
    region: typed.Regions,
    glass_minutes: Annotated[
        int | None, typer.Option(min=1, max=1440, help="for how long a reason opens somebody")
    ] = None,
    review_hours: Annotated[
        int | None, typer.Option(min=1, max=720, help="until when that is reviewed")
    ] = None,
    bulk_persons: Annotated[
        int | None,
        typer.Option(min=1, help="more people than this, opened by one reader, stand out"),
    ] = None,
    bulk_minutes: Annotated[
        int | None, typer.Option(min=1, max=720, help="within so many minutes")
    ] = None,
    night_begins: Annotated[int | None, typer.Option(min=12, max=23, help="hour")] = None,
    night_ends: Annotated[int | None, typer.Option(min=0, max=11, help="hour")] = None,
    night_roles: Annotated[
        str | None, typer.Option(help="who is not at work at night: practice,planner")
    ] = None,
) -> None:
    """Agree about looking at people in a region, or NL for all others; without a number: show what holds."""
    from services.commands.verifying import agree_on

    said = {"glass_minutes": glass_minutes, "review_hours": review_hours, "bulk_persons": bulk_persons, "bulk_minutes": bulk_minutes,
                "night_begins": night_begins, "night_ends": night_ends, "night_roles": night_roles}  # fmt: skip
    given = {name: value for name, value in said.items() if value is not None}
    for one in region:
        typer.echo(asyncio.run(agree_on(settings_here(), one, given)))


@app.command()
def verify(
    *,
    heads: Annotated[
        Path | None,
        typer.Option(
            help="a file kept elsewhere with the end of each chain: read, compared, and written anew when all fits"
        ),
    ] = None,
) -> None:
    """Find lines of the access log that were altered, deleted, put in or moved; exit code 1 when there are."""
    from services.commands.verifying import describe
    from services.commands.verifying import verify as walk

    verdict = asyncio.run(walk(settings_here(), heads))
    typer.echo("\n".join(describe(verdict)))
    raise typer.Exit(1 if verdict.faults else 0)
