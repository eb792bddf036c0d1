"""The estimate against the roads of Utrecht that it was derived from; the data lie beside the repository, not in it."""

import csv
import json
import math
from pathlib import Path
from statistics import mean, median

import pytest

from infra.travel.estimate import (
    BANDS,
    SIREN_FACTOR,
    Band,
    chord_to_metres,
    drive,
    unit_vector,
)

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "travel_utrecht_pc4.csv").exists(), reason="../shared/data is not here"
)


@pytest.fixture(scope="module")
def errors() -> list[tuple[float, float, float]]:
    """Of every pair of areas: seconds too many, that over the real time, straight kilometres."""
    with (DATA / "pc4.csv").open(encoding="utf-8") as file:
        at = {r["pc4"]: unit_vector(float(r["lat"]), float(r["lon"])) for r in csv.DictReader(file)}
    found = []
    with (DATA / "travel_utrecht_pc4.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            straight = chord_to_metres(math.dist(at[row["from_pc4"]], at[row["to_pc4"]]))
            real = float(row["siren_min"]) * 60 / SIREN_FACTOR
            off = drive(straight)[0] - real
            found.append((off, off / real, float(row["straight_km"])))
    return found


def test_the_figures_are_those_of_the_calibration():
    said = json.loads((DATA / "travel_calibration.json").read_text())

    assert (
        said["siren_to_normal_driving"]["factor_time_with_siren_over_time_without"] == SIREN_FACTOR
    )
    assert (
        tuple(
            Band(
                band["straight_km_from"],
                band["straight_km_to"],
                band["detour_median"],
                band["siren_speed_kmh_median"],
            )
            for band in said["bands"]
        )
        == BANDS
    )


def test_the_estimate_is_as_good_as_the_calibration_says(errors):
    said = json.loads((DATA / "travel_calibration.json").read_text())["linear_fit_siren_min"]
    minutes = mean(abs(off) for off, _, _ in errors) * SIREN_FACTOR / 60

    sizes = sorted(abs(off) for off, _, _ in errors)

    assert len(errors) == 53_130
    assert minutes <= said["mean_abs_error_min"]
    assert median(sizes) < 95
    assert sizes[int(0.9 * len(sizes))] < 265
    assert -25 < median(off for off, _, _ in errors) < 25


@pytest.mark.parametrize("band", BANDS[1:], ids=lambda band: f"{band.from_km} km")
def test_no_distance_is_estimated_too_short_or_too_long(errors, band):
    share = median(part for _, part, km in errors if band.from_km <= km < band.to_km)

    assert abs(share) < 0.05
