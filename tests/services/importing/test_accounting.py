"""Every row of every file is accounted for: read is accepted, unchanged and rejected together, or the file is refused."""

import os
import random
import re
from pathlib import Path

import pytest

from services.importing.accounting import ImportReport, Known
from services.importing.run import check, run
from tests.effort import either
from tests.services.importing.builders import GOOD, HEADER, REGION, Inbox, SmallVault, a_file
from tests.services.importing.spoiling import SPOIL, spoil

MANUAL = Path(__file__).parents[3] / "docs" / "import"
EVENTS_PER_FILE = 100  # `make fuzz` spoils one file for so many events
FILES = len(SPOIL) * len(list(MANUAL.glob("*.csv")))
TIMES = int(os.environ.get("FUZZ_COUNT", 0)) // (EVENTS_PER_FILE * FILES) or int(
    either(short="40", long="1000")
)
SEED = os.environ.get("FUZZ_SEED", "1")


def assert_accounted(report: ImportReport) -> None:
    """The sums hold, and every row that was left out is named with its file and line."""
    for count in report.counts:
        assert count.read == count.accepted + count.unchanged + count.rejected
        if count.is_refused:
            assert (count.read, count.accepted) == (0, 0)
            assert [one.row for one in report.problems if one.file == count.name] == [0]
        named = {one.row for one in report.problems if one.file == count.name and one.left_out}
        assert count.rejected == len(named - {0})


@pytest.mark.parametrize("file", sorted(MANUAL.glob("*.csv")), ids=lambda file: file.stem)
@pytest.mark.parametrize("kind", SPOIL)
def test_a_spoilt_file_is_accounted_for(tmp_path: Path, file: Path, kind: str):
    raw = file.read_bytes()
    copy = tmp_path / file.name
    for seed in range(TIMES):
        spoilt = spoil(kind, raw, random.Random(f"{SEED} {kind} {file.stem} {seed}"))
        copy.write_bytes(spoilt)

        report = check([copy], REGION)

        assert_accounted(report)
        (count,) = report.counts
        lines = [line for line in re.split(rb"\r\n|\n|\r", spoilt) if line.strip(b" ,")]
        within = len(re.findall(rb'"[^"\r\n]*[\r\n]+[^"\r\n]*"', spoilt))  # a cell of two lines
        # each other line is a row, and none goes without a word
        assert count.is_refused or 0 <= len(lines) - 1 - count.read <= within, seed


NAMED = GOOD.replace("Aagje", "Renée")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])  # fmt: skip
async def test_a_name_is_read_in_the_encodings_that_exports_have(tmp_path, encoding):
    vault = SmallVault()
    file = a_file(tmp_path, "registrations.csv", HEADER, NAMED, encoding=encoding)

    report = await run([file], REGION, Inbox(), vault)

    assert report.problems == ()
    assert [one.given_name for one in vault.asked] == ["Renée"]


@pytest.mark.parametrize(
    "garbled",
    [
        NAMED.encode("cp850"),
        NAMED.encode().decode("cp1252").encode(),  # twice
        NAMED.encode().decode("cp850").encode(),
        NAMED.encode("cp850").decode("cp1252").encode(),
        GOOD.replace("Aagje", "Ren\ufffde").encode(),
        GOOD.replace("Aagje", "Ren\x00e").encode(),
        GOOD.replace("Aagje", "Ren\x82").encode("latin-1"),
        "André".encode("cp1252").join(GOOD.encode().split(b"Aagje")) + b"; \xc3\xa9",  # mixed
    ],
)
async def test_letters_that_another_encoding_spoilt_are_told_by_row_and_never_kept(
    tmp_path, garbled
):
    file, vault = tmp_path / "registrations.csv", SmallVault()
    header = HEADER + (";opmerking" if garbled.endswith(b"\xa9") else "")
    good = GOOD + (";" if garbled.endswith(b"\xa9") else "")
    file.write_bytes(b"\r\n".join([header.encode(), good.encode(), garbled, good.encode()]))

    report = await run([file], REGION, Inbox(), vault)

    assert [one.given_name for one in vault.asked] == ["Aagje", "Aagje"]
    (problem,) = report.problems
    assert (problem.file, problem.row) == ("registrations.csv", 3)
    assert "given_name" in problem.fields
    assert "Ren" not in problem.message


def test_a_file_of_two_encodings_keeps_its_good_rows(tmp_path):
    file = tmp_path / "registrations.csv"
    rows = [HEADER.encode(), NAMED.encode(), NAMED.encode("cp1252"), NAMED.encode()]
    file.write_bytes(b"\n".join(rows))

    report = check([file], REGION)

    assert [one.row for one in report.problems] == [3]
    assert report.rows_accepted == 2


