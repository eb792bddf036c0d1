"""Routing files of others: solved with the distance that they have, or refused by the name of what is not kept."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.offline.command import app

CASES = Path(__file__).parent / "cases"
run = CliRunner().invoke


def test_a_longest_route_that_nobody_would_keep_is_refused_by_name(tmp_path):
    file = CASES / "p5a-maxduration.vrp"
    plan = tmp_path / "plan.json"
    plan.write_text('{"routes": [[2, 3, 4]]}')

    for done in (
        run(app, ["solve", str(file), "--seconds", "0"]),
        run(app, ["check", str(file), str(plan)]),
    ):
        assert done.exit_code == 2
        assert "VEHICLES_MAX_DURATION" in done.output


@pytest.mark.parametrize(
    "name", ["p2-spec-after.vrp", "p3a-oneline.vrp", "p3b-upper.vrp", "p3c-lowerdiag.vrp"]
)
def test_a_matrix_in_any_legal_form_has_its_distance(name: str):
    done = run(app, ["solve", str(CASES / name), "--seconds", "1", "--workers", "1", "--json"])

    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["distance"], len(found["routes"])) == (9, 1)
