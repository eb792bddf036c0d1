"""Runs the demo: starts servers and processes, feeds a campaign to Kafka, waits for the plan and plays its days."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from infra.clock import SystemClock
from infra.embedded.closed import write_closed
from infra.embedded.folder import Folder
from infra.embedded.hold import Hold
from infra.embedded.ports import is_free
from infra.embedded.processes import process_program
from infra.embedded.program import DidNotStart
from infra.embedded.session import Servers, running
from infra.embedded.supervisor import ended_by_signals
from infra.errors import Unavailable
from infra.kafka.producer import Producer
from infra.kafka.topics import end_offsets
from infra.postgres.campaign_view import is_alive, read_lag, view_region
from infra.postgres.database import Database, wait_for
from infra.settings import Settings
from services.commands.connecting import connect, connect_for_import, exercise_systems
from services.commands.opening import open_code
from services.commands.setup import machine_token, migrate_all
from services.demo.days import play_days
from services.demo.progress import View
from services.demo.scenario import CampaignTime, Scenario
from services.demo.stage import Stage
from services.demo.summary import Summary, summarise
from services.importing.persons import PersonsOverHttp
from services.sending import TOPICS
from services.simulator.feed import Progress, feed
from services.web.assets import fetch

PATIENCE_SECONDS = 600.0
FROZEN_SECONDS = 7200  # a plan must be there before what it changes begins: the default freeze
LOOK_SECONDS = 0.3


def run(settings: Settings, scenario: Scenario, *, once: bool, as_json: bool, speed: float) -> int:
    """Runs the whole demo. Returns the exit code; Ctrl-C ends everything in order and is no error."""
    folder = scenario.folder(settings.run.data)
    with Hold(folder) as hold:
        try:
            asyncio.run(
                play(
                    settings, scenario, folder, hold, Mode(once=once, as_json=as_json, speed=speed)
                )
            )
        except (KeyboardInterrupt, asyncio.CancelledError):
            sys.stderr.write("ended\n")
        return 0


@dataclass(frozen=True, slots=True)
class Mode:
    """How the demo runs."""

    once: bool
    as_json: bool
    speed: float


async def play(
    settings: Settings, scenario: Scenario, folder: Folder, hold: Hold, mode: Mode
) -> None:
    """Runs everything between the start of the first server and the end of the last."""
    begun = SystemClock().monotonic()
    fastest = FROZEN_SECONDS / (settings.run.planner_seconds + 4)
    if not mode.once and mode.speed > fastest:
        raise DidNotStart(
            f"--speed {mode.speed:g} is too fast: while the planner works {settings.run.planner_seconds:g} s, visits"
            f" would begin that it still moves. At most {fastest:.0f}, or set PLANNER_SECONDS lower"
        )
    url = settings.web.address
    if not is_free(settings.web.port):
        raise DidNotStart(
            f"port {settings.web.port} is taken, so the pages can not be served: set WEB_PORT to another port"
        )
    with View() as view, ended_by_signals():
        view.now.step = "starting Postgres and Kafka"
        view.show()
        fetching = asyncio.create_task(asyncio.to_thread(fetch_scripts, view))
        async with running(folder, view.say) as servers:
            await fetching
            stage = await set_up(settings, scenario, servers, view, url)
            try:
                hold.announce(url)
                summary = await lead_through(stage, mode, begun)
            finally:
                await stage.database.close()
    if mode.as_json:
        sys.stdout.write(json.dumps(summary.as_json()) + "\n")
        sys.stdout.flush()


def fetch_scripts(view: View) -> None:
    """Fetches the scripts of the pages, once. Without them the pages work as plain HTML, so the demo goes on."""
    try:
        fetch()
    except Unavailable as error:
        view.say(f"the pages stay plain: {error}")


async def set_up(
    settings: Settings, scenario: Scenario, servers: Servers, view: View, url: str
) -> Stage:
    """Sets up what the processes expect to find: migrations, topics, clock."""
    settings = settings.model_copy(
        update={
            "postgres": settings.postgres.model_copy(
                update={"url": servers.database_url(), "passwords": servers.folder.passwords}
            ),
            "kafka": settings.kafka.model_copy(
                update={"bootstrap_servers": servers.kafka_bootstrap}
            ),
        }
    )
    view.now.step = "migrating, making topics"
    view.show()
    time = CampaignTime(servers.folder.data / "clock.json")
    time.begin(scenario.start, 1.0)
    await migrate_all(settings)
    if scenario.is_own_data:
        await connect_for_import(settings, scenario.region)
    else:
        await connect(settings, exercise_systems(scenario.region))
    database = await wait_for(servers.postgres_dsn("planner"), size=2)
    return Stage(settings, scenario, servers, time, database, view, url)


async def start_processes(stage: Stage) -> None:
    """Starts intake, planner, relay, courier and web as processes, and waits until all are ready."""
    stage.view.now.step = "starting intake, planner, relay, courier, web"
    stage.view.show()
    own = {
        "PRIKPLOEG_CLOCK_FILE": str(stage.time.path),
        "WEB_HOST": stage.settings.web.host,
        "WEB_PORT": str(stage.settings.web.port),
        "WEB_HOSTS": stage.settings.web.hosts,
    }
    # Own people are signed in, never chosen from a list.
    pages = {"PRIKPLOEG_EMBEDDED": "false"} if stage.scenario.is_own_data else {}
    note = stage.servers.folder.data / "environment.json"
    write_closed(note, json.dumps({**stage.servers.environment(), **own}))

    async def start(name: str) -> None:
        await stage.servers.supervisor.start(
            process_program(
                name,
                stage.servers,
                own | pages if name == "web" else own,
                alive(stage.database, name),
            )
        )

    await asyncio.gather(
        *(start(name) for name in ("intake", "planner", "relay", "courier", "web"))
    )


def alive(database: Database, name: str) -> Callable[[int], Awaitable[bool]]:
    """A readiness check: the process has written a heartbeat."""

    async def is_ready(pid: int) -> bool:
        try:
            async with database.transaction() as tx:
                return await is_alive(tx, name, pid)
        except Unavailable:
            return False

    return is_ready


async def lead_through(stage: Stage, mode: Mode, begun: float) -> Summary:
    """Feeds, plans, reports, and plays the days; `begun` is the start of the demo in real seconds."""
    await start_processes(stage)
    if stage.scenario.is_own_data:
        await serve_own_data(stage)
    await feed_all(stage)
    await until_planned(stage)
    summary = await summarise(stage, SystemClock().monotonic() - begun)
    stage.view.say(summary.as_text())
    if not mode.once:
        await play_days(stage, mode.speed)
    return summary


async def serve_own_data(stage: Stage) -> None:
    """Tells how to import data and how the administrator signs in, and serves until Ctrl-C."""
    region = stage.scenario.region
    _, code = await open_code(stage.settings, "admin", region)
    stage.view.say(
        f"ready: the administrator signs in at {stage.url}/aanmelden with the code {code} (once, within an hour;"
        f" another: `prikploeg sessions open admin --region {region}`)\n"
        f"let others in with `prikploeg sessions open planner|practice|crisis --region {region}`; bring data in with"
        f" `prikploeg import FILE... --region {region}`; status at {stage.url}/status; Ctrl-C ends all"
    )
    stage.view.now.step = "serving"
    while True:
        await look(stage)
        await asyncio.sleep(2)


async def feed_all(stage: Stage) -> None:
    """Sends the whole synthetic region to Kafka, once per data folder; after a crash halfway, again from the start."""
    stage.view.now.step = "feeding the campaign"
    fed = stage.servers.folder.data / "fed"
    if fed.exists():
        stage.view.say("the campaign was fed before: going on with it")
        return
    region = stage.scenario.make()
    token = machine_token(stage.servers.folder.session_key, stage.scenario.region)

    def tell(progress: Progress) -> None:
        stage.view.now.sent, stage.view.now.total = progress.sent, progress.total
        stage.view.show()

    while not fed.exists():
        try:
            async with (
                Producer(stage.settings.kafka) as producer,
                PersonsOverHttp(stage.url, token) as persons,
            ):
                await feed(stage.servers.folder.data / "files", region, producer, persons, tell)
            fed.touch()
        except Unavailable as error:
            stage.view.say(f"feeding again: {error}")
            await asyncio.sleep(1)


async def look(stage: Stage) -> bool:
    """Refreshes the view. Returns True when a published plan knows every accepted event."""
    try:
        ends = await end_offsets(stage.settings.kafka, sorted(TOPICS.values()))
        async with stage.database.transaction() as tx:
            lag = await read_lag(tx, ends)
            found = await view_region(tx, stage.scenario.region)
    except Unavailable as error:
        stage.view.say(f"waiting: {error}")
        return False
    now = stage.view.now
    now.accepted, now.lag = found.accepted, lag
    if found.plan is not None:
        now.plan = f"{found.plan.counts['people_served']} people served" + (
            "" if found.plan.knows_all else ", newer facts wait"
        )
    stage.view.show()
    return lag == 0 and found.plan is not None and found.plan.knows_all


async def until_planned(stage: Stage) -> None:
    """Waits for the plan of everything that was fed. Raises DidNotStart when it does not come."""
    stage.view.now.step = "planning"
    clock = SystemClock()
    give_up = clock.monotonic() + PATIENCE_SECONDS
    while not await look(stage):
        if clock.monotonic() > give_up:
            raise DidNotStart(
                f"no plan within {PATIENCE_SECONDS:.0f} s; the logs are in {stage.servers.folder.logs}"
            )
        await asyncio.sleep(LOOK_SECONDS)
