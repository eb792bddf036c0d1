"""An adversary: reads every number of people that leaves the system, and asks what groups of one to four follow from it."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product

from ortools.sat.python import cp_model

STATES = ("given", "planned", "open")
ANSWERS = ("given", "refused", "conflicting", "unknown")
# What a plan counts of teams, vials and roads.
NO_PEOPLE = frozenset(
    [
        "metres",
        "working_minutes",
        "doses_wasted",
        "shifts",
        "unused_shifts",
        "containers_late",
        "on_time_percent",
        "back_on_time_percent",
        "bound_relaxation",
        "bound_doses_saved",
    ]
)
MOST = 200  # people in these tests
OFF = 4  # how far a rounded cell may be from the truth


@dataclass
class Seen:
    """What was shown at one moment: every number by where it stood, and the breakdowns by name."""

    numbers: dict[str, int] = field(default_factory=dict)
    areas: dict[str, dict[str, int]] = field(
        default_factory=dict
    )  # state -> municipality -> people
    states: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)  # of people without dose and visit
    days: dict[str, int] = field(default_factory=dict)  # doses given


def read_cells(row: str) -> list[str]:
    """The text of the cells of a table row."""
    return [
        html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
        for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S)
    ]


def read_number(text: str) -> int:
    """A number as pages write it; fewer than five is a zero that is shown as such."""
    return 0 if "<5" in text else int(re.sub(r"\D", "", text))


def read_region_page(page: str, seen: Seen) -> None:
    """All numbers of the crisis team's page with its table."""
    for row in re.findall(r'<tr id="rij-[^"]*">.*?</tr>', page, re.S):
        name, registered, planned, given, _ = read_cells(row)
        seen.areas.setdefault("given", {})[name] = read_number(given)
        seen.areas.setdefault("planned", {})[name] = read_number(planned)
        seen.areas.setdefault("open", {})[name] = (
            read_number(registered) - read_number(planned) - read_number(given)
        )
        seen.numbers[f"page registered {name}"] = read_number(registered)
        seen.numbers[f"page planned {name}"] = read_number(planned)
        seen.numbers[f"page given {name}"] = read_number(given)
    table = re.search(r'id="dagen-tabel".*?</table>', page, re.S)
    for row in re.findall(r"<tbody>.*", table[0], re.S)[0].split("<tr>")[1:] if table else []:
        day, given, planned = read_cells(row)
        seen.days[day] = read_number(given)
        seen.numbers |= {
            f"page day {day} given": read_number(given),
            f"page day {day} planned": read_number(planned),
        }
    for n, tile in enumerate(re.findall(r'<section class="tile.*?</section>', page, re.S)[:5]):
        text = html.unescape(re.sub(r"<[^>]+>", " ", tile.partition('class="age')[0]))
        for k, found in enumerate(people_in(text)):
            seen.numbers[f"page tile {n}.{k}"] = found
    why = re.search(r'aria-labelledby="waarom".*?</section>', page, re.S)
    for n, found in enumerate(re.findall(r"<dd>(.*?)</dd>", why[0], re.S) if why else []):
        seen.numbers[f"page why {n}"] = read_number(found)
    stock = re.search(r'aria-labelledby="voorraad".*?</section>', page, re.S)
    for n, row in enumerate(re.findall(r"<tbody>.*?</tbody>", stock[0], re.S) if stock else []):
        seen.numbers[f"page stock {n}"] = read_number(read_cells(row)[1])


def people_in(text: str) -> Iterator[int]:
    """The numbers of a tile, without percentages, numbers of plans, days and teams."""
    plain = re.sub(r"\d+ %|na plan \d+|\d+ van \d+ teams|Levering .*", "", text)
    for found in re.findall(r"<5|\d[\d.]*", plain):
        yield read_number(found)


def read_status(status: Mapping, region: str, seen: Seen) -> None:
    """All numbers of people and doses that anybody may read."""
    home = next(one for one in status["regions"] if one["region"] == region)
    for one in home["campaigns"]:
        for name in (
            "registered",
            "consented",
            "planned",
            "open",
            "given",
            "given_registered",
            "doses_given",
        ):
            seen.numbers[f"status {name}"] = one[name]
        seen.states = {
            "given": one["given_registered"], "planned": one["planned"], "open": one["open"],
        }  # fmt: skip
        seen.answers = dict(one["answers"])
        seen.numbers |= {f"status answer {k}": n for k, n in one["answers"].items()}
        seen.numbers["status left out"] = one["unassigned"]["people"]
        seen.numbers |= {f"status why {k}": n for k, n in one["unassigned"]["reasons"].items()}
    for line in home["stock"]:
        seen.numbers |= {f"status stock {k}": line[k] for k in ("doses", "usable", "quarantined")}
    for name, counts in (("plan", home["plan"]), ("proposal", home["proposal"])):
        for k, n in (counts or {}).get("counts", {}).items():
            if k not in NO_PEOPLE:
                seen.numbers[f"status {name} {k}"] = n


