"""Reads the outlines that we ship: names of regions and municipalities, and their shapes as SVG paths."""

import json
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "static" / "geo"
LETTER: Final = 5.6
Ring = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Shape:
    """One area on a drawn map: its path and where its label goes."""

    code: str
    name: str
    path: str
    x: float
    y: float
    label: str  # what fits in the area; empty when nothing does


@dataclass(frozen=True, slots=True)
class Drawing:
    """A region's municipalities and what lies around them, in one coordinate system."""

    width: int
    height: int
    far: tuple[str, ...]
    shapes: tuple[Shape, ...]


@cache
def read_features(name: str) -> list[dict[str, Any]]:
    """Read the features of a file; empty when we do not ship it."""
    path = FOLDER / f"{name}.geojson"
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    return found


@cache
def read_region_names() -> dict[str, str]:
    """GGD regions by code."""
    return {f["properties"]["code"]: f["properties"]["name"] for f in read_features("regions")}


@cache
def read_municipality_names(region: str) -> dict[str, str]:
    """Municipalities of a region by code; empty for a region without shipped outlines."""
    return {f["properties"]["code"]: f["properties"]["name"] for f in read_features(region)}


@cache
def draw(region: str, width: int = 440, height: int = 378) -> Drawing | None:
    """Draw a region in a box of this size in pixels; None when we ship no outlines of it."""
    areas = read_features(region)
    if not areas:
        return None
    project = make_projection([ring for area in areas for ring in list_rings(area)], width, height)
    shapes = []
    for area in areas:
        placed = [[project(*point) for point in ring] for ring in list_rings(area)]
        outer = max(placed, key=len)
        name = area["properties"]["name"]
        code, (x, y) = area["properties"]["code"], find_middle(outer)
        label = choose_label(
            name, min(measure_chord(outer, x, y - 8), measure_chord(outer, x, y + 2))
        )
        shapes.append(Shape(code, name, to_path(placed), x, y, label))
    far = tuple(
        to_path([[project(*point) for point in ring] for ring in list_rings(area)])
        for area in read_features("regions")
        if area["properties"]["code"] != region
    )
    return Drawing(width, height, far, tuple(shapes))


def measure_chord(ring: Ring, x: float, y: float) -> float:
    """Measure the room for a label: twice the distance in pixels from a point to the nearer side of a ring."""
    crossings = [
        x1 + (x2 - x1) * (y - y1) / (y2 - y1)
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True)
        if (y1 <= y) != (y2 <= y)
    ]
    return 2 * min((abs(found - x) for found in crossings), default=0.0)


def choose_label(name: str, room: float) -> str:
    """Choose the name, else its last word, whichever fits in so many pixels; else nothing."""
    options = (name, name.split()[-1])
    return next((text for text in options if len(text) * LETTER <= room), "")


def list_rings(feature: dict[str, Any]) -> list[Ring]:
    """List the rings, outer and inner, of a polygon or of all polygons of a shape."""
    geometry = feature["geometry"]
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[(point[0], point[1]) for point in ring] for part in parts for ring in part]


def make_projection(around: list[Ring], width: int, height: int) -> Any:
    """Make a function from degrees to pixels, with equal scales both ways at the middle latitude."""
    points = [point for ring in around for point in ring]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = cos(radians((south + north) / 2))
    margin = 8
    scale = min(
        (width - 2 * margin) / ((east - west) * squeeze), (height - 2 * margin) / (north - south)
    )
    left = (width - (east - west) * squeeze * scale) / 2
    top = (height - (north - south) * scale) / 2

    def place(lon: float, lat: float) -> tuple[float, float]:
        return left + (lon - west) * squeeze * scale, top + (north - lat) * scale

    return place


def to_path(placed: list[list[tuple[float, float]]]) -> str:
    """Rings as the `d` of an SVG path."""
    return "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in placed if ring
    )


def find_middle(ring: list[tuple[float, float]]) -> tuple[float, float]:
    """Find the centroid of a ring."""
    area = x = y = 0.0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = x1 * y2 - x2 * y1
        area += cross
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    if not area:
        return ring[0]
    return x / (3 * area), y / (3 * area)
