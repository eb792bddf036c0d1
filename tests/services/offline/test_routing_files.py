"""Files of the literature: told apart by content, and a broken one is told by line or section."""

from pathlib import Path

import pytest
from vrplib.parse import parse_solomon, parse_vrplib

from scheduling.routing.benchmark import Convention
from services.offline.files.routing import Kind, kind_of, read_instance
from services.offline.files.text import UnreadableFile
from tests.services.offline.files import SOLOMON, VRPLIB

FOLDER = Path(__file__).resolve().parents[3] / "docs/examples/plans"
EXAMPLES = {file.name: file.read_text() for file in FOLDER.iterdir()}
EXPLICIT = (
    VRPLIB.replace("EUC_2D", "EXPLICIT\nEDGE_WEIGHT_FORMAT : LOWER_ROW")
    .replace("NODE_COORD", "EDGE_WEIGHT")
    .replace("1 0 0\n2 3 4\n3 6 8\n4 0 10\n", "5\n11 6\n10 7 7\n")
)


def fault(text: str) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read_instance(text, "x")
    (said,) = refused.value.faults
    return said


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("  \n{}", Kind.PROBLEM),
        ("[1]", Kind.PROBLEM),
        (SOLOMON, Kind.SOLOMON),
        (SOLOMON.replace("VEHICLE", ""), Kind.SOLOMON),
        (VRPLIB, Kind.VRPLIB),
        (VRPLIB.replace("DIMENSION", "X"), Kind.VRPLIB),
    ],
)
def test_a_kind_is_seen_by_its_content(text: str, kind: Kind):
    assert kind_of(text, "x") is kind


def test_another_text_is_no_problem():
    assert fault("begins,ends\n1,2\n") == "neither a JSON problem, nor a Solomon nor a VRPLIB file"


def test_a_solomon_file_in_tenths_of_its_unit():
    found = read_instance(SOLOMON, "x")

    assert (found.name, found.vehicles, found.capacity, found.scale) == ("SMALL", 2, 100, 10)
    assert found.numbers == (0, 1, 2, 3)
    assert found.windows[2] == (300, 900)
    assert found.services == (0, 100, 100, 100)
    assert found.distance[1] == (50, 0, 50, 67)  # 6.708..., cut


