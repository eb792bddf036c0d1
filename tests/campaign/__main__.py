"""The whole campaign: `make campaign DAYS=42 SEED=1`. Figures of every evening as a table, as JSON and as a picture."""

import argparse
import asyncio
import logging
import sys
from dataclasses import replace
from pathlib import Path

from infra.embedded.folder import CHECKOUT
from tests.campaign.report import publish, write
from tests.campaign.running import run
from tests.campaign.stories import compressed, weeks


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.campaign")
    parser.add_argument("--days", type=int, default=42)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="the compressed story of the tests")
    parser.add_argument("--locations", type=int, default=60)
    parser.add_argument("--residents", type=int, default=900)
    parser.add_argument("--teams", type=int, default=4)
    parser.add_argument("--planner-seconds", type=float, help="of each solve")
    parser.add_argument("--go-on", action="store_true", help="also after an evening that is broken")
    parser.add_argument("--report", type=Path, default=CHECKOUT / "test-results" / "campaign")
    parser.add_argument("--docs", action="store_true", help="keep page and picture in docs")
    asked = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    story = (
        compressed()
        if asked.short
        else weeks(asked.days, asked.locations, asked.residents, asked.teams)
    )
    if asked.planner_seconds:
        story = replace(story, planner_seconds=asked.planner_seconds)
    say(f"seed {asked.seed}: {story.name}")
    played = asyncio.run(run(story, asked.seed, say, go_on=asked.go_on))
    path = write(asked.report, played, command(asked))
    if asked.docs and not played.broken:
        publish(CHECKOUT / "docs", "campaign", played, command(asked))
    broken = f"BROKEN on {', '.join(played.broken)}" if played.broken else "everything held"
    say(f"seed {asked.seed}: {len(played.days)} days in {played.seconds:.0f} s, {broken}; {path}")
    return 1 if played.broken or len(played.days) < story.season.days else 0


def command(asked: argparse.Namespace) -> str:
    """What plays this again."""
    more = " ARGS=--short" if asked.short else ""
    return f"make campaign DAYS={asked.days} SEED={asked.seed}{more}"


if __name__ == "__main__":
    sys.exit(main())
