"""`prikploeg destinations`: who gets webhooks and notices. Run it where the courier runs, with its keys."""

import asyncio
from typing import Annotated

import typer

from infra.settings import Settings
from services.commands import typed

app = typer.Typer(no_args_is_help=True, help=__doc__)
Name = Annotated[str, typer.Argument(help="short name, of a-z, 0-9 and -")]


def settings_here() -> Settings:
    """The settings of the environment, or those of the demo that runs here."""
    from services.commands.setup import find_demo_settings

    return find_demo_settings(Settings.read())


@app.command()
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="https address of a webhook")] = "",
    *,
    kind: Annotated[str, typer.Option(help="webhook or notice-file")] = "webhook",
    type_: Annotated[list[str] | None, typer.Option("--type", help="event that it wants")] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(parser=typed.find_region_or_country, help="of these regions only"),
    ] = None,
    from_start: Annotated[bool, typer.Option(help="also what happened before")] = False,
) -> None:
    """Add a destination; the secret of a webhook is shown once, here."""
    from services.courier.directory import add as add_destination

    secret = asyncio.run(
        add_destination(
            settings_here(), name, kind, url, type_ or [], region or [], from_start=from_start
        )
    )
    typer.echo(f"added {name}" + (f"; give the receiver this secret: {secret}" if secret else ""))


@app.command("list")
def list_all() -> None:
    """List every destination with its state."""
    from services.courier.directory import show

    for row in asyncio.run(show(settings_here())):
        since = (
            f"; failing since {row.failing_since:%Y-%m-%d %H:%M} UTC" if row.failing_since else ""
        )
        success = (
            f"; last success {row.last_success_at:%Y-%m-%d %H:%M} UTC"
            if row.last_success_at
            else ""
        )
        dead = f"; {row.dead} refused and passed over" if row.dead else ""
        why = f" ({row.why})" if row.why else ""
        typer.echo(
            f"{row.name}: {row.kind}, {row.state}{why}; {row.behind} behind, {row.delivered} delivered{success}{since}{dead}"
        )


@app.command()
def remove(name: Name) -> None:
    """Remove a destination with its cursors and dead letters."""
    from services.courier.directory import remove as remove_destination

    asyncio.run(remove_destination(settings_here(), name))
    typer.echo(f"removed {name}")


@app.command()
def resume(name: Name) -> None:
    """Resume a destination that was disabled or waits, now."""
    from services.courier.directory import resume as resume_destination

    asyncio.run(resume_destination(settings_here(), name))
    typer.echo(f"{name} goes on")


@app.command()
def again(
    name: Name,
    region: Annotated[str, typer.Argument(parser=typed.find_region_or_country, help=typed.HELP)],
    after: Annotated[
        int, typer.Argument(min=0, help="number of the last event that is not sent again")
    ],
) -> None:
    """Send again what came after a number of a region; the receiver drops what it has by its id."""
    from services.courier.directory import resume as resume_destination

    asyncio.run(resume_destination(settings_here(), name, region, after))
    typer.echo(f"{name} gets {region} again from {after + 1}")
