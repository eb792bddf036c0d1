"""The command line: settings are read here and only here, and passed on.

Commands import what they need inside, so that `prikploeg --help` and a small process do not load the solver.
"""

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.clock import process_began
from infra.errors import NotConfigured, Unavailable
from infra.logs import configure
from infra.settings import InvalidSettings, Settings
from services.commands import access, destinations, returns, sessions, typed
from services.commands.ending import CRASH, run_to_end
from services.offline import command as plans

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
quarantine = typer.Typer(no_args_is_help=True, help="Quarantined records.")
app.add_typer(quarantine, name="quarantine")
app.add_typer(destinations.app, name="destinations")
app.add_typer(returns.app, name="returns")
app.add_typer(sessions.app, name="sessions")
app.add_typer(access.app, name="access")
app.add_typer(plans.app, name="plan")
Process = Callable[[Settings], Coroutine[Any, Any, None]]


def run_process(
    name: str,
    process: Process,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Run one process until it ends; an error of ours ends it with CRASH."""
    settings = Settings.read()
    configure(name, settings.run.log_level)
    collect_seldom()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run_to_end(name, process(settings)))


def collect_seldom() -> None:
    """Freeze what was loaded and collect less often: the collector would walk over all of it every few hundred events."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def choose_quick_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop for a process that answers many requests; None, the usual one, where uvloop does not exist."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


@app.command()
def intake() -> None:
    """Read the inbound topics into the ledger."""
    from services.intake.loop import run

    run_process("intake", run)


@app.command()
def planner() -> None:
    """Make plans."""
    from services.planner.loop import run

    run_process("planner", run)


@app.command()
def relay() -> None:
    """Send ledger events to the outward topics."""
    from services.relay.loop import run

    run_process("relay", run)


@app.command()
def courier() -> None:
    """Deliver webhooks and notices, count the progress."""
    from services.courier.loop import run

    run_process("courier", run)


@app.command()
def web() -> None:
    """Serve pages and API."""
    from services.web.app import serve

    run_process("web", serve, choose_quick_loop())


@app.command()
def healthy(process: str) -> None:
    """Exit code 0 when this process works now: intake, planner, relay, courier or web."""
    from services.commands.health import healthy as is_healthy

    raise typer.Exit(0 if asyncio.run(is_healthy(Settings.read(), process)) else 1)


@app.command()
def migrate() -> None:
    """Bring the database to this version, its state to our fold of the ledger, and set the passwords of its roles."""
    from services.commands.setup import migrate_all

    settings = Settings.read()
    typer.echo("\n".join(asyncio.run(migrate_all(settings))) or "nothing to apply")


@app.command()
def connect(
    topic: str,
    *,
    sender: Annotated[str, typer.Option(help="practice, institution, hap, ggd, team or operator")],
    source: Annotated[
        list[str],
        typer.Option(
            help="source of one of its organisations or systems; may be given several times"
        ),
    ],
    region: typed.Regions,
    exercise: Annotated[
        bool,
        typer.Option(
            "--exercise", help="no real people: it may speak as every organisation of its kind"
        ),
    ] = False,
) -> None:
    """Connect a system: its topic, who may speak on it and for which regions. Restart intake afterwards."""
    from events.envelope import Sender, System
    from services.commands.admission import check_system
    from services.commands.connecting import connect as connect_systems
    from services.commands.connecting import to_acl_command

    if sender not in set(Sender):
        raise typer.BadParameter("--sender: practice, institution, hap, ggd, team or operator")
    system = System(topic, Sender(sender), tuple(source), frozenset(region))
    check_system(system, exercise=exercise)
    settings = Settings.read()
    asyncio.run(connect_systems(settings, [system], apart=True))
    typer.echo(f"{topic} is connected; restart intake")
    if settings.kafka.security_protocol != "PLAINTEXT":
        typer.echo(f"let it write there, and nowhere else:\n{to_acl_command(settings, topic)}")


@app.command()
def token(
    topic: str,
    *,
    days: Annotated[int, typer.Option(help="how long it is valid", min=1, max=366)] = 90,
) -> None:
    """Print a bearer token with which a connected system reads what of its own was refused, and nothing else."""
    from services.commands.connecting import make_sender_token
    from services.commands.setup import find_demo_settings

    settings = find_demo_settings(Settings.read())
    typer.echo(asyncio.run(make_sender_token(settings, topic, days)))


@app.command()
def alias(
    urn: Annotated[str, typer.Argument(help="urn:nld:oin:... or urn:nld:kvknr:...")],
    source: Annotated[str, typer.Argument(help="the source that is known, whole")],
) -> None:
    """Let a known sender use the URN of its organisation as source, for ever. Restart intake afterwards."""
    from services.commands.connecting import tie_alias

    asyncio.run(tie_alias(Settings.read(), urn, source))
    typer.echo(f"{urn} is {source}; restart intake")


@app.command()
def topics() -> None:
    """Make the topics of all connected systems and those outward."""
    from services.commands.connecting import connect as connect_systems
    from services.commands.connecting import list_append_time_commands

    settings = Settings.read()
    typer.echo("\n".join(asyncio.run(connect_systems(settings, []))))
    if commands := asyncio.run(list_append_time_commands(settings)):
        typer.echo(
            "records of these grow old by the time of their senders; let an administrator run:"
        )
        typer.echo("\n".join(commands))


@app.command()
def rebuild(
    *,
    replace: Annotated[
        bool, typer.Option(help="put the rebuilt state in place; accepting waits meanwhile")
    ] = False,
    hand_back: Annotated[
        int | None,
        typer.Option(help="fold of an earlier version, to go back to it (decision 0019)"),
    ] = None,
) -> None:
    """Rebuild the projection beside the live tables and compare the two; exit code 1 when they differ."""
    from services.commands.rebuilding import compare_state, hand_state_back, replace_state

    settings = Settings.read()
    if hand_back is not None:
        typer.echo(asyncio.run(hand_state_back(settings, hand_back)))
    elif replace:
        typer.echo("\n".join(asyncio.run(replace_state(settings))))
    else:
        differing, lines = asyncio.run(compare_state(settings))
        typer.echo("\n".join(lines))
        raise typer.Exit(1 if differing else 0)


def name_operator() -> str:
    """Who sits at this command line, for the log."""
    from getpass import getuser

    return f"cli:{getuser()}"


@quarantine.command("list")
def list_quarantined(*, topic: str | None = None, reason: str | None = None) -> None:
    """Count the open records of the quarantine; with --topic and --reason list each one: number, time, fields."""
    from services.commands.repairing import list_quarantined as listed

    lines = asyncio.run(listed(Settings.read(), topic, reason))
    typer.echo("\n".join(lines) or "the quarantine is empty")


@quarantine.command("offer")
def offer_quarantined(
    *,
    number: int | None = None,
    topic: str | None = None,
    reason: str | None = None,
    everything: Annotated[bool, typer.Option("--all", help="of every topic and reason")] = False,
) -> None:
    """Offer quarantined records again: one, those of a topic or reason, or all; exit code 1 when some stay."""
    from services.commands.repairing import offer_quarantined as offered

    if sum((number is not None, topic is not None or reason is not None, everything)) != 1:
        raise ValueError("give --number, or --topic and --reason (one or both), or --all")
    done = asyncio.run(offered(Settings.read(), number, topic, reason, name_operator()))
    typer.echo(f"{done.accepted} accepted, {done.refused} rejected again, {done.gone} not open")
    if done.closed:
        typer.echo(
            f"{done.closed} stay closed: the quarantine's key that fits is not here", err=True
        )
    raise typer.Exit(1 if done.refused or done.closed else 0)


@quarantine.command("reseal")
def reseal_quarantined() -> None:
    """Publish the newest version of the quarantine's key, and seal with it what lies there; after the key was renewed."""
    from services.commands.sealing import seal_anew
    from services.commands.setup import find_demo_settings

    lines = asyncio.run(seal_anew(find_demo_settings(Settings.read())))
    typer.echo("\n".join(lines) or "everything is sealed with the newest version")


@app.command("intake-resume")
def intake_resume(topic: str) -> None:
    """Resume a topic that intake stopped because nearly every record was rejected; exit code 1 when records are gone."""
    from services.commands.repairing import resume

    lines, is_gone = asyncio.run(resume(Settings.read(), topic, name_operator()))
    typer.echo("\n".join([*lines, f"{topic} is read again"]))
    raise typer.Exit(1 if is_gone else 0)


@app.command()
def asyncapi(
    *,
    check: Annotated[
        bool, typer.Option(help="write nothing; exit code 1 when files differ or a change breaks")
    ] = False,
    folder: Annotated[Path, typer.Option(help="where the contracts lie")] = Path("docs/contracts"),
) -> None:
    """Write the AsyncAPI document and the JSON Schemas of all events, or compare them with the code."""
    from services.commands.contracts import find_complaints, write

    if not check:
        typer.echo("\n".join(f"wrote {name}" for name in write(folder)) or "nothing changed")
        return
    found = find_complaints(folder)
    typer.echo("\n".join(found) or "the contracts are what the code says, and no change breaks")
    raise typer.Exit(1 if found else 0)


@app.command("import")
def import_files(
    files: list[Path],
    *,
    region: typed.Region,
    dry_run: Annotated[bool, typer.Option(help="check and count, send nothing")] = False,
    api: Annotated[
        str | None, typer.Option(help="address of the service; found beside a demo")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="bearer token; not needed beside a demo")
    ] = None,
) -> None:
    """Import CSV files: organisations, institutions, teams, rosters, supply, registrations."""
    from services.commands.setup import check_all, import_all, print_report

    do = check_all if dry_run else import_all
    report = asyncio.run(do(Settings.read(), files, region, api, token_file))
    raise typer.Exit(print_report(report))


