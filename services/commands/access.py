"""`prikploeg access`: the log of who looked at whom. Run it where the keys are."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.commands.sessions import settings_here

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def access() -> None:
    """The log of who looked at whom. Run it where the keys are."""


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
