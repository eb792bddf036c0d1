"""`prikploeg sessions`: who may sign in on the pages, until an identity provider is connected. Run it where the keys are."""

import asyncio
from typing import Annotated

import typer

from infra.settings import Settings
from services.commands import typed

app = typer.Typer(no_args_is_help=True, help=__doc__)


def settings_here() -> Settings:
    """The settings of the environment, or those of what runs here."""
    from services.commands.setup import find_demo_settings

    return find_demo_settings(Settings.read())


@app.command("open")
def open_for(
    role: Annotated[str, typer.Argument(help="planner, practice, crisis or admin")],
    *,
    region: typed.Region,
    organisation: Annotated[
        str, typer.Option(help="name or id: a planner's post or depot, a practice")
    ] = "",
    name: Annotated[
        str, typer.Option(help="for whom: a number or a word, no name of a person")
    ] = "",
) -> None:
    """Open a session for somebody: a code that signs in once, within an hour."""
    from services.commands.opening import open_code

    settings = settings_here()
    who, code = asyncio.run(open_code(settings, role, region, organisation, name))
    typer.echo(
        f"code: {code}\n"
        f"for {who.subject}; it works once, within an hour, at {settings.web.address}/aanmelden"
    )


@app.command("list")
def list_all() -> None:
    """List the sessions that are open: number, who, role, region, until when."""
    from services.commands.opening import list_sessions

    for one in asyncio.run(list_sessions(settings_here())):
        typer.echo(
            f"{str(one.session)[:8]}  {one.who.subject}  {one.who.role}  {one.who.region}"
            f"  until {one.until:%Y-%m-%d %H:%M} UTC"
        )


@app.command()
def end(
    number: Annotated[str, typer.Argument(help="of a session, as `list` shows it")] = "",
    *,
    subject: Annotated[
        str, typer.Option(help="withdraw all rights: every session, token and code of this one")
    ] = "",
) -> None:
    """End a session, or all that somebody holds: at once, whatever was copied, and open pages too."""
    from services.commands.opening import end_session, name_operator, withdraw

    if bool(number) == bool(subject):
        raise ValueError("give the number of a session, or --subject")
    if subject:
        ended = asyncio.run(withdraw(settings_here(), subject, name_operator()))
        typer.echo(f"{subject} holds nothing any more; {ended} open sessions ended")
    else:
        who = asyncio.run(end_session(settings_here(), number, name_operator()))
        typer.echo(f"the session of {who.subject} is ended")
