"""Problems that contradict themselves, as their user would type them: rows named, or a plan with reasons."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scheduling.builders import DAY, a_pin, a_problem, a_shift, at, needs
from tests.services.offline.files import as_json, quick, run, write

Change = Callable[[dict[str, Any]], object]


def a_file(folder: Path, change: Change) -> Path:
    content = as_json(a_problem(needs=(*needs(10), *needs(5, "L2"))))
    change(content)
    return write(folder, content)


def pins(*rows: tuple[str, float]) -> list[dict[str, Any]]:
    found = [a_pin(name, at(0, hour), [f"L1-P{k:02}"]) for k, (name, hour) in enumerate(rows)]
    return as_json(a_problem(fixed=tuple(found)))["fixed"]


def doubled(table: str) -> Change:
    return lambda it: it[table].append(it[table][0])


@pytest.mark.parametrize(
    ("change", "row"),
    [
        (lambda it: it["shifts"][0].update(depot_id="D9"), "shift S1: unknown depot D9"),
        (lambda it: it["shifts"][0].update(end=at(0, 7)), "shift S1: ends before it starts"),
        (lambda it: it["shifts"][0].update(day=3), "shift S1: does not start on day 3"),
        (lambda it: it["stock"][0].update(doses=-5), "stock lot 1: fewer than 0 doses"),
        (lambda it: it["stock"][0].update(product_id="x"), "stock lot 1: unknown product x"),
        (lambda it: it["needs"][3].update(campaign_id="C9"), "needs[3]: unknown campaign"),
        (lambda it: it["needs"][3].update(products=["x"]), "needs[3]: unknown product"),
        (lambda it: it["needs"][3].update(priority=101), "needs[3].priority: above 100"),
        (lambda it: it.update(day_starts=[0]), "horizon: no day"),
        (lambda it: it.update(day_starts=[0, DAY, DAY]), "horizon: days do not follow each other"),
        (lambda it: it.update(max_residents_per_visit=0), "max_residents_per_visit: below 1"),
        (lambda it: it.update(fixed=pins(("V1", 9), ("V2", 9.5))), "fixed stops V1 and V2: one team at once"),
        (lambda it: it.update(fixed=pins(("V1", 9), ("V1", 14))), "fixed stop V1: 2 rows"),
        (lambda it: it["travel"]["seconds"].pop(), "travel seconds: fewer than 3 places"),
        (lambda it: it["travel"]["metres"][1].pop(), "travel metres: fewer than 3 places"),
        (lambda it: it["travel"]["seconds"][1].__setitem__(2, -1), "travel seconds: a hole in the matrix"),
        (lambda it: it["travel"]["seconds"][1].__setitem__(2, None), "travel.seconds[1][2]: should be a whole number"),
        (lambda it: it["travel"]["seconds"][1].__setitem__(2, 999_999_999), "travel.seconds[1]: above 864000"),
        (lambda it: it["locations"][1].update(place=7), "travel seconds: fewer than 8 places"),
        (doubled("shifts"), "shift S1: 2 rows"),
        (doubled("locations"), "location L1: 2 rows"),
        (doubled("depots"), "depot D1: 2 rows"),
        (doubled("needs"), "needs[15]: the same dose as needs[0]"),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_by_its_rows(tmp_path: Path, change: Change, row: str):
    file = a_file(tmp_path, change)

    done = quick(file)

    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("prikploeg: problem.json:")
    assert row in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (lambda it: it.update(shifts=[]), {"no_shift": 15}),
        (lambda it: it.update(stock=[]), {"no_stock": 15}),
        (lambda it: it["stock"][0].update(doses=0), {"no_stock": 15}),
        (lambda it: it["locations"][0].update(time_windows=[]), {"location_closed": 10}),
        (
            lambda it: it["locations"][0].update(time_windows=[{"earliest": -DAY, "latest": -1}]),
            {"location_closed": 10},
        ),
        (
            lambda it: it["locations"][0].update(time_windows=[{"earliest": at(0, 12), "latest": at(0, 11)}]),
            {"location_closed": 10},
        ),
        (lambda it: it["shifts"][0].update(ordered_products=[]), {"no_standing_order": 15}),
        (lambda it: it["shifts"][0].update(capacity=0), {"too_long_for_shift": 15}),
        (lambda it: it.update(now=20 * DAY), None),
        (lambda it: it.update(needs=[]), {}),
        (lambda it: it.update(needs=[], locations=[], depots=[], shifts=[], stock=[], travel={"version": "", "seconds": [], "metres": []}), {}),
    ],
)  # fmt: skip
def test_a_poor_problem_is_a_plan_with_reasons(
    tmp_path: Path, change: Change, reasons: dict[str, int] | None
):
    file = a_file(tmp_path, change)

    done = quick(file, "--json", "--out", tmp_path / "plan.json")

    assert (done.exit_code, done.stderr) == (0, "")
    unassigned = json.loads(done.stdout)["plan"]["unassigned"]
    assert all(row["reasons"] for row in unassigned)
    if reasons is not None:
        assert Counter(row["reasons"][0] for row in unassigned) == reasons
    assert run("check", file, tmp_path / "plan.json").exit_code == 0


def test_a_pin_that_no_plan_can_hold_is_released_and_said(tmp_path: Path):
    file = a_file(tmp_path, lambda it: it.update(fixed=pins(("V1", 3))))

    done = quick(file, "--json", "--out", tmp_path / "plan.json")

    said = json.loads(done.stdout)
    assert said["plan"]["released_pins"] == ["V1"]
    assert said["counts"]["released_pins"] == 1
    assert run("check", file, tmp_path / "plan.json").exit_code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "problem.json: the file is empty"),
        (b'{"region": "GG', "the file ends in the middle"),
        ('{"region": "Súd"}'.encode("latin-1"), "line 1: not UTF-8"),
        (b"PK\x03\x04\x00\x00", "neither a JSON problem, nor a Solomon nor a VRPLIB file"),
        (b"[" * 50_000, "nested deeper than 12 levels"),
        (b'{"now": NaN}', "NaN and Infinity are no numbers of JSON"),
        (b"{}", "shifts: is missing"),
    ],
)
def test_a_file_that_is_no_problem_is_told_in_words(tmp_path: Path, content: bytes, said: str):
    file = write(tmp_path, content)

    for done in (quick(file), run("check", file, file)):
        assert done.exit_code == 2
        assert said in done.stderr
        assert done.stdout == ""


def test_a_plan_file_that_is_no_plan_is_told_by_its_own_name(tmp_path: Path):
    problem = write(tmp_path, a_problem(shifts=(a_shift(),)))
    plan = write(tmp_path, {"plan": {"routes": [{"shift_id": 1}]}}, "plan.json")

    done = run("check", problem, plan)

    assert done.exit_code == 2
    assert done.stderr.startswith("prikploeg: plan.json:\n")
    assert "routes[0].shift_id: should be a text" in done.stderr
