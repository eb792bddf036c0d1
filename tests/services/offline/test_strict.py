"""Problem and plan files are read whole or not at all; faults are told by place, never by value."""

import json
from pathlib import Path

import pytest

from scheduling.solve import Limits, solve
from services.offline.files.strict import read_plan, read_problem
from services.offline.files.text import MOST_BYTES, UnreadableFile, read_text, to_text
from services.planner.record import PLAN, PROBLEM
from tests.scheduling.builders import a_problem, a_region
from tests.services.offline.files import as_json

QUICK = Limits(5, 1)


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(UnreadableFile) as refused:
        read_problem(text, "problem.json")
    return refused.value.faults


def with_change(**changes: object) -> str:
    return json.dumps(as_json() | changes)


def test_a_problem_and_its_plan_come_back_as_they_were():
    problem = a_region(2, locations=10, teams=2)
    plan = solve(problem, QUICK)

    assert read_problem(PROBLEM.dump_json(problem).decode(), "x") == problem
    assert read_plan(PLAN.dump_json(plan).decode(), "x") == plan
    assert read_plan(json.dumps({"plan": PLAN.dump_python(plan, mode="json")}), "x") == plan


def test_a_plan_file_of_the_first_release_is_read_without_what_no_plan_says_any_more():
    plan = solve(a_region(2, locations=10, teams=2), QUICK)
    older = PLAN.dump_python(plan, mode="json") | {"second_opinion": None}
    visits = [stop["visit"] for route in older["routes"] for stop in route["stops"]]
    for visit in visits:
        visit["urgent"] = visit["campaign_id"] is None

    assert visits
    assert read_plan(json.dumps(older), "x") == plan
    assert read_plan(json.dumps({"plan": older}), "x") == plan


@pytest.mark.parametrize("place", ["routes", "visits"])
def test_a_field_that_no_release_knew_is_refused_in_a_plan(place: str):
    plan = PLAN.dump_python(solve(a_problem(), QUICK), mode="json")
    (plan["routes"][0] if place == "routes" else plan["routes"][0]["stops"][0]["visit"])["x"] = 1

    with pytest.raises(UnreadableFile, match="unknown field"):
        read_plan(json.dumps(plan), "x")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "should be one JSON object"),
        ("{", "line 1, column 2: the file ends in the middle"),
        ('{"region": "GG', "line 1, column 12: the file ends in the middle"),
        ('{"region": GG2514}', "line 1, column 12: not JSON (Expecting value)"),
        ('{"region": 1}{}', "line 1, column 14: not JSON (Extra data)"),
        ('{"now": NaN}', "NaN and Infinity are no numbers of JSON"),
        ('{"now": -Infinity}', "NaN and Infinity are no numbers of JSON"),
        ('{"now": 1e999}', "now: beyond 1000000000"),
        ('{"now": 1000000001}', "now: beyond 1000000000"),
        ('{"now": ' + "9" * 5000 + "}", "a number with too many digits"),
        ('{"now": 1, "now": 2}', "now: stands twice in one object"),
        ('{"shifts": [{}, {"id": "a", "id": "a"}]}', "shifts[1].id: stands twice in one object"),
        ("[" * 100_000, "nested deeper than 12 levels"),
        ('{"a":' * 20 + "1" + "}" * 20, "a.a.a: nested deeper than 12 levels"),
        ('{"region": "' + "x" * 201 + '"}', "region: longer than 200 characters"),
        ('{"region": "a\\u0007b"}', "region: holds what cannot be printed"),
        ('{"region": "\\ud800"}', "region: holds what cannot be printed"),
        ('{"needs": [' + "1," * 100_000 + "1]}", "needs: more than 100000 rows"),
        (
            '{"travel": {"seconds": [[0, null]]}}',
            "travel.seconds[0][1]: should be a whole number",
        ),
        ('{"travel": {"seconds": [[0, 1e3]]}}', "travel.seconds[0][1]: should be a whole number"),
        (
            '{"travel": {"metres": [[0], [5000000000]]}}',
            "travel.metres[1]: a number beyond 1000000000",
        ),
        (with_change(now="0"), "now: should be a whole number"),
        (with_change(now=True), "now: should be a whole number"),
        (with_change(now=0.5), "now: should be a whole number"),
        (with_change(nowadays=1), "nowadays: unknown field"),
        (with_change(**{"Jan Jansen": 1}), "(a name that is no field): unknown field"),
        (with_change(shifts=[5]), "shifts[0]: should be an object"),
        (with_change(shifts={}), "shifts: should be a list"),
        (
            with_change(horizon_start="15-02-2021"),
            "horizon_start: should be a day such as 2021-02-15",
        ),
    ],
)
def test_a_fault_is_told_by_its_place(text: str, fault: str):
    assert faults(text) == (fault,)


def test_every_row_and_field_at_fault_is_named_and_no_value_is():
    content = as_json()
    content["shifts"][0]["emd"] = content["shifts"][0].pop("end")
    content["needs"][3]["priority"] = "secret-1"
    content["needs"][4]["consent"] = "secret-2"

    found = faults(json.dumps(content))

    assert found[0] == "needs[3].priority: should be a whole number"
    assert found[1].startswith("needs[4].consent: should be 'unknown', 'given'")
    assert found[2:] == ("shifts[0].end: is missing", "shifts[0].emd: unknown field")
    assert "secret" not in " ".join(found)


def test_twenty_faults_are_shown_and_the_others_counted():
    content = as_json(a_problem(needs=a_region(1, locations=10).needs))
    for need in content["needs"]:
        need["dose_no"] = "1"

    with pytest.raises(UnreadableFile) as refused:
        read_problem(json.dumps(content), "problem.json")

    lines = str(refused.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == f"  and {len(content['needs']) - 20} more"


def test_a_file_in_another_encoding_is_told_by_line():
    with pytest.raises(UnreadableFile, match=r"^x: line 2: not UTF-8$"):
        to_text('{\n"région'.encode("latin-1"), "x")
    with pytest.raises(UnreadableFile, match="not UTF-8"):
        to_text('{"a": 1}'.encode("utf-16"), "x")


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert to_text(b"\xef\xbb\xbf{}", "x") == "{}"


def test_an_empty_a_missing_and_a_huge_file_are_told(tmp_path: Path):
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(2 * MOST_BYTES)  # holes: takes no room on the disk
    (tmp_path / "empty.json").write_text(" \n")

    for name, fault in (
        ("huge.json", "larger than 100 MB"),
        ("empty.json", "the file is empty"),
        ("none.json", "cannot be read (No such file or directory)"),
        (".", "cannot be read (Is a directory)"),
    ):
        with pytest.raises(UnreadableFile) as refused:
            read_text(tmp_path / name)
        assert refused.value.faults == (fault,)
