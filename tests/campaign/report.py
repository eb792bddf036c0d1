"""What a campaign leaves behind: figures for machines, a picture, and a page for people."""

import json
import os
import platform
from pathlib import Path

from tests.campaign.drawing import draw
from tests.campaign.figures import table
from tests.campaign.running import Played

WHAT = """\
One invented region is played day by day through every process: the simulator speaks as practices, posts, GGD and teams (Kafka, and HTTPS
for practices); intake takes it in, the planner plans with a small budget, relay and courier tell it on, and the simulator goes by what it
hears. The clock stands still until all of it is at rest, so no race decides a day. Nothing is written in tables from outside.

Every evening is checked: registered = complete + planned + reserved + ended + left out by reason; by depot and lot received = given + wasted
+ expired + left, equal to what lies in the simulator's fridges and never below zero; distances and product of the doses that were given;
nobody without a second dose past the longest distance unless a named reason stands; appointments, teams and people in one place; every
published plan judged again on its stored problem; consent, outbreaks, absences and crisis calls have their consequences; `/status` and the
outward topics say the same; and the state equals a rebuild from the ledger. A day that breaks one ends the run.
"""

FOUND = """\
Playing it showed, and each was mended with a test of its own:

- Stock was kept for second doses by the person, while a call opens whole containers: 1,080 doses were not enough for 770 people. It is
  kept by the container now (`scheduling/care/doses.py`).
- People with a second dose due shared a call with people for whom no next dose could be secured, and were left out with them: 137 people
  halfway had no appointment and no reason of their own on the last evening, with 490 doses in the fridges; 2 to 8 since they are called on apart
  when vaccine is short.
- Who could not have the second dose before its last day, for an outbreak say, was left out as not due for ever; it stays due now.
- A resident deferred by a few weeks, or a date of the next century, made a problem that the planner refused for ever.

A location of 14 waited while 10 doses lay in the fridge; a call is made smaller now (`scheduling/solver/phases/split_visits.py`). What is left: second doses
whose window has begun and that a plan leaves out are not kept from new first doses; second rounds waste more than first ones, for who was
absent is called on again alone. The longest distance is 35 days here, shorter than the campaign of 2021 allowed, so that it ends within
the run for those who came first.
"""


def write(folder: Path, played: Played, command: str) -> Path:
    """All three under one name; the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"campaign-{played.seed}-{len(played.days)}"
    said = json.dumps(played.as_json(), indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(said + "\n")
    publish(folder, name, played, command)
    return folder / f"{name}.md"


def publish(folder: Path, name: str, played: Played, command: str) -> None:
    """The picture and the page that shows it."""
    title = f"A campaign of {len(played.days)} days (seed {played.seed})"
    (folder / f"{name}.svg").write_text(draw(played.days, title))
    (folder / f"{name}.md").write_text("\n".join(page(name, title, played, command)))


def page(name: str, title: str, played: Played, command: str) -> list[str]:
    """Seed, machine, command, and the table."""
    reasons = [
        f"- {one.day}: " + ", ".join(f"{count} {why}" for why, count in one.unserved.items())
        for one in played.days[6::7]
    ]
    happened = [f"- {one.day}: {', '.join(one.happened)}" for one in played.days if one.happened]
    held = "everything held on every evening"
    if played.broken:
        held = f"BROKEN on {', '.join(played.broken)}"
    return [
        f"# {title}", "", WHAT,
        (f"`{command}`: {played.story.name}; at most {played.story.planner_seconds:g} s for each plan."
        f" {machine()} The run took {played.seconds / 60:.1f} minutes; {held}."), "",
        f"![The figures of every evening]({name}.svg)", "",
        "## What happened", "", *happened, "",
        "## Every evening", "",
        ("People and doses are totals so far; visits, teams, kilometres and plans are of the day; `plan s` is the longest solve of the day,"
        " `day s` what the day took in real seconds, checks included."), "",
        *table(played.days), "",
        "## What it found", "", FOUND,
        "## Left out, by the strongest reason, on every seventh evening", "", *reasons, "",
    ]  # fmt: skip


def machine() -> str:
    """What it ran on."""
    load = os.getloadavg()[1]
    return (
        f"Python {platform.python_version()} on {os.cpu_count()} shared cores ({platform.machine()},"
        f" load {load:.1f} at the end)."
    )
