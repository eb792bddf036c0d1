"""A campaign as a picture: plain SVG, one panel below the other over the same days."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from tests.campaign.figures import Day

WIDTH, LEFT, RIGHT = 1000, 70, 190
PANEL, GAP, TOP = 150, 54, 108
FONT = 'font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif"'
INK, FAINT, GRID = "#1a1a1a", "#555555", "#dddddd"
# Okabe and Ito: told apart with every kind of colour vision; each line has a dash of its own too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7f7f7f", "#999933")
SUBTITLE = "Evening figures; the numbers above the first panel are the happenings listed below."
DASHES = ("", "7 3", "2 3", "9 3 2 3")
MOST_REASONS = 7


@dataclass(frozen=True)
class Panel:
    """One panel: a title, and one named series of numbers per day each as a line or stacked bars."""

    title: str
    series: dict[str, list[float]]
    stacked: bool


def draw(days: Sequence[Day], title: str) -> str:
    """The whole picture."""
    panels = panels_of(days)
    marks = [(n, one.happened) for n, one in enumerate(days) if one.happened]
    notes = [f"{n}. {days[n].day[5:]}: {', '.join(what)}" for n, what in marks]
    bottom = TOP + len(panels) * (PANEL + GAP)
    height = bottom + 20 + 18 * len(notes)
    body = [
        text(LEFT, 30, title, size=20, weight=600),
        text(LEFT, 52, SUBTITLE, size=13, fill=FAINT),
    ]
    for n, panel in enumerate(panels):
        body += panel_at(panel, days, TOP + n * (PANEL + GAP))
    for n, _ in marks:
        x = column(n, len(days))
        body.append(
            f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{bottom - GAP}" stroke="{FAINT}"'
            ' stroke-width="0.6" stroke-dasharray="1 4"/>'
        )
        body.append(text(x, TOP - 4, str(n), anchor="middle", size=10, fill=FAINT))
    for n, note in enumerate(notes):
        body.append(text(LEFT, bottom + 18 * n, note, size=12))
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    role = 'role="img" aria-labelledby="title desc"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {role} {FONT}>',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(in_words(days))}</desc>',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *body,
            "</svg>\n",
        )
    )


def panels_of(days: Sequence[Day]) -> list[Panel]:
    """What is shown of the figures."""
    people = {
        "registered": [one.registered for one in days],
        "dose 1 given": [one.dose_1 for one in days],
        "dose 2 given": [one.dose_2 for one in days],
        "planned": [one.planned for one in days],
    }
    vaccine = {
        "in the fridges": [one.stock for one in days],
        "wasted so far": [one.wasted for one in days],
        "expired so far": [one.expired for one in days],
    }
    return [
        Panel("People", floats(people), stacked=False),
        Panel("People left out, by the strongest reason", reasons_of(days), stacked=True),
        Panel("Doses", floats(vaccine), stacked=False),
        Panel("Visits made in the day", floats({"visits": [one.visits for one in days]}), stacked=True),
        Panel(
            "Kilometres driven in the day", {"km": [one.kilometres for one in days]}, stacked=True
        ),
    ]  # fmt: skip


def floats(series: dict[str, list[int]]) -> dict[str, list[float]]:
    return {name: [float(value) for value in values] for name, values in series.items()}


def reasons_of(days: Sequence[Day]) -> dict[str, list[float]]:
    """The reasons that count most over all days, the others together."""
    total: Counter[str] = Counter()
    for one in days:
        total.update(one.unserved)
    kept = [name for name, _ in total.most_common(MOST_REASONS)]
    found = {
        name.replace("_", " "): [float(one.unserved.get(name, 0)) for one in days] for name in kept
    }
    if len(total) > len(kept):
        found["other"] = [
            float(sum(n for name, n in one.unserved.items() if name not in kept)) for one in days
        ]
    return found


def panel_at(panel: Panel, days: Sequence[Day], y: float) -> list[str]:
    """One panel with its grid, axis and legend."""
    count = len(days)
    values = (
        [sum(of_day) for of_day in zip(*panel.series.values(), strict=True)]
        if panel.stacked
        else [value for of_series in panel.series.values() for value in of_series]
    )
    highest = max(values, default=0.0)
    step = tidy(highest)
    top = max(step, -(-highest // step) * step)
    drawn = [text(LEFT, y - 16 if y > TOP else y - 24, panel.title, size=13, weight=600)]
    tick = 0.0
    while tick <= top:
        at = y + PANEL * (1 - tick / top)
        drawn.append(
            f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="{GRID}"/>'
        )
        drawn.append(text(LEFT - 8, at + 4, f"{tick:g}", anchor="end", size=11, fill=FAINT))
        tick += step
    drawn += [
        text(column(n, count), y + PANEL + 15, one.day[5:], anchor="middle", size=11, fill=FAINT)
        for n, one in enumerate(days)
        if count <= 12 or date.fromisoformat(one.day).weekday() == 0
    ]
    drawn += bars(panel, count, y, top) if panel.stacked else lines(panel, count, y, top)
    for n, name in enumerate(panel.series):
        at = y + 10 + 18 * n
        drawn.append(
            f'<line x1="{WIDTH - RIGHT + 14}" y1="{at - 4}" x2="{WIDTH - RIGHT + 36}" y2="{at - 4}"'
            f' stroke="{COLOURS[n]}" stroke-width="{9 if panel.stacked else 2.5}"{dash(panel, n)}/>'
        )
        drawn.append(text(WIDTH - RIGHT + 42, at, name, size=12))
    return drawn


def bars(panel: Panel, count: int, y: float, top: float) -> list[str]:
    """Stacked bars, the first series at the bottom."""
    width = 0.7 * (WIDTH - LEFT - RIGHT) / count
    drawn = []
    for n in range(count):
        below = 0.0
        for which, values in enumerate(panel.series.values()):
            if values[n]:
                tall = PANEL * values[n] / top
                at = y + PANEL * (1 - below / top) - tall
                drawn.append(
                    f'<rect x="{column(n, count) - width / 2:.1f}" y="{at:.1f}"'
                    f' width="{width:.1f}" height="{tall:.1f}" fill="{COLOURS[which]}"/>'
                )
            below += values[n]
    return drawn


def lines(panel: Panel, count: int, y: float, top: float) -> list[str]:
    """A line for each series."""
    drawn = []
    for n, values in enumerate(panel.series.values()):
        points = " ".join(
            f"{column(day, count):.1f},{y + PANEL * (1 - value / top):.1f}"
            for day, value in enumerate(values)
        )
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="{COLOURS[n]}" stroke-width="2.5"{dash(panel, n)}/>'
        )
    return drawn


def dash(panel: Panel, n: int) -> str:
    pattern = "" if panel.stacked else DASHES[n % len(DASHES)]
    return f' stroke-dasharray="{pattern}"' if pattern else ""


def column(n: int, count: int) -> float:
    """The middle of a day."""
    return round(LEFT + (n + 0.5) * (WIDTH - LEFT - RIGHT) / count, 1)


def tidy(highest: float) -> float:
    """A round distance between some four lines of the grid."""
    size = 1.0
    while True:
        for step in (size, 2 * size, 5 * size):
            if highest <= 4 * step:
                return step
        size *= 10


def text(
    x: float, y: float, what: str, anchor: str = "start", size: int = 12, fill: str = INK, weight: int = 400
) -> str:  # fmt: skip
    return (
        f'<text x="{x}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"'
        f' font-weight="{weight}">{escape(what)}</text>'
    )


def in_words(days: Sequence[Day]) -> str:
    """What somebody who cannot see the picture should know."""
    last = days[-1]
    return (
        f"{len(days)} days. On the last evening {last.registered} people are registered, {last.dose_1} had their first"
        f" and {last.dose_2} their second dose, {last.planned} have an appointment, {last.left_out} are left out with"
        f" a reason; {last.wasted} doses were wasted, {last.expired} expired, {last.stock} are in the fridges."
        f" The teams made {sum(one.visits for one in days)} visits and drove {sum(one.kilometres for one in days):.0f} km."
    )