def test_both_forms_are_read_as_the_library_reads_them():
    solomon, vrplib = parse_solomon(EXAMPLES["twelve.txt"]), parse_vrplib(EXAMPLES["twelve.vrp"])
    ours = read_instance(EXAMPLES["twelve.txt"], "x", Convention.SOLOMON)
    ours_whole = read_instance(EXAMPLES["twelve.vrp"], "x")

    assert list(ours.demands) == solomon["demand"].tolist() == vrplib["demand"].tolist()
    assert [[a // 10_000, b // 10_000] for a, b in ours.windows] == solomon["time_window"].tolist()
    assert [s // 10_000 for s in ours.services] == solomon["service_time"].tolist()
    assert abs(solomon["edge_weight"] * 10_000 - ours.distance).max() < 0.51
    assert abs(vrplib["edge_weight"] - ours_whole.distance).max() < 0.51


def test_without_rounding_travel_is_never_shorter_than_it_is():
    found = read_instance(SOLOMON, "x", Convention.SOLOMON)

    assert (found.scale, found.distance[1][3], found.seconds[1][3]) == (10_000, 67082, 67083)
    assert (found.distance[0][1], found.seconds[0][1]) == (50_000, 50_000)


def test_a_cut_is_exact_where_a_float_is_off_by_one():
    far = SOLOMON.replace("3          4 ", f"{3 * 10**6} {4 * 10**6}")

    found = read_instance(far, "x")

    assert found.distance[0][1] == 5 * 10**7


def test_a_vrplib_file_in_whole_numbers():
    found = read_instance(VRPLIB, "x")

    assert (found.convention, found.scale, found.vehicles) == (Convention.WHOLE, 1, 3)
    assert found.numbers == (1, 2, 3, 4)
    assert found.distance[1] == (5, 0, 5, 7)


def test_an_explicit_matrix_is_taken_as_it_stands():
    found = read_instance(EXPLICIT, "x")

    assert found.distance[3] == (10, 7, 7, 0)
    assert found.seconds == found.distance


SIZE = 4
LAYOUTS = {
    "FULL_MATRIX": [(r, c) for r in range(SIZE) for c in range(SIZE)],
    "UPPER_ROW": [(r, c) for r in range(SIZE) for c in range(SIZE) if c > r],
    "LOWER_ROW": [(r, c) for r in range(SIZE) for c in range(SIZE) if c < r],
    "UPPER_DIAG_ROW": [(r, c) for r in range(SIZE) for c in range(SIZE) if c >= r],
    "LOWER_DIAG_ROW": [(r, c) for r in range(SIZE) for c in range(SIZE) if c <= r],
    "UPPER_COL": [(r, c) for c in range(SIZE) for r in range(SIZE) if r < c],
    "LOWER_COL": [(r, c) for c in range(SIZE) for r in range(SIZE) if r > c],
    "UPPER_DIAG_COL": [(r, c) for c in range(SIZE) for r in range(SIZE) if r <= c],
    "LOWER_DIAG_COL": [(r, c) for c in range(SIZE) for r in range(SIZE) if r >= c],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("width", [1, 2, 5, 99])
def test_a_matrix_is_read_in_every_layout_however_its_lines_break(layout: str, width: int):
    wanted = ((0, 5, 11, 10), (5, 0, 6, 7), (11, 6, 0, 7), (10, 7, 7, 0))
    numbers = [str(wanted[row][column]) for row, column in LAYOUTS[layout]]
    lines = [" ".join(numbers[k : k + width]) for k in range(0, len(numbers), width)]
    text = EXPLICIT.replace("LOWER_ROW", layout).replace("5\n11 6\n10 7 7", "\n".join(lines))

    assert read_instance(text, "x").distance == wanted


def test_a_whole_matrix_keeps_both_directions():
    text = EXPLICIT.replace("LOWER_ROW", "FULL_MATRIX").replace(
        "5\n11 6\n10 7 7", "0 1 2 3 4 0 5 6 7 8 0 9 10 11 12 0"
    )

    assert read_instance(text, "x").distance[0] == (0, 1, 2, 3)
    assert read_instance(text, "x").distance[3] == (10, 11, 12, 0)


def test_a_specification_may_stand_behind_a_section():
    head, tail = EXPLICIT.split("EDGE_WEIGHT_FORMAT : LOWER_ROW\n")

    assert read_instance(
        head + tail.replace("DEMAND", "EDGE_WEIGHT_FORMAT : LOWER_ROW\nDEMAND"), "x"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("  2          100\n", "  2          100\n  3          50\n"), ("VEHICLE\n", "MAXIMAL DURATION 25\nVEHICLE\n")],
)  # fmt: skip
def test_what_a_solomon_file_asks_beyond_its_form_is_refused(old: str, new: str):
    assert fault(SOLOMON.replace(old, new)).endswith(
        "more than name, vehicles and customers is not kept"
    )


def test_time_windows_of_a_vrplib_file_are_kept():
    rows = "1 0 200\n2 0 100\n3 30 90\n4 0 100\n"
    text = VRPLIB.replace("DEPOT_SEC", f"TIME_WINDOW_SECTION\n{rows}DEPOT_SEC")

    found = read_instance(text.replace("CAPACITY", "SERVICE_TIME : 10\nCAPACITY"), "x")

    assert found.convention is Convention.DIMACS
    assert found.windows[2] == (300, 900)
    assert found.services == (0, 100, 100, 100)


def test_a_longest_route_closes_the_depot():
    found = read_instance(VRPLIB.replace("CAPACITY", "DISTANCE : 30\nCAPACITY"), "x")

    assert found.windows == ((0, 30),) * 4


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("VEHICLE\n", "", "section VEHICLE is missing"),
        ("CUSTOMER\n", "", "section CUSTOMER is missing"),
        ("  2          100\n", "  2\n", "line 5: number and capacity of the vehicles are needed"),
        ("  2 ", "  -2 ", "line 5: number and capacity of the vehicles are needed"),
        ("         90         10", "         90", "line 12: 6 columns, 7 are needed"),
        ("8         50", "8         x50", "line 12: demand should be a number, whole and up to 10000000"),
        ("8         50", "8         nan", "line 12: demand should be a number, whole and up to 10000000"),
        ("8         50", "8         5e9", "line 12: demand should be a number, whole and up to 10000000"),
        ("8         50", "8         -50", "line 12: demand below 0"),
        ("    2      6", "    1      6", "customer 1 stands twice"),
        (SOLOMON[SOLOMON.index("\n    0 ") :], "", "section CUSTOMER: the depot is missing"),
        (SOLOMON[SOLOMON.index("30          0 ") :], "3", "line 13: 4 columns, 7 are needed"),
    ],
)  # fmt: skip
def test_a_broken_solomon_file_is_told_by_line(old: str, new: str, said: str):
    assert fault(SOLOMON.replace(old, new)) == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("DIMENSION : 4\n", "", "DIMENSION is missing or 0"),
        ("DIMENSION : 4", "DIMENSION : 5", "section NODE_COORD: 4 rows, DIMENSION is 5"),
        ("DIMENSION : 4", "DIMENSION : 99999", "99999 nodes, at most 3000"),
        ("DIMENSION : 4", "DIMENSION : four", "line 3: DIMENSION should be a whole number from 0"),
        ("CAPACITY : 100\n", "", "CAPACITY is missing"),
        ("CAPACITY : 100", "CAPACITY : 1\nCAPACITY : 2", "line 6: CAPACITY stands twice"),
        ("3 6 8", "3 6", "line 9: 2 columns, 3 are needed (NODE_COORD)"),
        ("3 6 8", "3 6 nan", "line 9: column 3 is no number (NODE_COORD)"),
        ("3 6 8", "9 6 8", "line 9: node 3 is expected here (NODE_COORD)"),
        ("3 50", "3 5.5", "line 14: should be whole numbers (DEMAND)"),
        ("3 50", "3 -5", "line 14: below 0 (DEMAND)"),
        ("DEPOT_SECTION\n1", "DEPOT_SECTION\n1\n2", "section DEPOT: one depot is needed, node 1"),
        ("DEMAND_SECTION", "BACKHAUL_SECTION", "line 11: section BACKHAUL is not kept here"),
        ("EUC_2D", "GEO", "EDGE_WEIGHT_TYPE GEO is not read here"),
        ("EDGE_WEIGHT_TYPE : EUC_2D\n", "", "EDGE_WEIGHT_TYPE is missing"),
        (
            "DEMAND_SECTION",
            "EDGE_WEIGHT_SECTION\n1 2 3\nDEMAND_SECTION",
            "section EDGE_WEIGHT beside EDGE_WEIGHT_TYPE EUC_2D",
        ),
        ("TYPE : CVRP", "TYPE : OVRP", "line 2: TYPE OVRP is not kept here"),
        (
            "TYPE : CVRP",
            "TYPE : CVRP\nVEHICLES_MAX_DURATION : 25",
            "line 3: VEHICLES_MAX_DURATION is not kept here",
        ),
        ("TYPE : CVRP", "TYPE : CVRP\nROUTE_TYPE : OPEN", "line 3: ROUTE_TYPE is not kept here"),
        (
            "EUC_2D",
            "EUC_2D\nNODE_COORD_TYPE : THREED_COORDS",
            "NODE_COORD_TYPE is not read here: other than TWOD_COORDS",
        ),
        (
            "DEPOT_SECTION\n1\n-1\nEOF",
            "DEPOT_SECTION\n1\n-1\nEOF\nDISTANCE : 5",
            "line 20: something follows EOF",
        ),
        ("TYPE : CVRP", "what is this", "line 2: neither `KEY : value` nor a section"),
        (VRPLIB[VRPLIB.index("DEMAND") :], "", "section DEMAND is missing"),
    ],
)
def test_a_broken_vrplib_file_is_told_by_line_or_section(old: str, new: str, said: str):
    assert fault(VRPLIB.replace(old, new)) == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("10 7 7\n", "10 7\n", "section EDGE_WEIGHT: 5 numbers, LOWER_ROW of 4 nodes has 6"),
        ("10 7 7\n", "", "section EDGE_WEIGHT: 3 numbers, LOWER_ROW of 4 nodes has 6"),
        ("10 7 7", "10 -7 7", "line 10: should be whole numbers from 0 (EDGE_WEIGHT)"),
        ("LOWER_ROW", "SIDEWAYS", "EDGE_WEIGHT_FORMAT SIDEWAYS is not read here"),
        ("EDGE_WEIGHT_FORMAT : LOWER_ROW\n", "", "EDGE_WEIGHT_FORMAT is missing"),
    ],
)
def test_a_broken_matrix_is_told(old: str, new: str, said: str):
    assert fault(EXPLICIT.replace(old, new)) == said


def test_the_examples_are_such_files():
    assert {name: kind_of(text, name) for name, text in EXAMPLES.items()} == {
        "two-days.json": Kind.PROBLEM,
        "twelve.txt": Kind.SOLOMON,
        "twelve.vrp": Kind.VRPLIB,
    }
