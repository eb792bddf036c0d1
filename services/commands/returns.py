"""`prikploeg returns`: where return records are posted to. Run it where the courier runs, with its keys."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from services.commands import typed
from services.commands.destinations import settings_here

app = typer.Typer(no_args_is_help=True, help=__doc__)
Region = Annotated[str, typer.Argument(parser=typed.find_region_or_country, help=typed.HELP)]
Practice = Annotated[
    UUID | None, typer.Option("--practice", help="organisation; without it the register")
]


@app.command()
def post(
    region: Region,
    url: Annotated[str, typer.Argument(help="https address that takes FHIR bundles")],
    practice: Practice = None,
) -> None:
    """Post the return records of a practice, or of the register, to an address; the secret is shown once, here."""
    from services.courier.return_directory import post_to

    secret = asyncio.run(post_to(settings_here(), region, practice, url))
    typer.echo(f"posted to {url}; give the receiver this secret: {secret}")


@app.command()
def fetch(region: Region, practice: Practice = None) -> None:
    """Post no more: a practice fetches its return records on its page or by the API."""
    from services.courier.return_directory import lay_ready_for

    asyncio.run(lay_ready_for(settings_here(), region, practice))
    typer.echo("nothing is posted there any more")
