"""Spoilt files of every kind: a plan that the judge finds sound, or words; never anything else."""

import json
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.effort import examples
from tests.scheduling.builders import a_crisis, a_pause, a_pin, a_problem, a_shift, at, needs
from tests.services.offline.files import SOLOMON, VRPLIB, as_json, quick, run, write
from tests.services.offline.mutations import mutated

PROBLEM = as_json(
    a_problem(
        needs=(*needs(4), *needs(2, "L2", dose_no=2)),
        crisis_visits=(a_crisis(),),
        shifts=(a_shift(pause=a_pause(), skills=frozenset({"crisis"})), a_shift("S2", 1)),
        fixed=(a_pin("V1", at(0, 11), ["L1-P00"]),),
    )
)
SEEDS = st.integers(0, 10**9)
quickly = examples(short=20, long=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def judged(file: Path) -> None:
    """Solve a file and judge what comes out."""
    plan = file.with_name("plan.json")

    done = quick(file, "--json", "--out", plan, "--engines", "ortools")

    if done.exit_code:
        assert done.exit_code == 2, done.stderr
        assert done.stderr.startswith("prikploeg: file:")
    else:
        assert run("check", file, plan).exit_code == 0


@quickly
@given(SEEDS)
def test_a_spoilt_problem(tmp_path: Path, seed: int):
    judged(write(tmp_path, mutated(PROBLEM, seed), "file"))


@quickly
@given(SEEDS)
def test_a_spoilt_plan_is_judged_in_words(tmp_path: Path, seed: int):
    problem = write(tmp_path, PROBLEM, "file")
    if not (tmp_path / "sound").exists():
        quick(problem, "--out", tmp_path / "sound", "--engines", "ortools")
    plan = mutated(json.loads((tmp_path / "sound").read_text()), seed)

    done = run("check", problem, write(tmp_path, plan, "spoilt"))

    assert done.exit_code in (0, 1, 2)
    assert done.exit_code != 2 or done.stderr.startswith("prikploeg: spoilt:")


@quickly
@given(SEEDS, st.sampled_from((SOLOMON, VRPLIB)))
def test_a_spoilt_text(tmp_path: Path, seed: int, text: str):
    random = Random(seed)
    words = text.split(" ")
    for _ in range(random.choice((1, 1, 2))):
        at_word = random.randrange(len(words))
        new = random.choice(
            ("", "-1", "0", "9", "999", "1e9", "nan", "x", "\n", "EOF", "\x00", "é")
        )
        words[at_word] = new if random.random() < 0.8 else words[at_word][:1]
    spoilt = " ".join(words)
    if random.random() < 0.2:
        spoilt = spoilt[: random.randrange(len(spoilt))]

    judged(write(tmp_path, spoilt, "file"))
