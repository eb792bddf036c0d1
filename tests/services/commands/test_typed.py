"""What somebody types for a region or a day: understood, or refused in words before a server starts."""

import re

import pytest
from typer.testing import CliRunner

from services.__main__ import app
from services.commands.typed import find_region
from services.web.outlines import read_region_names


def said(*typed: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, typed)
    return done.exit_code, re.sub(r"[│╭╮╰╯─\s]+", " ", done.output)


@pytest.mark.parametrize("region", sorted(read_region_names().items()))
def test_every_region_is_found_by_its_code_and_its_name(region: tuple[str, str]):
    code, name = region

    assert {find_region(text) for text in (code, code.lower(), name, f" {name.upper()} ")} == {code}


@pytest.mark.parametrize(
    ("text", "code"),
    [("Utrecht", "GG2514"), ("regio utrecht", "GG2514"), ("hollands noorden", "GG2707"),
     ("Zaanstreek Waterland", "GG7306"), ("fryslan", "GG7206"), ("Dienst Gezondheid en Jeugd ZHZ", "GG4816")],
)  # fmt: skip
def test_a_name_is_found_as_people_write_it(text: str, code: str):
    assert find_region(text) == code


@pytest.mark.parametrize("command", ["demo", "up", "import"])
@pytest.mark.parametrize("text", ["Utrechtt", "GG9999", "", "GG", "NL", "2514"])
def test_an_unknown_region_is_refused_with_the_list_of_all(command: str, text: str):
    files = ("nothing.csv",) if command == "import" else ()

    code, output = said(command, *files, "--region", text)

    assert code == 2
    assert "--region" in output
    assert "GG2514 GGD Regio Utrecht" in output
    assert output.count("GG") > 25


@pytest.mark.parametrize("command", ["demo", "up"])
@pytest.mark.parametrize("text", ["2021-02-30", "15-02-2021", "morgen", "0001-01-01", "9999-12-31"])
def test_a_start_that_is_no_day_is_refused_in_words(command: str, text: str):
    code, output = said(command, "--start", text)

    assert code == 2
    assert "--start" in output
    assert "2021-02-15" in output or "from 2000-01-01 to 2099-12-31" in output
    assert "Traceback" not in output
