"""People served after 0, 3 and 8 seconds, beside what is proven and the best plan that was ever found.

Run by `make bench`, or in parts: SCENES="GG2514:1 GG2707:2" pytest tests/bench/test_people_served.py. SCENES are regions
with their seeds, by the processor's clock and with one worker. REFERENCE=600 searches so long too; the best plan is
kept in `people_served.json`, and the table compares with it. With SPEED_BARS=1 the bar becomes a test.
"""

import json
import os
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from scheduling.problem import Problem
from services.demo.scenario import Scenario
from tests.bench.measuring import show
from tests.bench.processor_clock import Found, search_apart
from tests.bench.test_first_plans import pose
from tests.conftest import Fresh

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(3600)]
SCENES = os.environ.get("SCENES", "GG2514:1 GG2707:2 GG0111:2 GG1009:6 GG3406:5").split()
SECONDS = [float(text) for text in os.environ.get("SECONDS", "0 3 8").split()]
REFERENCE = float(os.environ.get("REFERENCE", "0"))
REFERENCES = Path(__file__).with_name("people_served.json")
ENOUGH = 0.987  # of what is proven, or of the best plan where that is loose, after 8 s


def best_known(scene: str, found: list[tuple[float, Found]]) -> int:
    """The most people that a plan of this scene served, here or before; kept."""
    known: dict[str, dict[str, float]] = json.loads(REFERENCES.read_text())
    seconds, best = max(found, key=lambda row: row[1].people)
    if best.people > known.get(scene, {}).get("people", 0):
        known[scene] = {"people": best.people, "seconds": seconds}
        REFERENCES.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    return int(known[scene]["people"])


def describe(one: Found, best: int) -> str:
    """One row of the table."""
    people = f"{one.people} people, {one.people / best:.1%} of the best plan, {one.people / one.proven:.1%} of the bound"
    rest = f"{one.unserved_weight} points unserved, {one.doses_wasted} doses wasted"
    return f"{people}; {rest}, {one.hours:.0f} hours, {one.kilometres:.0f} km"


@pytest.mark.parametrize("scene", SCENES)
async def test_people_served(scene: str, fresh: Fresh, tmp_path: Path, capsys):
    region, seed = scene.split(":")
    problem = await pose(fresh, Scenario(region=region, seed=int(seed)), tmp_path)
    text = TypeAdapter(Problem).dump_json(problem).decode()

    limits = [*SECONDS, *([REFERENCE] if REFERENCE else [])]
    found = [(seconds, search_apart(text, seconds)) for seconds in limits]

    best = best_known(scene, found)
    rows = [(f"after {seconds:.0f} s", describe(one, best)) for seconds, one in found]
    proven = min(one.proven for _, one in found)
    rows.append(("best plan known", f"{best} people; proven: at most {proven}"))
    show(capsys, f"{scene}: {len(problem.needs)} needs, {len(problem.shifts)} shifts", rows)
    if os.environ.get("SPEED_BARS"):
        assert all(one.people >= ENOUGH * best for seconds, one in found if seconds == 8)