@app.command()
def demo(
    *,
    once: Annotated[bool, typer.Option(help="end after the plan")] = False,
    json: Annotated[bool, typer.Option(help="one JSON object as the last line")] = False,
    seed: int = 1,
    region: typed.Region = "GG2514",
    start: Annotated[
        date, typer.Option(parser=typed.find_day, metavar="DAY", help="first day of the plan")
    ] = date(2021, 2, 15),
    institutions: Annotated[int, typer.Option(min=1)] = 250,
    residents: Annotated[int, typer.Option(min=1)] = 4000,
    practices: Annotated[int, typer.Option(min=1)] = 180,
    teams: Annotated[int, typer.Option(min=1)] = 8,
    days: Annotated[int, typer.Option(min=1)] = 14,
    speed: Annotated[
        float, typer.Option(min=0.1, help="simulated seconds in each real second")
    ] = 600.0,
) -> None:
    """A whole region on this machine: real Kafka, real Postgres, a synthetic campaign and its plan."""
    from services.demo.run import run
    from services.demo.scenario import Scenario

    scenario = Scenario(region, seed, start, institutions, residents, practices, teams, days)
    raise typer.Exit(run(Settings.read(), scenario, once=once, as_json=json, speed=speed))


@app.command()
def up(
    *,
    region: typed.Region = "GG2514",
    start: Annotated[
        date | None,
        typer.Option(
            parser=typed.find_day, metavar="DAY", help="let time begin on this day instead of now"
        ),
    ] = None,
) -> None:
    """The same servers and processes for your own data: nothing is invented, `prikploeg import` brings it in."""
    from services.demo.run import run
    from services.demo.scenario import Scenario

    scenario = Scenario.of_own_data(region, start)
    raise typer.Exit(run(Settings.read(), scenario, once=True, as_json=False, speed=1.0))


def main() -> None:
    """Run the command line; an error that a person can mend is one line, without a traceback."""
    from infra.embedded.folder import Unusable
    from infra.embedded.program import DidNotStart

    try:
        app(standalone_mode=True, obj=process_began())
    except (
        InvalidSettings,
        NotConfigured,
        Unavailable,
        Unusable,
        DidNotStart,
        ValueError,
    ) as error:
        typer.echo(f"prikploeg: {error}", err=True)
        sys.exit(CRASH if isinstance(error, Unavailable) else 2)


if __name__ == "__main__":
    main()