def read_stock(stock: Mapping, seen: Seen) -> None:
    """All doses that the API tells to who is not the planner: one less is one person more."""
    for row in stock["products"]:
        name = f"api stock {row['product']}"
        seen.numbers |= {f"{name} {k}": row[k] for k in ("doses", "usable", "quarantined")}
    for kind, names in (("quarantined", ("doses",)), ("counts", ("counted", "booked"))):
        for n, row in enumerate(stock[kind]):
            seen.numbers |= {f"api {kind} {n} {k}": row[k] for k in names}


def find_small_differences(moments: Sequence[Seen]) -> list[str]:
    """What somebody finds who takes each number at its word: a sum or difference of up to three of them that is 1 to 4."""
    values: dict[int, str] = {}
    for n, seen in enumerate(moments):
        for name, value in seen.numbers.items():
            values.setdefault(value, f"{name} at {n}")
    found = [f"{name} is {value}" for value, name in values.items() if 1 <= value <= OFF]
    for size in (2, 3):
        for chosen in combinations(values, size):
            for signs in product((1, -1), repeat=size - 1):
                sum_ = chosen[0] + sum(s * v for s, v in zip(signs, chosen[1:], strict=True))
                if 1 <= abs(sum_) <= OFF:
                    found.append(f"{[values[v] for v in chosen]} with {signs} is {sum_}")
    return found


class Population:
    """All populations that could have shown this, as somebody knows who knows how we round but not the offsets."""

    def __init__(self, seen: Seen, model: cp_model.CpModel, name: str, *, fitted: bool) -> None:
        self.model, self.name = model, name
        reasons = ("none", *seen.reasons)
        self.cells = {
            key: self.cell(*key) for key in product(STATES, ANSWERS, reasons)
        }  # people, shown: the cells themselves are not shown, their sums are
        self.areas: dict[tuple[str, str], cp_model.IntVar] = {}
        for state in STATES:
            self.show({k: v for k, v in self.cells.items() if k[0] == state}, seen.states[state])
        for answer in ANSWERS:
            self.show({k: v for k, v in self.cells.items() if k[1] == answer}, seen.answers[answer])
        for state, areas in seen.areas.items():
            for n, (area, shown) in enumerate(sorted(areas.items(), key=lambda one: -one[1])):
                people = model.new_int_var(0, MOST, f"{name} {state} {area}")
                self.areas[state, area] = people
                if n or not fitted:  # the largest takes the rest of a total
                    model.add(people <= shown + OFF)
                    model.add(people >= shown - OFF)
            own = [people for (of, _), people in self.areas.items() if of == state]
            model.add(sum(own) == sum(v[0] for k, v in self.cells.items() if k[0] == state))

    def cell(self, *key: str) -> tuple[cp_model.IntVar, cp_model.IntVar]:
        """People of a cell, and the multiple of five that stands for them."""
        people = self.model.new_int_var(0, MOST, f"{self.name} {key}")
        fives = self.model.new_int_var(0, MOST // 5, f"{self.name} {key} fives")
        self.model.add(people <= 5 * fives + OFF)
        self.model.add(people >= 5 * fives - OFF)
        self.model.add(people >= fives)  # nobody is shown as nobody
        return people, fives

    def show(self, cells: Mapping, shown: int) -> None:
        """The sum of these cells is shown."""
        self.model.add(5 * sum(fives for _, fives in cells.values()) == shown)

    def groups(self) -> Iterator[tuple[str, cp_model.LinearExprT]]:
        """Every group that somebody may ask about: states, answers, municipalities, and each two of them."""
        for n, names in ((0, STATES), (1, ANSWERS)):
            for name in names:
                yield name, sum(v[0] for k, v in self.cells.items() if k[n] == name)
        for (state, area), people in self.areas.items():
            yield f"{state} in {area}", people
        for area in {area for _, area in self.areas}:
            yield f"in {area}", sum(v for (_, own), v in self.areas.items() if own == area)


def find_small_groups(moments: Sequence[Seen], *, fitted: bool = True) -> list[str]:
    """Groups, or what was added to them since the moment before, that can only be one to four people.

    `fitted`: the parts of a total were made to add up to it, so that one of them may be further off.
    """
    found = []
    model = cp_model.CpModel()
    made = [Population(seen, model, str(n), fitted=fitted) for n, seen in enumerate(moments)]
    asked = [
        (f"{name} at {n}", group) for n, one in enumerate(made) for name, group in one.groups()
    ]
    for n, (before, after) in enumerate(pairwise(made)):
        earlier = dict(before.groups())
        for name, group in after.groups():
            if name in earlier:
                asked.append((f"added to {name} at {n + 1}", group - earlier[name]))
                asked.append((f"gone from {name} at {n + 1}", earlier[name] - group))
    for name, group in asked:
        if not can_be(model, group, below=1) and not can_be(model, group, above=OFF):
            found.append(name)
    return found


def can_be(
    model: cp_model.CpModel,
    group: cp_model.LinearExprT,
    below: int | None = None,
    above: int | None = None,
) -> bool:
    """Whether some population that could have shown all this has a group of such a size."""
    tried = model.clone()
    tried.add(group < below if below is not None else group > above)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 20
    status = solver.solve(tried)
    assert status != cp_model.UNKNOWN
    return status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
