"""The long run: `make faults COUNT=n SEED=s`. Chapters of a few dozen faults, each in a world of its own."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.embedded.folder import CHECKOUT
from tests.faults import reporting
from tests.faults.faults import Fault
from tests.faults.registry import BY_NAME, ONE_NODE
from tests.faults.running import Round, chapter, choose
from tests.faults.stages import STAGES

CHAPTER = 40  # a ledger that grows for ever would make every check slower


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def play(seed: str, faults: Sequence[Fault]) -> list[Round]:
    """All of them, or up to and with the first that breaks something."""
    rounds: list[Round] = []
    for begin in range(0, len(faults), CHAPTER):
        part = faults[begin : begin + CHAPTER]
        rounds += await chapter(f"{seed}", part, begin + 1, number=begin // CHAPTER, say=say)
        if not rounds[-1].holds:
            break
    return rounds


async def play_elsewhere(stage: str, seed: str, count: int) -> list[Round]:
    """The same in another world than that of one broker."""
    rounds: list[Round] = []
    for begin in range(0, count, CHAPTER):
        most = min(CHAPTER, count - begin)
        async with STAGES[stage]() as made:
            faults = choose(made.faults, f"{seed} {begin}", most)
            number = begin // CHAPTER
            rounds += await chapter(
                seed, faults, begin + 1, made.plan, number=number, say=say, folder=made.folder
            )
        if not rounds[-1].holds:
            break
    return rounds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", default="1")
    parser.add_argument(
        "--only", default="", help="kinds of fault by name, with commas between them"
    )
    parser.add_argument("--stage", choices=sorted(STAGES), help="another world: its own faults")
    parser.add_argument("--report", type=Path, default=CHECKOUT / "test-results" / "faults")
    asked = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    kinds = [BY_NAME[name.strip()] for name in asked.only.split(",")] if asked.only else ONE_NODE
    faults = choose(kinds, asked.seed, asked.count)
    say(f"seed {asked.seed}, {asked.count} faults")
    rounds = asyncio.run(
        play_elsewhere(asked.stage, asked.seed, asked.count)
        if asked.stage
        else play(asked.seed, faults)
    )
    say(reporting.summary(asked.seed, rounds))
    say(f"report: {reporting.write(asked.report, asked.seed, rounds)}")
    if not asked.stage and not reporting.most_stood(rounds):  # other worlds have no planner
        say("in most rounds nobody had an appointment: what is judged of people holds of nothing")
        return 1
    return 0 if rounds and rounds[-1].holds else 1


if __name__ == "__main__":
    sys.exit(main())
