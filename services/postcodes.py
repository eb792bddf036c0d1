"""Whether the coordinates of a place fit its postcode, by the centres of the postcode areas that we ship (data/NOTICE.md)."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "simulator/data/pc4.csv"
# Our choice, there is no norm: outlines of postcode areas are not shipped, so an area counts as a circle around its
# centre. Areas are longer than wide, and the data is of 2020: twice the radius and five kilometres let every address
# pass, and stop what is meant: another town, two numbers exchanged, a digit left out.
RADII: Final = 2.0
SLACK_KM: Final = 5.0
KM_PER_DEGREE: Final = 111.2


@dataclass(frozen=True, slots=True)
class Centre:
    """The centre of a postcode-4 area, and the radius in km of a circle of its size."""

    lat: float
    lon: float
    radius_km: float


@cache
def read_centres() -> Mapping[int, Centre]:
    """Reads the centres of all postcode-4 areas, by number."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {
            int(row["pc4"]): Centre(
                float(row["lat"]), float(row["lon"]), math.sqrt(float(row["area_km2"]) / math.pi)
            )
            for row in csv.DictReader(file)
        }


def fits_postcode(lat: float, lon: float, postcode4: int) -> bool:
    """Whether a point may lie in a postcode area; a postcode without a centre (of boxes, or newer than our data) fits."""
    centre = read_centres().get(postcode4)
    if centre is None:
        return True
    north = (lat - centre.lat) * KM_PER_DEGREE
    east = (lon - centre.lon) * KM_PER_DEGREE * math.cos(math.radians(centre.lat))
    return math.hypot(north, east) <= SLACK_KM + RADII * centre.radius_km
