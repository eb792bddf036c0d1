"""The picture of a campaign: can be read by people, by machines, and aloud."""

from xml.etree import ElementTree

from tests.campaign.drawing import WIDTH, draw
from tests.campaign.figures import Day, table

SVG = "{http://www.w3.org/2000/svg}"


def a_day(n: int, **changes) -> Day:
    usual = {
        "day": f"2021-02-{15 + n}", "registered": 100, "dose_1": 10 * n, "dose_2": 0, "planned": 60,
        "reserved": 5, "ended": 0, "unserved": {"no_stock": 7, "triage": 2}, "halfway": {"no_stock": 1},
        "wasted": n, "expired": 0, "stock": 80, "teams": 2, "visits": 4, "kilometres": 55.5, "plans": 3,
        "plan_seconds": 1.0, "ledger": 1000, "happened": ["a very <small> outbreak"] if n == 1 else [],
    }  # fmt: skip
    return Day(**usual | changes)


DAYS = [a_day(n) for n in range(5)]


def test_the_picture_is_sound_and_has_a_title_and_a_description_in_numbers():
    root = ElementTree.fromstring(draw(DAYS, "A campaign"))

    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "A campaign"
    assert "100 people are registered, 40 had their first" in (root.findtext(f"{SVG}desc") or "")


def test_everything_lies_within_the_picture():
    root = ElementTree.fromstring(draw(DAYS, "A campaign"))
    height = float(root.get("height", "0"))

    places = [
        (float(one.get("x", "0")), float(one.get("y", "0"))) for one in root.iter(f"{SVG}text")
    ]

    assert all(0 <= x < WIDTH and 0 < y < height for x, y in places)


def test_what_happened_and_every_reason_can_be_read():
    said = "".join(ElementTree.fromstring(draw(DAYS, "A campaign")).itertext())

    assert "a very <small> outbreak" in said
    assert all(word in said for word in ("no stock", "triage", "dose 1 given", "in the fridges"))


def test_days_without_anything_can_be_drawn():
    empty = a_day(0, registered=0, planned=0, unserved={}, stock=0, visits=0, kilometres=0.0)

    root = ElementTree.fromstring(draw([empty], "Nothing"))

    assert root.tag == f"{SVG}svg"


def test_the_table_has_a_row_for_each_day():
    rows = table(DAYS)

    assert len(rows) == 2 + len(DAYS)
    assert len({row.count("|") for row in rows}) == 1