@pytest.mark.parametrize("tail", [";x", ";;x", ""])
def test_a_cell_too_many_and_one_too_few_are_told(tmp_path, tail):
    row = GOOD + tail if tail else GOOD.rpartition(";")[0]
    file = a_file(tmp_path, "registrations.csv", HEADER, GOOD, row)

    report = check([file], REGION)

    (problem,) = report.problems
    assert problem.row == 3
    assert ("meer cellen" if tail else "minder cellen") in problem.message


def test_a_column_that_is_nearly_known_is_told_and_others_are_listed(tmp_path):
    header = HEADER.replace("toestemming", "toestemmign") + ";opmerking;e-mail"
    file = a_file(tmp_path, "registrations.csv", header, GOOD + ";;")

    report = check([file], REGION)

    (problem,) = report.problems
    assert problem.message == "kolom toestemmign is niet gelezen: bedoelt u consent?"
    assert (problem.row, problem.left_out) == (1, False)
    assert [one.message for one in report.notes if one.row == 1] == [
        "niet gebruikte kolommen: opmerking, e-mail"
    ]


def test_a_required_column_that_is_nearly_right_is_named(tmp_path):
    header = HEADER.replace("geboortedatum", "gebortedatum")
    file = a_file(tmp_path, "registrations.csv", header, GOOD)

    report = check([file], REGION)

    (problem,) = report.problems
    assert problem.message == (
        "verplichte kolommen ontbreken: birth_date; gebortedatum: bedoelt u birth_date?"
    )


def test_two_columns_that_ran_together_refuse_the_file(tmp_path):
    header = HEADER.replace("toestemming", "toestemmingbeoordeling")
    file = a_file(tmp_path, "registrations.csv", header, GOOD)

    assert check([file], REGION).counts[0].is_refused


async def test_the_same_file_again_changes_nothing_and_says_so(tmp_path):
    file, inbox = a_file(tmp_path, "registrations.csv", HEADER, GOOD), Inbox()
    vault = SmallVault()

    async def known(_: object, __: object, **___: bool) -> Known:
        return Known(frozenset((e.envelope.source, e.envelope.id) for e in inbox.events()))

    first = await run([file], REGION, inbox, vault, known=known)
    again = await run([file], REGION, inbox, vault, known=known)

    assert [(one.accepted, one.unchanged) for one in first.counts] == [(1, 0)]
    assert [(one.accepted, one.unchanged) for one in again.counts] == [(0, 1)]


async def test_a_key_that_nothing_answers_to_is_told_by_row_and_column(tmp_path):
    file = a_file(tmp_path, "registrations.csv", HEADER, GOOD)
    asked: dict[str, list[str]] = {}

    async def known(_: object, keys: dict[str, list[str]], **__: bool) -> Known:
        asked.update(keys)
        return Known(keys={"location": frozenset(keys["location"])})

    report = await run([file], REGION, Inbox(), SmallVault(), known=known)

    assert set(asked) == {"organisation", "campaign", "location"}
    assert [(one.row, one.fields, one.left_out) for one in report.problems] == [
        (2, ("practice",), False),
        (2, ("campaign",), False),
    ]
    assert report.rows_accepted == 1


def test_part_of_an_answer_without_the_answer_is_told(tmp_path):
    header = HEADER + ";toestemming door;niet voor"
    file = a_file(
        tmp_path,
        "registrations.csv",
        header,
        GOOD.replace("gegeven", "") + ";zelf;",
        GOOD + ";zelf;2021-03-01",
    )

    report = check([file], REGION)

    assert [(one.row, one.left_out) for one in report.problems] == [(2, False), (3, True)]
    assert report.problems[0].fields == ("consent_by",)
    assert report.problems[1].fields == ("not_before", "judgement")


def test_one_key_with_two_sets_of_facts_in_a_file_is_told(tmp_path):
    rows = ("T1;HAP-1;Vecht", "t1;HAP-1;Vecht", "T2;HAP-1;Stad", "T1 ;HAP-1;Rijn")
    file = a_file(tmp_path, "teams.csv", "team;post;naam", *rows)

    report = check([file], REGION)

    (problem,) = report.problems
    assert (problem.row, problem.fields, problem.left_out) == (5, ("team",), False)
    assert [(one.accepted, one.unchanged) for one in report.counts] == [(3, 1)]
