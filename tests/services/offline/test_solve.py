"""`prikploeg plan solve`: a file in, a plan out; no service, no settings, and nothing left behind."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.offline.files.strict import read_plan
from tests.scheduling.builders import a_crisis, a_problem, a_region
from tests.services.offline.files import SOLOMON, VRPLIB, quick, run, write

ROOT = Path(__file__).resolve().parents[3]
ORDER = [
    "unserved_weight", "late_next_doses", "doses_wasted", "moved_stops", "working_seconds", "metres",
]  # fmt: skip


def started(*words: object) -> subprocess.Popen[str]:
    """The command as a process of its own, with an empty environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "services", "plan", *map(str, words)],
        env={}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_a_problem_becomes_a_plan_with_objective_and_counts(tmp_path: Path):
    file = write(tmp_path, a_problem(crisis_visits=(a_crisis(),)))

    done = quick(file, "--json", "--out", tmp_path / "plan.json", "--seed", "3")

    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    said = json.loads(done.stdout)
    assert list(said["objective"])[:6] == ORDER
    assert said["objective"]["unserved_weight"] == 91 * 40  # nobody has the skill for the crisis
    assert said["counts"]["people_served"] == 10
    assert said["counts"]["crisis_visits_unserved"] == 1
    assert (said["violations"], said["seed"]) == (0, 3)
    assert said["first_sound_plan_seconds"] >= 0
    assert said["engines"]
    plan = read_plan((tmp_path / "plan.json").read_text(), "plan.json")
    assert plan == read_plan(done.stdout, "said")
    assert run("check", file, tmp_path / "plan.json").exit_code == 0


def test_a_table_says_who_goes_where_and_when(tmp_path: Path):
    done = quick(write(tmp_path, a_problem()))

    assert done.exit_code == 0
    assert "Mon 15 Feb 09:00  team of S1  L1        moderna  10" in done.stdout
    assert "people served           10" in done.stdout


def test_the_same_seed_and_work_give_the_same_plan(tmp_path: Path):
    file = write(tmp_path, a_region(5, locations=12, teams=2))

    one, other = (
        json.loads(quick(file, "--json", "--engines", "ortools").stdout)["plan"] for _ in range(2)
    )

    assert one["routes"] == other["routes"]


@pytest.mark.parametrize(("text", "numbers"), [(SOLOMON, {1, 2, 3}), (VRPLIB, {2, 3, 4})])
def test_a_file_of_the_literature_becomes_routes_of_its_customers(
    tmp_path: Path, text: str, numbers: set[int]
):
    file = write(tmp_path, text, "small.txt")

    done = quick(file, "--json", "--out", tmp_path / "routes.json", "--engines", "ortools")

    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    said = json.loads(done.stdout)
    assert sorted(number for route in said["routes"] for number in route) == sorted(numbers)
    assert said["unassigned"] == []
    assert int(said["distance"]) == 36  # 10 to the first alone, 26 around the others
    assert said["seconds"] > 0
    assert isinstance(said["engine"], str)
    assert run("check", file, tmp_path / "routes.json").exit_code == 0


def test_fewer_vehicles_come_before_a_shorter_way(tmp_path: Path):
    rows = "".join(f"{k} {x} 0 {10} 0 {due} 0\n" for k, x, due in ((1, 50, 60), (2, -50, 160)))
    head = SOLOMON[: SOLOMON.index("    1   ")].replace("100", "20")
    file = write(tmp_path, head + rows, "pair.txt")

    fewest, plain = (
        json.loads(quick(file, "--json", "--convention", name).stdout)
        for name in ("solomon", "dimacs")
    )

    assert (fewest["vehicles"], fewest["distance"]) == (1, 200)
    assert plain["distance"] == 200


@pytest.mark.parametrize(
    ("old", "new", "unassigned", "reasons"),
    [
        ("8         50 ", "8         500", [2], {"2": "demand_above_capacity"}),
        ("30         90 ", "30          9 ", [2], {"2": "window_closed"}),
        ("30         90 ", "0           9 ", [2], {"2": "not_in_time"}),
        ("  2          100", "  0          100", [1, 2, 3], dict.fromkeys("123", "vehicles_full")),
        ("  2          100", "  1          100", [3], {"3": "vehicles_full"}),
        ("0        200 ", "9          1 ", [1, 2, 3], dict.fromkeys("123", "not_in_time")),
    ],
)
def test_who_can_not_be_served_is_left_out_with_the_reason(
    tmp_path: Path, old: str, new: str, unassigned: list[int], reasons: dict[str, str]
):
    file = write(tmp_path, SOLOMON.replace(old, new), "small.txt")

    done = quick(file, "--json", "--out", tmp_path / "routes.json", "--engines", "ortools")

    said = json.loads(done.stdout)
    assert len(said["unassigned"]) == len(unassigned)
    assert sorted(said["reasons"].values()) == sorted(reasons.values())
    assert run("check", file, tmp_path / "routes.json").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engines", "cplex"], "no engine cplex"),
        (["--engines", ""], "no engine"),
        (["--out", "/nowhere/plan.json"], "plan.json: cannot be written"),
        (["--seconds", "-1"], "Invalid value"),
        (["--seed", "x"], "Invalid value"),
        (["--workers", "0"], "Invalid value"),
        (["--convention", "mine"], "Invalid value"),
    ],
)
def test_a_wrong_word_is_told_in_words(tmp_path: Path, words: list[str], said: str):
    done = quick(write(tmp_path, a_problem()), *words)

    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engines", "code", "told"),
    [
        ([], 0, ""),
        (["--engines", "ortools"], 0, ""),
        (["--engines", "ortools,pyvrp"], 2, "prikploeg: engine pyvrp is not installed; it comes with"),
    ],
)  # fmt: skip
def test_without_the_other_engines_there_is_a_plan_all_the_same(
    tmp_path: Path, engines: list[str], code: int, told: str
):
    program = """
import importlib.util as machinery
real = machinery.find_spec
machinery.find_spec = lambda name, *rest: None if name in ("pyvrp", "vroom") else real(name, *rest)
from services.__main__ import main
main()
"""
    file = write(tmp_path, SOLOMON, "small.txt")
    words = ["plan", "solve", file, "--work", "1", "--workers", "1", *engines]

    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        env={}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == code
    assert done.stderr.startswith(told) if told else done.stderr == ""


def searching(folder: Path) -> tuple[subprocess.Popen[str], list[str]]:
    """A command in the middle of a long search, with its workers."""
    file = write(folder, a_region(3, locations=60, teams=4))
    process = started("solve", file, "--seconds", "200", "--json", "--workers", "2")
    deadline = time.monotonic() + 60
    while not children(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)  # the workers begin with the search
    return process, children(process.pid)


@pytest.mark.slow
def test_the_first_interrupt_ends_with_the_best_plan_so_far(tmp_path: Path):
    process, workers = searching(tmp_path)

    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=60)

    assert process.returncode == 0
    assert json.loads(said)["violations"] == 0
    assert told == "stopping with the best plan so far; once more: stop without\n"
    assert workers
    assert [pid for pid in workers if Path(f"/proc/{pid}").exists()] == []


@pytest.mark.slow
def test_the_second_interrupt_ends_without_a_plan_and_without_a_traceback(tmp_path: Path):
    process, workers = searching(tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    process.stderr.readline()

    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)

    assert process.returncode in (0, 130)  # 0: the plan was quicker than the second interrupt
    assert "Traceback" not in told
    assert [pid for pid in workers if Path(f"/proc/{pid}").exists()] == []
